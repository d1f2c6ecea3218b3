"""What Airflow loads of ours in each of its processes, those of tasks too, and for a DAG file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.project import PACKAGE, PROJECT_ROOT

SLOW = {"fastapi", "requests", "psycopg", "pandas", "jinja2", "matplotlib", "great_expectations"}
DAG_FILES = """
import runpy, sys
from pathlib import Path
import airflow.sdk
before = set(sys.modules)
for path in Path('dags').glob('*.py'):
    runpy.run_path(str(path))
print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))
"""
PROGRAM = """
import sys
import airflow.plugins_manager, airflow.configuration
before = set(sys.modules)
from loyalty_desk.orchestration import plugin
new = {name.split('.')[0] for name in set(sys.modules) - before}
view = plugin.LoyaltyDeskPlugin.external_views[0]
print(view['href'], view['icon'], *sorted(new))
"""


def test_the_plugin_loads_nothing_slow_and_shows_the_desk_below_airflows_own_path(
    tmp_path: Path,
) -> None:
    href, icon, *new = printed(PROGRAM, tmp_path)
    assert (href, icon) == (
        "/airflow/loyalty/desk",
        "/airflow/loyalty/desk-static/icon.svg",
    )
    assert not SLOW & set(new)


def test_the_dag_files_load_nothing_slow(tmp_path: Path) -> None:
    assert not SLOW & set(printed(DAG_FILES, tmp_path))


def printed(program: str, home: Path) -> list[str]:
    """The words of the last line that the program prints, with an Airflow of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PYTHONPATH": str(PACKAGE.parent),
            "LOYALTY_DESK_STORES_FILE": str(PROJECT_ROOT / "include" / "stores.yaml"),
            "PATH": os.environ["PATH"],
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API__BASE_URL": "https://shop.example/airflow/",
        },
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\n")[-2].split()
