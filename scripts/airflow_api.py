"""The few calls of Airflow's REST API that the scripts need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT_S = 20.0
COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One task of one run. `seconds` is how long its newest attempt took so far."""

    name: str
    state: str
    attempt: int
    seconds: float


class AirflowApi:
    """A logged-in client of one Airflow on this machine."""

    def __init__(self, base_url: str, user: str, password: str) -> None:
        self._base_url = base_url
        self._credentials = {"username": user, "password": password}
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy from the environment cannot reach this machine

    def find_unhealthy(self) -> list[str]:
        """Return the components that are not healthy yet; all of them while nothing answers."""
        try:
            # The first call builds the API that the tasks talk to, which takes seconds: better
            # now, while the other services start, than inside the first task.
            self._session.get(f"{self._base_url}/execution/health", timeout=TIMEOUT_S)
            answer = self._session.get(
                f"{self._base_url}/api/v2/monitor/health", timeout=TIMEOUT_S
            ).json()
        except requests.RequestException:
            return ["api-server"]
        return [name for name in COMPONENTS if answer.get(name, {}).get("status") != "healthy"]

    def find_dag(self, dag_id: str) -> dict[str, Any] | None:
        """Return a DAG as Airflow knows it, or None while it does not."""
        answer = self._call("GET", f"dags/{dag_id}")
        return None if answer.status_code == requests.codes.not_found else _content(answer)

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

    def get_run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return _content(self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}"))

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
            )
            for task in found
        ]

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
