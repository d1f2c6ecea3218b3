"""The staging database: engine, schema, migrations, statements, bulk load."""
