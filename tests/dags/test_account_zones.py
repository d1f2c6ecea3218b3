"""Where the stores file names no zone, schedules go by that of the Gorgias account, once known.

The stores file wins, and no DAG is lost for what Airflow has in the account's place.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.hooks.account_zones import VARIABLE, learn_account_zone
from tests import airflow_home
from tests.dags.schedules import AUTUMN, SCHEDULES, SPRING, on_the_wall, runs, timetable_of
from tests.factories import store_settings
from tests.kept_zones import kept_zones, set_zones
from tests.project import PROJECT_ROOT

ALL_IN_ONE = "from loyalty_desk.orchestration import dags  # for airflow\n\ndags.make(globals())\n"
ONE_DAY = timedelta(days=1)
PARSE_LIMIT_S = 300.0
PARSE = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
print(bag.import_errors, bag.dags["housekeeping__one"].timetable.timezone)
"""


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    airflow_home.migrated()
    set_zones(None)
    yield
    set_zones(None)


def learn(zone: str, store: str = "one") -> bool:
    return learn_account_zone(store_settings(name=store), zone)


def zone_of(bag: Any, store: str = "one") -> str:
    assert bag.import_errors == {}
    return str(timetable_of(bag.dags[f"mismatch_report__{store}"])._timezone.name)


