"""All that is remembered: engine, schema, migrations, statements, intake, run record.

Never: deciding.
"""
