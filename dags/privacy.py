"""What Airflow finds of `loyalty_desk.orchestration.dags.privacy`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "privacy")
