"""All that is remembered: engine, schema, migrations, statements, intake, run record.

Decides nothing.
"""
