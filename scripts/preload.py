"""What a program imports before it forks the processes that run tasks.

LocalExecutor forks them from the scheduler, Celery from the worker, and what is imported before
costs a task nothing. Great Expectations alone takes a task four seconds of a core, and the others
that an award needs a quarter of one.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

LIBRARIES = (
    "great_expectations",
    "great_expectations.checkpoint",
    "matplotlib.figure",
    "airflow.providers.http.hooks.http",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.operators.hitl",
    "alembic.script",
    "orjson",
    "psycopg",
    "pydantic_settings",
)
# Not where people edit them: a running scheduler would keep the old code.
OWN_MODULES = (
    "loyalty_desk.tasks.sync",
    "loyalty_desk.quality.gate",
    "loyalty_desk.report.html",
)


def write_hook(airflow_home: Path, modules: tuple[str, ...]) -> None:
    """Write the file that Airflow imports at the start of each of its programs."""
    folder = airflow_home / "config"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "airflow_local_settings.py").write_text(
        "from scripts.airflow_on_sqlite import adapt\n"
        "from scripts.preload import preload\n\n"
        f"adapt()\npreload({modules!r})\n__all__ = []\n",
        encoding="utf-8",
    )


def preload(modules: tuple[str, ...]) -> None:
    """Import the modules if this program forks tasks; the others do not need them."""
    executor = os.environ.get("AIRFLOW__CORE__EXECUTOR")
    if sys.argv[1:3] == ["celery", "worker"] or (
        sys.argv[1:2] == ["scheduler"] and executor == "LocalExecutor"
    ):
        for module in modules:
            import_module(module)
