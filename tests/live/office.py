"""What the tests of the running services share: the desk, its members, what stays secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.airflow_api import Question
from scripts.desk import Desk, Shown
from scripts.services import ADMIN
from tests.http.api_client import new_client
from tests.http.desk import DeskClient
from tests.live.collector import Collector

STORE, HASTY, LATE, NEWCOMER = "demo", "hasty", "late", "newcomer"
DAG_ID = f"award_points__{STORE}"
LIMIT_S = 120.0
"""How long anything may take that takes a few seconds on a machine with nothing else to do."""


class Office:
    """The running desk. Each test takes its own member, so that tests do not meet.

    `alerts` has the file that a store's alerts are written to, `collector` what takes metrics.
    """

    def __init__(
        self,
        desk: Desk,
        alerts: Mapping[str, Path] | None = None,
        collector: Collector | None = None,
    ) -> None:
        self.desk, self.collector = desk, collector
        self._alerts = alerts or {}
        self._members = iter(desk.shown_members(STORE, 50))
        self.award_ids: list[str] = []
        self.private: set[str] = set()
        """What was said in awards and may be in no log."""

    def run(self, dag_id: str, **params: Any) -> None:
        """Run a DAG by hand and return when it has ended well."""
        self.desk.wait_until(lambda: self.desk.api.find_dag(dag_id), f"the DAG {dag_id}", LIMIT_S)
        run_id = self.desk.api.trigger(dag_id, params)

        def has_ended() -> bool:
            state = self.desk.api.get_run(dag_id, run_id)["state"]
            assert state != "failed", f"{dag_id} failed"
            return bool(state == "success")

        self.desk.wait_until(has_ended, f"a run of {dag_id}", LIMIT_S)

    def next_member(self) -> Shown:
        return next(self._members)

    def award(self, member: Shown | None = None, store: str = STORE, **fields: Any) -> str:
        """Ask for an award over HTTP; returns its id."""
        wanted = {"amount": 5, "reason": "gesture", "agent": "eve@shop.example", **fields}
        if member is not None:
            wanted["email"] = member.email
        self.keep_private(wanted)
        award_id = self.desk.post_award(store, **wanted)
        self.award_ids.append(award_id)
        return award_id

    def keep_private(self, fields: Mapping[str, Any]) -> None:
        """Note what of an award may not be logged."""
        self.private |= {fields[name] for name in ("email", "note", "message") if name in fields}

    def state(self, award_id: str, store: str = STORE) -> str:
        return str(self.desk.find_award(store, award_id)["state"])

    def wait_for_state(self, award_id: str, state: str, store: str = STORE) -> None:
        self.desk.wait_until(
            lambda: self.state(award_id, store) == state, f"award {award_id} {state}", LIMIT_S
        )

    def question_about(self, award_id: str, dag_id: str = DAG_ID) -> Question:
        """The open question about an award, when it has come up."""
        found: Question = self.desk.wait_until(
            lambda: self.find_question(award_id, dag_id), f"the question of {award_id}", LIMIT_S
        )
        return found

    def answer(self, award_id: str, question: Question, option: str, form: dict[str, Any]) -> None:
        """Answer a question until the award's audit tells that the answer has come.

        Airflow loses an answer that comes before its scheduler has seen that the task paused, which
        on a busy machine takes seconds, and asks the same again.
        """
        before = len(self.audit(award_id))
        self.desk.api.answer(question, option, form)

        def has_come() -> bool:
            if len(self.audit(award_id)) > before:
                return True
            asked = self.find_question(award_id, question.path.split("/")[1])
            if asked is not None and asked.path == question.path:
                self.desk.api.answer(asked, option, form)
            return False

        self.desk.wait_until(has_come, f"the answer about {award_id}", LIMIT_S)

    def pages(self) -> DeskClient:
        """The desk's pages as the admin's browser gets them."""
        place = self.desk.place
        login = {"username": ADMIN, "password": place.password}
        answer = self.desk.session.post(f"{place.airflow_url}/auth/token", json=login, timeout=30)
        answer.raise_for_status()
        cookie = answer.json()["access_token"]
        return DeskClient(url=place.airflow_url, session=new_client(), cookie=cookie, store=STORE)

    def find_question(self, award_id: str, dag_id: str = DAG_ID) -> Question | None:
        questions = self.desk.api.find_questions(dag_id)
        return next((one for one in questions if award_id in one.body), None)

    def audit(self, award_id: str) -> list[Mapping[str, Any]]:
        return list(
            self.desk.rows(
                "SELECT state, actor, detail FROM award_events WHERE award_id = :award_id"
                " ORDER BY event_number",
                award_id=award_id,
            )
        )

    def alerts(self, store: str = STORE) -> list[dict[str, str]]:
        """What a store's people were told."""
        file = self._alerts[store]
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def log_files(self) -> Iterator[Path]:
        """Every log of a service, and of a task."""
        place = self.desk.place
        for folder in (place.log_dir, place.directory / "airflow" / "logs"):
            yield from (path for path in folder.rglob("*") if path.is_file())


def facts_of(question: Question) -> dict[str, str]:
    """The facts of a question by their names, without the marks of Markdown's code."""
    lines = [line.removeprefix("- **").split(":** ", 1) for line in question.body.splitlines()]
    return {name: value.strip("` ") for name, value in lines}