@contextmanager
def looks() -> Iterator[list[str]]:
    """The statements that ask Airflow's database for Variables."""
    from airflow import settings
    from sqlalchemy import event

    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM variable" in statement:
            found.append(statement)

    event.listen(settings.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(settings.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("dag_id", SCHEDULES)
def test_the_hour_of_a_learned_zone_is_the_same_around_both_changes(
    timetables: Callable[..., Any], dag_id: str
) -> None:
    assert learn("Europe/Oslo")

    timetable = timetables("0 7 * * *")[dag_id]

    for change, before, after in ((SPRING, 6, 5), (AUTUMN, 5, 6)):
        found = [runs(timetable, change + days * ONE_DAY) for days in (-1, 0, 1)]
        assert [on_the_wall(day) for day in found] == [["07:00"]] * 3
        assert [moment.hour for [moment] in found] == [before, after, after]


def test_the_stores_file_wins(load: Callable[..., Any]) -> None:
    set_zones('{"one": "Europe/Oslo", "two": "Europe/Oslo"}')

    bag = load(
        {
            "one": {"platform": "rivo", "time_zone": "America/New_York"},
            "two": {"platform": "rivo", "time_zone": None},
        }
    )

    assert (zone_of(bag), zone_of(bag, "two")) == ("America/New_York", "Europe/Oslo")


def test_of_a_store_that_names_its_zone_none_is_learned() -> None:
    assert not learn_account_zone(store_settings(time_zone="Europe/London"), "Europe/Oslo")
    assert kept_zones() is None


def test_the_schedules_follow_an_account_that_moves(
    load: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    found = []
    for zone in ("UTC", "Europe/Oslo", "Europe/Oslo", "America/New_York"):
        told = learn(zone)
        found.append((told, zone_of(load({"one": {"platform": "rivo"}}))))

    assert found == [
        (False, "UTC"),
        (True, "Europe/Oslo"),
        (False, "Europe/Oslo"),
        (True, "America/New_York"),
    ]
    assert "from now on: America/New_York, and by Europe/Oslo before" in caplog.text


def test_what_is_known_of_other_stores_stays() -> None:
    for store, zone in (("one", "Europe/Oslo"), ("two", "Asia/Tokyo"), ("one", "Europe/London")):
        assert learn(zone, store)

    assert kept_zones() == {"one": "Europe/London", "two": "Asia/Tokyo"}


@pytest.mark.parametrize(
    "content",
    [
        "Europe/Oslo",
        '"Europe/Oslo"',
        '["one"]',
        "[" * 100_000,
        '{"one": "Middle-earth/Shire", "two": "Europe/Oslo"}',
        '{"one": "../etc/passwd", "two": "Europe/Oslo"}',
        '{"one": 7, "two": "Europe/Oslo"}',
        '{"one": null, "two": "Europe/Oslo"}',
    ],
    ids=lambda content: content[:20],
)
def test_what_is_no_zone_is_utc_and_a_line_in_the_log_and_is_mended(
    load: Callable[..., Any], caplog: pytest.LogCaptureFixture, content: str
) -> None:
    set_zones(content)

    bag = load({name: {"platform": "rivo"} for name in ("one", "two")})

    assert zone_of(bag) == "UTC"
    assert zone_of(bag, "two") == ("Europe/Oslo" if '"two"' in content else "UTC")
    assert f"Airflow's Variable {VARIABLE}" in caplog.text
    assert learn("Europe/Oslo"), "the next time that it is seen"
    assert kept_zones()["one"] == "Europe/Oslo"


def test_where_nothing_is_known_it_is_utc_without_a_word(
    load: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert zone_of(load({"one": {"platform": "rivo"}})) == "UTC"
    assert VARIABLE not in caplog.text


def test_a_variable_of_the_environment_does_too_and_what_is_learned_says_so(
    load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{VARIABLE.upper()}", '{"one": "Europe/Oslo"}')

    assert zone_of(load({"one": {"platform": "rivo"}})) == "Europe/Oslo"
    assert not learn("Asia/Tokyo")
    assert zone_of(load({"one": {"platform": "rivo"}})) == "Europe/Oslo"
    assert "is set elsewhere, in the environment or a secrets backend" in caplog.text


def test_fifty_stores_cost_one_look_a_file_and_a_task_none(
    load: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "all.py").write_text(ALL_IN_ONE, encoding="utf-8")
    stores = {f"store_{n}": {"platform": "rivo"} for n in range(50)}
    learn("Europe/Oslo", "store_7")

    with looks() as found:
        assert zone_of(load(stores, folder=folder), "store_7") == "Europe/Oslo"
        assert len(found) == 1
    with looks() as found:
        load({"one": {"platform": "rivo", "time_zone": "Europe/Oslo"}}, folder=folder)
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "loyalty_sync__store_7")
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "start")
        assert "loyalty_sync__store_7" in load(stores, folder=folder).dags
        assert found == []


@pytest.mark.parametrize(
    "address",
    ["postgresql+psycopg://nobody@127.0.0.1:1/none", "sqlite:////no/such/folder/airflow.db"],
)
def test_without_airflows_database_it_is_utc_and_a_line_in_the_log(
    tmp_path: Path, address: str
) -> None:
    if address.startswith("postgresql"):
        pytest.importorskip("asyncpg", reason="Airflow asks PostgreSQL by it, too")
    stores = tmp_path / "stores.yaml"
    stores.write_text("stores: {one: {platform: rivo}}", encoding="utf-8")
    settings = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address,
        "LOYALTY_DESK_STORES_FILE": str(stores),
        "PYTHONPATH": str(PROJECT_ROOT / "plugins"),
    }

    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(PROJECT_ROOT / "dags" / "privacy.py")],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=PARSE_LIMIT_S,
        check=True,
    )

    assert done.stdout.splitlines()[-1].startswith("{} "), "the DAGs are there"
    assert done.stdout.rstrip().endswith(" UTC")
    assert f"Airflow's Variable {VARIABLE} cannot be read (OperationalError)" in (
        done.stdout + done.stderr
    )


def test_airflows_dag_processor_has_the_learned_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.models.serialized_dag import SerializedDagModel

    stores = tmp_path / "stores.yaml"
    stores.write_text("stores: {one: {platform: rivo}}", encoding="utf-8")
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    learn("America/New_York")
    since = utc_now()

    subprocess.run(
        [sys.executable, "-m", "airflow", "dag-processor", "--num-runs", "1"],
        capture_output=True,
        timeout=PARSE_LIMIT_S,
        check=True,
    )

    found = SerializedDagModel.get("housekeeping__one")
    assert found is not None
    assert found.last_updated >= since
    assert found.dag.timetable._timezone.name == "America/New_York"
