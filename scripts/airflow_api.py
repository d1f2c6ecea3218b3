"""The few calls of Airflow's REST API that the scripts need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

TIMEOUT_S = 120.0
"""On a machine that is busy with other work; a service that is gone refuses at once."""
HEALTH_TIMEOUT_S = 20.0
QUESTION_RESTS_S = 2.0
COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One task of one run, or one part of a mapped one. `seconds` is how long its newest attempt
    took so far, `pid` whose process it was on the machine that ran it."""

    name: str
    state: str
    attempt: int
    seconds: float
    pid: int | None = None
    part: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a task asks a person and waits for, and where the answer goes. `body` is Markdown."""

    path: str
    subject: str
    body: str


class AirflowApi:
    """A logged-in client of one Airflow on this machine."""

    def __init__(self, base_url: str, user: str, password: str) -> None:
        self._base_url = base_url
        self._credentials = {"username": user, "password": password}
        # Health is asked without a token: Airflow logs a traceback where a user's is not of use.
        self._session, self._anyone = requests.Session(), requests.Session()
        for session in (self._session, self._anyone):
            session.trust_env = False  # a proxy from the environment cannot reach this machine

    def find_unhealthy(self) -> list[str]:
        """Return the components that are not healthy yet; all of them while nothing answers."""
        try:
            # The first call builds the API that the tasks talk to, which takes seconds: better
            # now, while the other services start, than inside the first task.
            self._anyone.get(f"{self._base_url}/execution/health", timeout=HEALTH_TIMEOUT_S)
            answer = self._anyone.get(
                f"{self._base_url}/api/v2/monitor/health", timeout=HEALTH_TIMEOUT_S
            ).json()
        except requests.RequestException:
            return ["api-server"]
        return [name for name in COMPONENTS if answer.get(name, {}).get("status") != "healthy"]

    def find_dag(self, dag_id: str) -> dict[str, Any] | None:
        """Return a DAG as Airflow knows it, or None while it does not."""
        answer = self._call("GET", f"dags/{dag_id}")
        return None if answer.status_code == requests.codes.not_found else _content(answer)

    def is_due(self, dag_id: str) -> bool:
        """Whether the scheduler is about to start a run of a DAG by its schedule."""
        dag = self.find_dag(dag_id)
        if dag is None or dag["is_paused"] or dag["next_dagrun_run_after"] is None:
            return False
        return datetime.fromisoformat(dag["next_dagrun_run_after"]) <= datetime.now(UTC)

    def set_paused(self, dag_id: str, *, paused: bool) -> None:
        """Switch a DAG off or on."""
        _content(self._call("PATCH", f"dags/{dag_id}?update_mask=is_paused", {"is_paused": paused}))

    def audited(self, dag_id: str) -> list[str]:
        """What Airflow's audit log has of a DAG, the newest first."""
        found = _content(self._call("GET", f"eventLogs?dag_id={dag_id}&order_by=-event_log_id"))
        return [event["event"] for event in found["event_logs"]]

    def import_errors(self) -> list[str]:
        """Return one line a DAG file that Airflow could not load."""
        errors = _content(self._call("GET", "importErrors"))["import_errors"]
        return [
            f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}"
            for error in errors
        ]

    def trigger(self, dag_id: str, params: dict[str, Any] | None = None) -> str:
        """Start a run by hand and return its id."""
        body = {"logical_date": None, "conf": params or {}}
        return str(_content(self._call("POST", f"dags/{dag_id}/dagRuns", body))["dag_run_id"])

    def set_pool(self, name: str, slots: int) -> None:
        """Make a pool, or give it this size."""
        body = {"name": name, "slots": slots, "include_deferred": False}
        answer = self._call("POST", "pools", body)
        if answer.status_code == requests.codes.conflict:
            answer = self._call("PATCH", f"pools/{name}?update_mask=slots", body)
        _content(answer)

    def set_connection(self, conn_id: str, fields: Mapping[str, Any]) -> None:
        """Make a connection, or give it these fields."""
        body = {"connection_id": conn_id, **fields}
        answer = self._call("POST", "connections", body)
        if answer.status_code == requests.codes.conflict:
            answer = self._call("PATCH", f"connections/{conn_id}", body)
        _content(answer)

    def get_run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return _content(self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}"))

    def list_runs(self, dag_id: str, most: int = 50) -> list[dict[str, Any]]:
        """Return the newest runs of a DAG, the newest first; Airflow's own limit is 100."""
        answer = _content(self._call("GET", f"dags/{dag_id}/dagRuns?limit={most}&order_by=-id"))
        runs: list[dict[str, Any]] = answer["dag_runs"]
        return runs

    def get_tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Return the tasks of a run in the order in which they started, waiting ones last."""
        answer = _content(self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances"))
        found = sorted(answer["task_instances"], key=lambda task: task["start_date"] or "9999")
        return [
            TaskState(
                name=task["task_id"],
                state=task["state"] or "waiting",
                attempt=task["try_number"],
                seconds=task["duration"] or 0.0,
                pid=task["pid"],
                part=None if task["map_index"] < 0 else task["map_index"],
            )
            for task in found
        ]

    def find_questions(self, dag_id: str) -> list[Question]:
        """Return what the DAG's runs ask and nobody has answered yet, from two seconds on.

        Faster than any person, an answer can come before Airflow has seen that the task paused. It
        then takes the task for a failed one, and asks again some seconds later.
        """
        query = "response_received=false&state=awaiting_input&limit=100"
        answer = self._call("GET", f"dags/{dag_id}/dagRuns/~/hitlDetails?{query}")
        newest = datetime.now(UTC) - timedelta(seconds=QUESTION_RESTS_S)
        found = []
        for detail in _content(answer)["hitl_details"]:
            if datetime.fromisoformat(detail["created_at"]) > newest:
                continue
            task = detail["task_instance"]
            run = f"dags/{dag_id}/dagRuns/{task['dag_run_id']}"
            place = f"taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
            found.append(
                Question(
                    path=f"{run}/{place}", subject=detail["subject"], body=detail["body"] or ""
                )
            )
        return found

    def answer(self, question: Question, option: str, form: dict[str, Any]) -> None:
        """Choose an option and fill in the form beside it."""
        body = {"chosen_options": [option], "params_input": form}
        _content(self._call("PATCH", question.path, body))

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> requests.Response:
        if "Authorization" not in self._session.headers:
            answer = self._session.post(
                f"{self._base_url}/auth/token", json=self._credentials, timeout=TIMEOUT_S
            )
            self._session.headers["Authorization"] = f"Bearer {_content(answer)['access_token']}"
        return self._session.request(
            method, f"{self._base_url}/api/v2/{path}", json=body, timeout=TIMEOUT_S
        )


def _content(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    content: dict[str, Any] = answer.json()
    return content
