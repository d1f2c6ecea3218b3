"""What Airflow loads of ours: assets, triggers, operators, listeners.

Never: rules, HTTP.
"""
