"""A question that waits for a person in Airflow, answered from elsewhere. An adapter.

Airflow's own route does it, called as the function that it is: it locks the question, refuses a
second answer and lets the task go on. The API server and the command line reach Airflow's database;
a task does not, and needs not.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

log = logging.getLogger(__name__)


class Answered(StrEnum):
    """What became of an answer."""

    NOW = auto()
    BEFORE = auto()
    """Somebody had answered already, or nobody had in time; this answer changed nothing."""
    NOWHERE = auto()
    """There is no such question, or Airflow's database cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The task that asks."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int


def answer_question(asking: Asking, *, option: str, form: Mapping[str, Any], by: str) -> Answered:
    """Choose an option in the name of `by`."""
    # Seconds of imports, and only when somebody decides.
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser  # noqa: PLC0415
    from airflow.api_fastapi.core_api.datamodels.hitl import (  # noqa: PLC0415
        UpdateHITLDetailPayload,
    )
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415
    from fastapi import HTTPException, status  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    class Person(BaseUser):
        def get_id(self) -> str:
            return by

        def get_name(self) -> str:
            return by

    try:
        with create_session(scoped=False) as session:
            update_hitl_detail(
                dag_id=asking.dag_id,
                dag_run_id=asking.run_id,
                task_id=asking.task_id,
                map_index=asking.map_index,
                update_hitl_detail_payload=UpdateHITLDetailPayload(
                    chosen_options=[option], params_input=dict(form)
                ),
                user=Person(),
                session=session,
            )
    except HTTPException as error:
        if error.status_code == status.HTTP_409_CONFLICT:
            return Answered.BEFORE
        if error.status_code != status.HTTP_404_NOT_FOUND:
            raise
        return Answered.NOWHERE
    except SQLAlchemyError as error:
        log.warning("Airflow's database cannot be reached (%s)", type(error).__name__)
        return Answered.NOWHERE
    return Answered.NOW


def is_open(asking: Asking) -> bool:
    """Whether a question waits for its answer; not where Airflow's database cannot be reached."""
    # Seconds of imports, and only after a restore.
    from airflow.models.hitl import HITLDetail  # noqa: PLC0415
    from airflow.models.taskinstance import TaskInstance  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415
    from airflow.utils.state import State  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        with create_session(scoped=False) as session:
            found = (
                session.query(TaskInstance.state)
                .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
                .filter(
                    TaskInstance.dag_id == asking.dag_id,
                    TaskInstance.run_id == asking.run_id,
                    TaskInstance.task_id == asking.task_id,
                    TaskInstance.map_index == asking.map_index,
                    HITLDetail.responded_at.is_(None),
                )
                .first()
            )
    except SQLAlchemyError as error:
        log.warning("Airflow's database cannot be reached (%s)", type(error).__name__)
        return False
    return found is not None and found.state not in State.finished
