"""What Airflow finds of `loyalty_desk.orchestration.dags.award_incident`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "award_incident")
