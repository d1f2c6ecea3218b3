"""The steps from one version of the tables to the next, for both databases.

Never: the schema, which later steps change.
"""
