"""Airflow listener: the numbers of a sync become the note of its DAG run.

Runs in the scheduler, so it only reads what the tasks `start` and `report` left, and never opens
staging. `LOYALTY_DESK_RUN_NOTES=false` leaves it out: then the numbers are in the log of `report`,
on the desk and in the report alone.
"""

from __future__ import annotations

from typing import Any

from airflow.listeners import hookimpl
from sqlalchemy.orm import Session, object_session

from loyalty_desk.settings.stores_file import installation
from loyalty_desk.tasks.sync_order import NOTE

SYNC_DAG_PREFIX = "loyalty_sync__"
NO_NOTE = (
    "**failed**: the run did not begin, and its first task could not say why. Read the log of the"
    " task `start`, then clear it."
)


@hookimpl
def on_dag_run_success(dag_run: Any) -> None:
    _write_note(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: Any) -> None:
    _write_note(dag_run)


def _write_note(dag_run: Any) -> None:
    if not dag_run.dag_id.startswith(SYNC_DAG_PREFIX) or not installation().run_notes:
        return
    session = object_session(dag_run)
    if session is not None:  # the scheduler's, which also commits
        _copy_note(session, dag_run)
        return
    from airflow.utils.session import create_session  # noqa: PLC0415 - only there

    with create_session() as own:  # `dag.test` hands over a run without one
        _copy_note(own, own.merge(dag_run, load=True))


def _copy_note(session: Session, dag_run: Any) -> None:
    """Take the note from the newest that a task of the run left; its last try counts."""
    from airflow.models.xcom import XComModel  # noqa: PLC0415 - not where notes are off

    found: Any = session.scalars(
        XComModel.get_many(
            run_id=dag_run.run_id,
            key=NOTE,
            task_ids=["start", "report"],
            dag_ids=dag_run.dag_id,
            limit=1,
        )
    ).first()
    if found is not None:
        dag_run.note = XComModel.deserialize_value(found)
    elif dag_run.state == "failed":
        dag_run.note = NO_NOTE
