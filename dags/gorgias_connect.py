"""What Airflow finds of `loyalty_desk.orchestration.dags.gorgias_connect`."""

from loyalty_desk.orchestration import dags

dags.make(globals(), "gorgias_connect")
