from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging.run_record import RunRecord
from loyalty_desk.tasks.runs import has_succeeded
from loyalty_desk.tasks.sync import run_all
from sandbox.running import Sandbox, running_sandbox
from sandbox.sides import SIDES
from tests import airflow_home
from tests.databases import run_sql
from tests.flow.world import SPEED, STORE, World
from tests.forget import forget_engine
from tests.project import PROJECT_ROOT

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

MEMBERS, CUSTOMERS, TICKETS = 260, 220, 250
"""More than a page of each."""
FILES = {"erase_person": "privacy.py", "gorgias_disconnect": "gorgias_connect.py"}
"""Where a family of DAGs is, unless it has a file of its own. Reading all takes a second a run."""


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    size = {"members": MEMBERS, "customers": CUSTOMERS, "tickets": TICKETS}
    with running_sandbox(**size, seed=7, speed=SPEED, platforms=",".join(SIDES)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    """One sandbox for all flow tests, as new for each."""
    for server in ("gorgias", *SIDES):
        everything = dict.fromkeys(("counters", "data", "faults", "buckets"), True)
        shared_sandbox.control(server, "POST", "reset", everything)
    return shared_sandbox


@pytest.fixture
def world(sandbox: Sandbox, staging_url: str, tmp_path: Path) -> World:
    return World(sandbox=sandbox, staging_url=staging_url, folder=tmp_path)


@pytest.fixture
def new_url(request: pytest.FixtureRequest, staging_url: str, tmp_path: Path) -> Iterator[str]:
    """Where a backup is restored to: a database of the same kind, not there yet."""
    if staging_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored.db'}"
        return
    server = request.getfixturevalue("postgresql_url")
    run_sql(server, "CREATE DATABASE restored_test TEMPLATE template0")
    yield make_url(server).set(database="restored_test").render_as_string(hide_password=False)
    run_sql(server, "DROP DATABASE restored_test WITH (FORCE)")


class Syncer:
    """Runs the store's DAG under real Airflow, in this process."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self._monkeypatch = world, monkeypatch

    def __call__(self, **params: object) -> RunRecord:
        """Run the DAG once and return its run record, whether it failed or not.

        That Airflow shows the run in the colour of the record is looked at each time.
        """
        dag_run = self.run_dag(f"loyalty_sync__{STORE}", **params)
        record = self.world.records()[0]
        did_its_work = record.run_id == dag_run.run_id and has_succeeded(record)
        assert dag_run.state == ("success" if did_its_work else "failed"), record.failure
        return record

    def plain(self, **params: Any) -> RunRecord:
        """Run a sync without Airflow, as the command does, and return its run record.

        It takes a third of the time: for what a test finds when it begins, and where it looks at
        what came of a sync and not at the run.
        """
        self._enter_world()
        with suppress(LoyaltyDeskError):  # what the record tells
            run_all(STORE, f"plain__{uuid4()}", RunParams(**params).model_dump())
        return self.world.records()[0]

    def award(self, **params: object) -> DagRun:
        """Run the DAG that awards once, with that form."""
        return self.run_dag(f"award_points__{STORE}", **params)

    def run_dag(self, dag_id: str, **params: object) -> DagRun:
        """Run a DAG once and return how Airflow has it."""
        return self.run_loaded(self.load_dag(dag_id), **params)

    def run_loaded(self, dag: DAG, **params: object) -> DagRun:
        """Run a DAG of `load_dag` once."""
        # Trying again what failed is what the next run is for.
        for task in dag.tasks:
            task.retries = 0
        return dag.test(run_conf=params)

    def load_dag(self, dag_id: str = f"loyalty_sync__{STORE}") -> DAG:
        from airflow.dag_processing.dagbag import DagBag

        self._enter_world()
        family = dag_id.partition("__")[0]
        bag = DagBag(dag_folder=str(PROJECT_ROOT / "dags" / FILES.get(family, f"{family}.py")))
        assert not bag.import_errors
        return bag.dags[dag_id]

    def _enter_world(self) -> None:
        for name, value in self.world.environment().items():
            self._monkeypatch.setenv(name, value)
        forget_settings()


@pytest.fixture
def sync(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Syncer]:
    airflow_home.migrated()
    yield Syncer(world, monkeypatch)
    forget_settings()


def forget_settings() -> None:
    """Settings and the staging engine are kept per process; a test has its own."""
    settings.installation.cache_clear()
    forget_engine()
