"""What Airflow finds of `loyalty_desk.orchestration.dags.award_points`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "award_points")
