"""The two changes to Airflow on SQLite."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient

from scripts import airflow_on_sqlite
from scripts.services import PROJECT_ROOT

ASK = """
import sqlite3, sys
sys.argv = ["airflow", "{program}"]
from scripts.airflow_on_sqlite import adapt
adapt()
from sqlalchemy import create_engine, func, select
print(create_engine("sqlite://").connect().execute(select(func.now())).scalar_one().microsecond)
"""


class Session:
    """Notes what was added, and which threads committed."""

    def __init__(self) -> None:
        self.added: list[str] = []
        self.committed_by: list[int] = []

    def add(self, entry: str) -> None:
        self.added.append(entry)

    def commit(self) -> None:
        self.committed_by.append(threading.get_ident())


SESSION = Session()


def action_logging(event: str):
    """As Airflow's: a factory of dependencies."""

    async def log_action(request: Request, session: Annotated[Session, Depends(lambda: SESSION)]):
        session.add(f"{event} {request.url.path} {threading.get_ident()}")
        session.commit()

    return log_action


@pytest.mark.parametrize(("program", "is_exact"), [("scheduler", True), ("triggerer", False)])
def test_the_schedulers_now_has_fractions_of_a_second(program: str, *, is_exact: bool) -> None:
    tries = [
        int(
            subprocess.run(
                [sys.executable, "-c", ASK.format(program=program)],
                cwd=PROJECT_ROOT,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(2)
    ]
    assert any(tries) == is_exact


def test_the_audit_log_is_committed_once_and_not_on_the_event_loop() -> None:
    make = airflow_on_sqlite._committing_in_a_thread(action_logging)
    app = FastAPI()

    @app.get("/runs", dependencies=[Depends(make("looked"))])
    async def runs() -> int:
        return threading.get_ident()

    loop_thread = TestClient(app).get("/runs").json()

    assert SESSION.added == [f"looked /runs {loop_thread}"]
    assert len(SESSION.committed_by) == 1
    assert SESSION.committed_by[0] != loop_thread


def test_airflow_still_logs_actions_the_way_that_we_change() -> None:
    import inspect

    from airflow.api_fastapi.logging.decorators import action_logging as airflows

    log_action = airflows()
    assert inspect.iscoroutinefunction(log_action)
    assert "session" in inspect.signature(log_action).parameters
    assert "session.commit()" in inspect.getsource(airflows)
