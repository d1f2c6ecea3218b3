"""`loyalty-desk doctor` as it is typed: what it prints, and its codes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.__main__ import main
from loyalty_desk.connect.families import own_dag_ids
from loyalty_desk.doctor.examine import CHECKS, examine
from loyalty_desk.doctor.finding import Severity
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.http.api_client import forget_settings, serving
from tests.http.doctor.conftest import STORE, Installed
from tests.http.known_dags import set_dags
from tests.tried import nobody

SECRET = "not-to-be-seen"
EMAIL = "ada@shop.example"


def doctor(installed: Installed, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Call it in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "loyalty_desk", "doctor", *flags],
        env={**installed.environment(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def well(connected: Installed, one_staging: Engine) -> Iterator[Installed]:
    """An installation in which nothing is wrong."""
    forget_settings()
    set_dags(dict.fromkeys(own_dag_ids(STORE), False))
    with serving() as url:
        connected.set(staging_url=str(one_staging.url), public_url=url)
        yield connected
    set_dags({})


def test_all_is_well(well: Installed, sandbox: Sandbox) -> None:
    done = doctor(well)

    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line[:7] for line in lines[:-2]} == {"✓ fine:"}
    assert lines[-1].endswith(" fine")
    secrets = [sandbox.gorgias["email"], sandbox.gorgias["api_key"], sandbox.rivo["api_key"]]
    assert not any(secret in done.stdout + done.stderr for secret in secrets)


def test_everything_is_told_though_all_is_away(
    installed: Installed, set_connection: SetConnection, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    installed.set_stores(acme={}, other={"schedule": "at noon"})
    away = f"{nobody()}/desk"
    login = {"login": EMAIL, "password": SECRET}
    set_connection("gorgias_acme", conn_type="gorgias", host=f"http://{nobody()}", **login)

    done = doctor(
        installed,
        "--json",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"postgresql+psycopg2://airflow:{SECRET}@{away}",
        AIRFLOW__CORE__PLUGINS_FOLDER=str(tmp_path / "plugins"),
        LOYALTY_DESK_STAGING_URL=f"postgresql://desk:{SECRET}@{away}",
        LOYALTY_DESK_PUBLIC_URL=f"http://{nobody()}",
    )

    told = json.loads(done.stdout)
    severity = {(one["check"], one["store"]): one["severity"] for one in told["findings"]}
    assert done.returncode == 2, done.stderr
    assert told["severity"] == "error"
    assert {one["check"] for one in told["findings"]} == set(CHECKS)
    assert severity["plugin", None] == "error"
    assert severity["Airflow's database", None] == "error"
    assert severity["database", None] == "error"
    assert severity["migrations", None] == "not checked"
    assert severity["DAGs", "acme"] == "not checked"
    assert severity["stores file", "other"] == "error"
    gorgias, rivo = (one for one in told["findings"] if one["check"] == "connections")
    assert "nobody reaches" in gorgias["what"]
    assert rivo["severity"] == "not checked", "it may be in the database that is away"
    assert SECRET not in done.stdout + done.stderr
    assert EMAIL not in done.stdout + done.stderr


def test_the_code_says_how_bad_it_is(
    well: Installed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_dags(dict.fromkeys(own_dag_ids(STORE), True))
    with pytest.raises(SystemExit, match="2"):
        main(["doctor", "--store", "nobody"])
    error = capsys.readouterr().out

    assert main(["doctor", "--store", STORE]) == 1
    warning = capsys.readouterr().out

    assert "✗ error: stores file: there is no store 'nobody'" in error
    assert f"! warning: DAGs, {STORE}: paused: loyalty_sync__{STORE}" in warning
    assert "      $ airflow dags unpause" in warning
    assert "      with Compose: $ scripts/compose airflow dags unpause" in warning
    assert "\n1 warning, " in warning


def test_a_terminal_without_the_signs_gets_others(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)

    with pytest.raises(SystemExit, match="2"):
        main(["doctor", "--store", "nobody"])

    terminal.seek(0)
    assert "x error: stores file: there is no store 'nobody'" in terminal.read()


def test_a_variable_that_is_wrong_is_named_and_the_rest_is_told(installed: Installed) -> None:
    installed.set(speed="quick")

    told = {one.check: one for one in examine()}

    assert set(told) == set(CHECKS)
    assert told["stores file"].severity is Severity.ERROR
    assert "LOYALTY_DESK_SPEED" in told["stores file"].what
    assert told["migrations"].severity is Severity.NOT_CHECKED
    assert told["plugin"].severity is Severity.FINE
