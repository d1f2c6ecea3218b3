"""An executor for tests: each task as the KubernetesExecutor has a pod run it, without Kubernetes.

What a pod starts is started here: a process of its own, with an environment that names each of its
variables, a home and a temporary folder that were empty before and are deleted after, and no right
to write the code.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow.executors.base_executor import BaseExecutor
from airflow.utils.state import TaskInstanceState

from tests.project import PROJECT_ROOT

FOLDER = "TEST_PODS_FOLDER"
"""Names the variable that says where pods have their folders, and where is kept what ran."""
RECORDS = "pods.jsonl"
TASK = (sys.executable, "-m", "airflow.sdk.execution_time.execute_workload", "--json-string")
GIVEN = (
    "PATH",
    "PYTHONPATH",
    "NO_PROXY",
    "no_proxy",
    "AIRFLOW__CORE__DAGS_FOLDER",
    "AIRFLOW__CORE__PLUGINS_FOLDER",
    "AIRFLOW__CORE__LOAD_EXAMPLES",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__CORE__HOSTNAME_CALLABLE",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
)
"""What a pod's template would name, besides the desk's own variables."""
NOBODY = 65534
WRITES_CODE = 99
LOOK = (
    f"for one in plugins dags include; do [ ! -w {PROJECT_ROOT}/$one ] || exit {WRITES_CODE}; done"
)
AS_NOBODY = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--no-new-privs",
)
READ_ONLY = (
    *("unshare", "--user", "--map-root-user", "--mount", "sh", "-c"),
    'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"',
    str(PROJECT_ROOT),
)


def closing_words() -> tuple[str, ...] | None:
    """What stands before a command that may not write the code: it runs as another user, or sees it
    mounted to be read. None where this machine allows neither.
    """
    ways = (AS_NOBODY, READ_ONLY) if os.geteuid() == 0 else (READ_ONLY,)
    see = ("sh", "-c", f"{LOOK} && exec {sys.executable} -c 'import pydantic'")
    for way in ways:
        if shutil.which(way[0]) and not subprocess.run([*way, *see], check=False).returncode:
            return way
    return None


@dataclass(frozen=True, slots=True)
class Pod:
    process: subprocess.Popen[bytes]
    folder: Path
    task: dict[str, str]


class PodExecutor(BaseExecutor):
    """Starts a process a task, and keeps a line of each that ended in `RECORDS`."""

    def start(self) -> None:
        self._folder = Path(os.environ[FOLDER])
        self._closing = closing_words() or ()
        self._pods: dict[Any, Pod] = {}

    def _process_workloads(self, workload_items: Sequence[Any]) -> None:
        for workload in workload_items:
            del self.queued_tasks[workload.ti.key]
            self.running.add(workload.ti.key)
            self._pods[workload.ti.key] = self._start(workload)

    def sync(self) -> None:
        for key, pod in list(self._pods.items()):
            if pod.process.poll() is not None:
                del self._pods[key]
                self._end(pod)
                ended_well = pod.process.returncode == 0
                state = TaskInstanceState.SUCCESS if ended_well else TaskInstanceState.FAILED
                self.change_state(key, state)

    def end(self) -> None:
        self.terminate()

    def terminate(self) -> None:
        for pod in self._pods.values():
            pod.process.kill()

    def _start(self, workload: Any) -> Pod:
        folder = self._folder / str(workload.ti.id)
        for place in (folder, folder / "home", folder / "tmp"):
            place.mkdir()
            if self._closing[:1] == AS_NOBODY[:1]:
                os.chown(place, NOBODY, NOBODY)
        given = {name: os.environ[name] for name in GIVEN if name in os.environ}
        desk = {one: told for one, told in os.environ.items() if one.startswith("LOYALTY_DESK_")}
        places = {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "AIRFLOW_HOME": str(folder / "home" / "airflow"),
        }
        begin = (*self._closing, "sh", "-c", f'{LOOK}; exec "$@"', "pod")
        with (self._folder / f"{workload.ti.id}.log").open("wb") as log:
            process = subprocess.Popen(
                [*begin, *TASK, workload.model_dump_json()],
                env={**given, **desk, **places},
                cwd=folder / "home",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        task = {"dag_id": workload.ti.dag_id, "task_id": workload.ti.task_id}
        return Pod(process, folder, task)

    def _end(self, pod: Pod) -> None:
        left = [path for path in (pod.folder / "tmp").rglob("*") if path.is_file()]
        written = {
            **pod.task,
            "pid": pod.process.pid,
            "code": pod.process.returncode,
            "left": [path.name for path in left],
        }
        shutil.rmtree(pod.folder)
        with (self._folder / RECORDS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(written) + "\n")
