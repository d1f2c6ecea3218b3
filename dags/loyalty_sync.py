"""What Airflow finds of `loyalty_desk.orchestration.dags.loyalty_sync`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "loyalty_sync")
