"""The features' way to Airflow: connections, notifiers, secrets. No rules."""
