"""An Airflow of the test session's own: its settings must stand before Airflow is imported."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet

from tests.project import PROJECT_ROOT

HOME = Path(tempfile.mkdtemp(prefix="loyalty-desk-airflow-"))
DATABASE = HOME / "airflow.db"
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{DATABASE}",
    # One for all tests: Airflow keeps the first that a process asks for.
    "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
}
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # Airflow starts twice as slowly with it


@cache
def migrated() -> Path:
    """Make Airflow's tables, once for all processes of a test run; returns this one's home."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", HOME.name)
    shared = Path(tempfile.gettempdir()) / f"loyalty-desk-tables-{run}"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            command = [sys.executable, "-m", "airflow", "db", "migrate"]
            subprocess.run(command, check=True, capture_output=True)
            _copy(DATABASE, shared)
            atexit.register(shared.unlink)
            atexit.register(Path(lock.name).unlink)
        else:
            _copy(shared, DATABASE)
    return HOME


def _copy(source: Path, target: Path) -> None:
    """By SQLite, as this process may have the target open: a test asked Airflow for a connection
    before another one needed tables.
    """
    with closing(sqlite3.connect(source)) as tables, closing(sqlite3.connect(target)) as copy:
        tables.backup(copy)


def newest_note() -> str:
    """The note of the newest DAG run, as Airflow's pages show it."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        newest = session.query(DagRun).order_by(DagRun.id.desc()).first()
        return str(newest.note)
