"""What Airflow loads of ours in each of its processes, those of tasks too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from loyalty_desk.settings.project import PROJECT_ROOT

SLOW = {"fastapi", "requests", "psycopg", "pandas", "jinja2", "matplotlib", "great_expectations"}
PROGRAM = """
import sys
import airflow.plugins_manager, airflow.configuration
before = set(sys.modules)
import loyalty_desk_plugin as plugin
new = {name.split('.')[0] for name in set(sys.modules) - before}
view = plugin.LoyaltyDeskPlugin.external_views[0]
print(view['href'], view['icon'], *sorted(new))
"""


def test_the_plugin_loads_nothing_slow_and_shows_the_desk_below_airflows_own_path(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            "PYTHONPATH": str(PROJECT_ROOT / "plugins"),
            "PATH": os.environ["PATH"],
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__API__BASE_URL": "https://shop.example/airflow/",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    href, icon, *new = done.stdout.split("\n")[-2].split()
    assert (href, icon) == (
        "/airflow/loyalty/desk",
        "/airflow/loyalty/desk-static/icon.svg",
    )
    assert not SLOW & set(new)
