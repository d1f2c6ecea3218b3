"""What Airflow loads of ours: assets, triggers, operators, listeners, connection types.

Never: rules, HTTP.
"""
