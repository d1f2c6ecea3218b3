"""What Airflow finds of `loyalty_desk.orchestration.dags.mismatch_report`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "mismatch_report")
