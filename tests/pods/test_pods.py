"""Each task as in a pod: a process of its own, and nothing but environment, database and bucket."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cluster import servers
from scripts.desk import Shown, running_desk
from scripts.processes import ProgramError, end_processes, start_process
from scripts.services import STORE, SandboxSize, caller_environment, find_free_port
from scripts.waiting import look_until
from tests.flow.lists import all_tickets, answers_of, survivors_of_merges
from tests.live.office import Office
from tests.object_store import CONNECTION, Bucket
from tests.oracle.cards import shown_cards
from tests.oracle.oracle import expected_cards
from tests.pods.executor import FOLDER, RECORDS, closing_words
from tests.project import PROJECT_ROOT

pytestmark = pytest.mark.cluster

LIMIT_S = 600.0
CODE = ("plugins", "dags", "include")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that other users may look into, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="loyalty-desk-pods-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def staging_address(folder: Path) -> Iterator[str]:
    """PostgreSQL on the loopback address, with a password, as pods reach it."""
    port, user = find_free_port(), servers.server_user()
    servers.make_postgres(folder / "postgres" / "data", "of-airflow", user)
    server = start_process(
        servers.postgres_command(folder / "postgres" / "data", port),
        {**caller_environment(), "LC_ALL": "C.UTF-8"},
        folder / "postgres.log",
        user=user,
    )
    try:
        assert look_until(lambda: has_databases(port), 60)
        yield f"postgresql+psycopg://loyalty_desk:of-the-desk@127.0.0.1:{port}/loyalty_desk"
    finally:
        end_processes([server.pid])


def has_databases(port: int) -> bool:
    """Whether they could be made; the server takes connections before it is ready."""
    try:
        servers.make_databases(port, "of-airflow", "of-the-desk")
    except ProgramError:
        return False
    return True


@pytest.fixture(scope="module")
def bucket(s3_server: str) -> Bucket:
    made = Bucket(s3_server, "pods")
    made.make()
    return made


@pytest.fixture(scope="module")
def office(folder: Path, staging_address: str, bucket: Bucket) -> Iterator[Office]:
    """Airflow's services with an executor that makes a pod of each task."""
    if closing_words() is None:
        pytest.skip("this machine has no way to keep a process from writing the code")
    pods = folder / "pods"
    pods.mkdir()
    settings = {
        "AIRFLOW__CORE__EXECUTOR": "tests.pods.executor.PodExecutor",
        "LOYALTY_DESK_VAR_DIR": f"{bucket.address}/desk",
        FOLDER: str(pods),
    }
    by_hand = {key: {"schedule": None} for key in ("reports", "retention")}
    stores = {STORE: {"platform": "rivo", "schedule": None, "budget": {"share": 1.0}, **by_hand}}
    size = SandboxSize(members=260, customers=220, seed=7, speed=20.0)
    with running_desk(
        folder / "desk", stores, size, staging_url=staging_address, settings=settings
    ) as desk:
        desk.api.set_connection(CONNECTION, bucket.connection)
        yield Office(desk)


@dataclass(frozen=True, slots=True)
class Ran:
    """What was done by pods: a sync, and an award that was asked for over HTTP."""

    office: Office
    sync_id: str
    award_id: str
    member: Shown
    pods: list[dict[str, Any]]
    code_before: dict[str, float]

    def done_by_pods(self, dag_id: str) -> set[str]:
        """The tasks whose pod ended well. On a busy machine one may have had another before."""
        own = [pod for pod in self.pods if pod["dag_id"] == dag_id]
        return {pod["task_id"] for pod in own if pod["code"] == 0}


@pytest.fixture(scope="module")
def ran(office: Office, folder: Path) -> Ran:
    before, desk = code(), office.desk
    sync_id = desk.start_sync(STORE)
    desk.wait_until(lambda: desk.is_finished(STORE, sync_id), "the sync", LIMIT_S)
    member = desk.shown_members(STORE, 1)[0]
    award_id = office.award(member)
    desk.wait_until(lambda: desk.is_shown(award_id, member), "the award on the card", LIMIT_S)
    run = f"award_points__{STORE}"
    desk.wait_until(
        lambda: {one["state"] for one in desk.api.list_runs(run)} == {"success"}, run, LIMIT_S
    )
    desk.wait_until(lambda: not folders_of(folder), "the end of the last pod", LIMIT_S)
    lines = (folder / "pods" / RECORDS).read_text(encoding="utf-8").splitlines()
    return Ran(office, sync_id, award_id, member, [json.loads(line) for line in lines], before)


def folders_of(folder: Path) -> list[Path]:
    """The folders of pods that are still there."""
    return [path for path in (folder / "pods").iterdir() if path.is_dir()]


def code() -> dict[str, float]:
    """When each file of the code was written."""
    paths = (path for name in CODE for path in (PROJECT_ROOT / name).rglob("*"))
    return {
        str(path): path.stat().st_mtime
        for path in paths
        if path.is_file() and path.suffix != ".pyc"  # which Airflow's services may write
    }


@pytest.mark.parametrize("family", ["loyalty_sync", "award_points"])
def test_each_task_ran_in_a_pod_of_its_own(ran: Ran, family: str) -> None:
    dag_id, api = f"{family}__{STORE}", ran.office.desk.api
    tasks = {
        task.name
        for run in api.list_runs(dag_id)
        for task in api.get_tasks(dag_id, run["dag_run_id"])
        if task.state == "success"
    }
    assert len(tasks) > 1
    assert ran.done_by_pods(dag_id) == tasks - {"synced"}, "an empty task is not started"
    assert len({pod["pid"] for pod in ran.pods}) == len(ran.pods)


def test_the_cards_are_right_and_the_award_is_booked_once(ran: Ran) -> None:
    desk = ran.office.desk
    customers = desk.sandbox.control("gorgias", "GET", "customers?limit=100000")["data"]
    answers, survivors = answers_of(desk.sandbox, "rivo"), survivors_of_merges(desk.sandbox)
    wanted = expected_cards(answers, customers, all_tickets(desk.sandbox), survivors)
    shown = shown_cards(customers)
    awarded = ran.member.customer_id  # whose card has a line of the award as well
    assert shown.keys() == wanted.keys()
    assert {one: card for one, card in shown.items() if one != awarded} == {
        one: card for one, card in wanted.items() if one != awarded
    }
    assert len(desk.booked(ran.award_id)) == 1


def test_the_desk_shows_what_pods_left_in_the_object_store(ran: Ran, bucket: Bucket) -> None:
    pages = ran.office.pages()
    report = pages.get(f"/runs/{ran.sync_id}/report.html")
    assert report.status_code == 200
    assert f"Loyalty sync of {STORE}" in report.text
    assert "/docs/match/index.html" in pages.get("/quality").text
    assert pages.get("/docs/match/index.html").status_code == 200
    assert bucket.names("desk/reports/")


def test_nothing_is_left_of_a_pod_and_the_code_is_as_it_was(ran: Ran, folder: Path) -> None:
    assert [pod["left"] for pod in ran.pods if pod["left"]] == [], "temporary files were forgotten"
    assert folders_of(folder) == []
    assert code() == ran.code_before
    assert {path.name for path in (folder / "desk").iterdir()} == {
        "airflow",
        "stores.yaml",
        "staging",
    }
