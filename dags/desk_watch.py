"""What Airflow finds of `loyalty_desk.orchestration.dags.desk_watch`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "desk_watch")
