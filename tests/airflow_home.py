"""An Airflow of the test session's own: its settings must stand before Airflow is imported."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet

from loyalty_desk.settings.project import PROJECT_ROOT

HOME = Path(tempfile.mkdtemp(prefix="loyalty-desk-airflow-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
    "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
}
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # Airflow starts twice as slowly with it


@cache
def migrated() -> Path:
    """Make Airflow's tables once per session; returns its home."""
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, check=True, capture_output=True)
    return HOME


def newest_note() -> str:
    """The note of the newest DAG run, as Airflow's pages show it."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        newest = session.query(DagRun).order_by(DagRun.id.desc()).first()
        return str(newest.note)
