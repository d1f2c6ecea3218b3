"""What Airflow's API server serves of ours, under `/loyalty`."""
