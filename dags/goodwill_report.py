"""What Airflow finds of `loyalty_desk.orchestration.dags.goodwill_report`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "goodwill_report")
