"""A run is red in Airflow exactly when the sync did not do its work, whichever stage it was.

Real runs under Airflow, each of a second or two: the stages that are not to fail do nothing.
"""

from __future__ import annotations

import time
from itertools import chain
from pathlib import Path

import pytest

from loyalty_desk.errors import PermanentError
from loyalty_desk.records import RunState
from loyalty_desk.tasks import stages, telling
from loyalty_desk.tasks import sync as sync_tasks
from loyalty_desk.tasks.sync_order import SYNC_ORDER
from tests import airflow_home
from tests.conftest import BOTH
from tests.flow.conftest import Syncer
from tests.flow.world import World

pytestmark = pytest.mark.flow

NAMES = list(chain.from_iterable(SYNC_ORDER))
ONE_DATABASE = pytest.mark.parametrize("staging_url", BOTH[:1], indirect=True)
WHY = "made to fail by a test"


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Stages that do nothing, in a hurry: `dag.test` waits a second for what cannot run."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(seconds / 50))  # Airflow's own waits
    monkeypatch.setattr(sync_tasks, "STAGES", dict.fromkeys(NAMES, lambda store, run_id: {}))
    return monkeypatch


def fail_in(stage: str, patch: pytest.MonkeyPatch) -> None:
    def fail(store: str, run_id: str) -> dict[str, float]:
        with stages.stage(store, run_id, stage):
            raise PermanentError(WHY)

    patch.setitem(sync_tasks.STAGES, stage, fail)


def reports(world: World) -> list[Path]:
    return [*(world.folder / "var" / "reports").rglob("*/report.html")]


@ONE_DATABASE
@pytest.mark.parametrize("stage", NAMES)
def test_a_run_whose_stage_fails_is_red_and_reports(
    world: World, sync: Syncer, idle: pytest.MonkeyPatch, stage: str
) -> None:
    logged: list[str] = []
    idle.setattr(telling.log, "error", lambda form, *values: logged.append(form % values))
    fail_in(stage, idle)

    dag_run = sync.run_dag("loyalty_sync__demo")

    assert dag_run.state == "failed"
    assert dag_run.get_task_instance("report").state == "success"
    assert world.records()[0].state == RunState.FAILED
    assert len(reports(world)) == 1
    assert world.rows("SELECT * FROM locks") == []
    note = airflow_home.newest_note()
    assert f"{WHY}. Mend that, then clear the failed task" in note
    assert "stopped before anything was read" in note
    assert "right already" not in note
    assert logged == [f"{stage}: {WHY}. Mend that, then clear the failed task"]


@ONE_DATABASE
def test_a_run_that_cannot_begin_is_red(world: World, sync: Syncer) -> None:
    world.change_connection("rivo_demo", {"password": "of-another-shop"})

    assert sync().state == RunState.FAILED
    assert reports(world) == []
    note = airflow_home.newest_note()
    assert "the run did not begin, so nothing was read" in note
    assert "Why: start: " in note
    assert "Mend that, then clear the failed task" in note
    assert world.rows("SELECT * FROM locks") == []


@ONE_DATABASE
def test_a_run_whose_first_task_dies_without_a_word_has_a_note_too(
    world: World, sync: Syncer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(store: str, run_id: str, params: object) -> None:
        raise SystemExit(9)

    monkeypatch.setattr(sync_tasks, "start", die)

    assert sync.run_dag("loyalty_sync__demo").state == "failed"
    assert "Read the log of the task `start`" in airflow_home.newest_note()


@ONE_DATABASE
def test_a_run_whose_counts_do_not_add_up_is_red_and_reports(
    world: World, sync: Syncer, idle: pytest.MonkeyPatch
) -> None:
    def count(store: str, run_id: str) -> dict[str, float]:
        with stages.stage(store, run_id, "plan") as run:
            return stages.keep(run, {"planned": 3.0, "planned_new": 1.0})

    idle.setitem(sync_tasks.STAGES, "plan", count)

    dag_run = sync.run_dag("loyalty_sync__demo")

    assert dag_run.state == "failed"
    assert len(reports(world)) == 1
    assert "do not add up" in airflow_home.newest_note()


@ONE_DATABASE
def test_a_stage_that_dies_without_a_word_is_red_and_the_record_says_so(
    world: World, sync: Syncer, idle: pytest.MonkeyPatch
) -> None:
    def die(store: str, run_id: str) -> dict[str, float]:
        raise SystemExit(9)  # as when the machine's memory is full

    idle.setitem(sync_tasks.STAGES, "match", die)

    record = sync()

    assert record.state == RunState.FAILED
    assert "stopped from outside" in str(record.failure)


@ONE_DATABASE
@pytest.mark.parametrize(("stage", "told"), [("match", ["failure"]), ("", ["success"])])
def test_the_callbacks_of_the_dag_are_called_for_what_happened(
    sync: Syncer, idle: pytest.MonkeyPatch, stage: str, told: list[str]
) -> None:
    """A notifier is such a callback."""
    heard: list[str] = []
    if stage:
        fail_in(stage, idle)
    dag = sync.load_dag()
    dag.on_failure_callback, dag.has_on_failure_callback = lambda _: heard.append("failure"), True
    dag.on_success_callback, dag.has_on_success_callback = lambda _: heard.append("success"), True

    sync.run_loaded(dag)

    assert heard == told
