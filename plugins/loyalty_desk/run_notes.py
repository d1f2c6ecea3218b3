"""Airflow listener: the numbers of a sync become the note of its DAG run.

Runs in the scheduler, so it only reads what the task `report` returned and never opens staging.
"""

from __future__ import annotations

import json
from typing import Any

from airflow.listeners import hookimpl
from airflow.models.xcom import XComModel
from sqlalchemy.orm import object_session

SYNC_DAG_PREFIX = "loyalty_sync__"


@hookimpl
def on_dag_run_success(dag_run: Any) -> None:
    _write_note(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: Any) -> None:
    _write_note(dag_run)


def _write_note(dag_run: Any) -> None:
    session = object_session(dag_run)
    if session is None or not dag_run.dag_id.startswith(SYNC_DAG_PREFIX):
        return
    found: Any = session.scalars(
        XComModel.get_many(
            run_id=dag_run.run_id,
            key="return_value",
            task_ids="report",
            dag_ids=dag_run.dag_id,
            limit=1,
        )
    ).first()
    value = json.loads(found.value) if found and isinstance(found.value, str) else None
    if isinstance(value, dict) and "note" in value:
        dag_run.note = value["note"]
