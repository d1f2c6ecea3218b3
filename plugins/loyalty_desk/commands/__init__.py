"""The command line: reads arguments, calls a task or a feature, prints.

Never: SQL, HTTP.
"""
