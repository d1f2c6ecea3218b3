"""What Airflow finds of `loyalty_desk.orchestration.dags.refresh_cards`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "refresh_cards")
