"""Which DAGs Airflow has loaded, and which of them are paused. An adapter.

Airflow's own database tells. The API server and the command line reach it; a task does not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from enum import StrEnum

log = logging.getLogger(__name__)


class Switch(StrEnum):
    """How a DAG stands in Airflow's list."""

    ON = "on"
    PAUSED = "paused"
    UNKNOWN = "not known to Airflow"
    """Never loaded, or not any more."""


def find_switches(dag_ids: Sequence[str]) -> dict[str, Switch] | None:
    """How each of the DAGs stands; None where Airflow's database cannot be asked."""
    # A second of imports that a process pays once, and only one that serves pages.
    from airflow.models.dag import DagModel  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        with create_session(scoped=False) as session:
            loaded = session.query(DagModel.dag_id, DagModel.is_paused).filter(
                DagModel.dag_id.in_(dag_ids), DagModel.is_stale.is_(False)
            )
            found = {row.dag_id: row.is_paused for row in loaded}
    except SQLAlchemyError as error:
        log.warning("Airflow's database cannot be asked (%s)", type(error).__name__)
        return None
    return {
        dag_id: (Switch.PAUSED if found[dag_id] else Switch.ON)
        if dag_id in found
        else Switch.UNKNOWN
        for dag_id in dag_ids
    }
