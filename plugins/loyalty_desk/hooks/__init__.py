"""The features' way to Airflow: connections, notifiers, secrets, folders.

Never: rules.
"""
