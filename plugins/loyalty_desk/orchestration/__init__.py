"""What Airflow loads of ours: assets, triggers, operators, listeners. No SQL, no HTTP."""
