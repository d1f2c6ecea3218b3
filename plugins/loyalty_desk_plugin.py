"""What Airflow loads: a listener that writes a sync's numbers into the note of its DAG run.

A task cannot write a note, the scheduler can: it takes the text that the task `report` returned.
"""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from loyalty_desk import run_notes


class LoyaltyDeskPlugin(AirflowPlugin):
    name = "loyalty_desk"
    listeners = [run_notes]  # noqa: RUF012 - Airflow reads it from the class
