"""Which questions still wait in Airflow for their answer, as its tables tell."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock
from uuid import UUID

import pytest
from sqlalchemy import create_engine, insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from loyalty_desk.clock import utc_now
from loyalty_desk.hooks.questions import Asking, is_open

ASKING = Asking(dag_id="award_points__acme", run_id="one", task_id="approval.ask", map_index=3)
Ask = Callable[..., None]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Writes a task that asks into tables of Airflow's that hold nothing else."""
    from airflow.models import import_all_models
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance

    import_all_models()  # those that the two name
    engine = create_engine("sqlite://", poolclass=StaticPool)
    tables = [TaskInstance.__table__, HITLDetail.__table__]
    TaskInstance.metadata.create_all(engine, tables=tables)
    monkeypatch.setattr("airflow.utils.session.create_session", lambda scoped: Session(engine))

    def write(state: str, *, run_id: str = "one", is_answered: bool = False) -> None:
        task = {"dag_id": ASKING.dag_id, "run_id": run_id, "task_id": ASKING.task_id}
        with engine.begin() as connection:
            connection.execute(
                insert(TaskInstance).values(
                    id=UUID(int=1), map_index=3, pool="default_pool", state=state, **task
                )
            )
            connection.execute(
                insert(HITLDetail).values(
                    ti_id=UUID(int=1),
                    options=["Approve", "Reject"],
                    subject="Approve?",
                    responded_at=utc_now() if is_answered else None,
                )
            )

    return write


@pytest.mark.parametrize(
    ("state", "is_answered", "expected"),
    [
        ("awaiting_input", False, True),
        ("deferred", False, True),
        ("up_for_retry", False, True),
        ("awaiting_input", True, False),
        ("success", True, False),
        ("failed", False, False),
        ("skipped", False, False),
    ],
)
def test_a_question_is_open_until_it_is_answered_or_its_task_ends(
    ask: Ask, state: str, *, is_answered: bool, expected: bool
) -> None:
    ask(state, is_answered=is_answered)

    assert is_open(ASKING) == expected


def test_the_question_of_another_run_is_another(ask: Ask) -> None:
    ask("awaiting_input", run_id="two")

    assert not is_open(ASKING)


def test_no_question_is_open_where_airflow_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Mock(side_effect=OperationalError("SELECT", {}, Exception("gone")))
    monkeypatch.setattr("airflow.utils.session.create_session", away)

    assert not is_open(ASKING)
