"""A store behind Debian's PgBouncer in transaction mode, whose few sessions all clients share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from loyalty_desk.records import Opens, RunState
from loyalty_desk.tasks.awards import apply_awards
from sandbox.running import Sandbox
from scripts.served_api import running_api
from tests.databases import new_database
from tests.flow.conftest import Syncer
from tests.flow.world import STORE, World
from tests.http.airflow_users import start_auth_manager
from tests.http.api_client import ApiClient, new_client, new_token, serving
from tests.http.desk import DESK, DeskClient
from tests.pooler import Pooler, pooling

pytestmark = pytest.mark.flow

DATABASE = "pooled"
AGENT = "eve@shop.example"
AWARDS = 8
SESSIONS = 3
PAGES = ("", "/mismatches", "/awards")


@pytest.fixture
def pooler(postgresql_url: str) -> Iterator[Pooler]:
    with (
        new_database(postgresql_url, DATABASE),
        pooling(postgresql_url, size=SESSIONS) as running,
    ):
        yield running


@pytest.fixture
def world(sandbox: Sandbox, pooler: Pooler, tmp_path: Path) -> World:
    # Pages and tasks are of one process here: who asks for the zone would ask as the task.
    named = {"time_zone": "UTC"}
    url = pooler.url_of(DATABASE)
    return World(sandbox=sandbox, staging_url=url, folder=tmp_path, settings=named)


@contextmanager
def again_and_again(work: Callable[[], str]) -> Iterator[Counter[str]]:
    """Do something beside the block, and count what came of it."""
    came, ended = Counter[str](), Event()

    def go_on() -> None:
        while not ended.wait(0.02):
            try:
                came[work()] += 1
            except (psycopg.Error, OSError) as error:
                came[f"{type(error).__name__}: {error}"] += 1

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield came
    finally:
        ended.set()
        thread.join()


@contextmanager
def writing(pooler: Pooler) -> Iterator[Counter[str]]:
    """Another client writes, and its sessions are as it left them."""
    with psycopg.connect(pooler.url_of(DATABASE), prepare_threshold=None) as client:
        client.execute("CREATE TABLE notes (id BIGSERIAL PRIMARY KEY)")
        client.commit()

        def write() -> str:
            client.rollback()
            client.execute("INSERT INTO notes DEFAULT VALUES")
            [isolation] = client.execute("SHOW transaction_isolation").fetchone() or [""]
            client.commit()
            return str(isolation)

        with again_and_again(write) as came:
            yield came
        client.rollback()
        [kept] = client.execute("SELECT count(*) FROM notes").fetchone() or [0]
        assert kept == came["read committed"]


@contextmanager
def looking(patch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Somebody looks at pages of the desk."""
    patch.setenv("AIRFLOW__CORE__AUTH_MANAGER", "tests.http.airflow_users.Users")
    patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of these tests alone, and long enough " * 3)
    patch.setenv("AIRFLOW__API__SECRET_KEY", "the same in every process, and long enough to sign")
    start_auth_manager()
    with serving() as url, new_client() as session:
        desk = DeskClient(url=url, session=session, store=STORE).as_user("admin")

        def look() -> str:
            answers = [desk.call("GET", f"{DESK}/{STORE}{page}") for page in PAGES]
            return str([answer.status_code for answer in answers])

        with again_and_again(look) as came:
            yield came


def test_syncs_awards_and_pages_run_beside_another_client(
    world: World, sync: Syncer, pooler: Pooler, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync.load_dag()  # from now on this process has the settings of the world
    with ExitStack() as stack:
        written = stack.enter_context(writing(pooler))
        seen = stack.enter_context(looking(monkeypatch))
        first = sync()
        assert first.state is RunState.SUCCEEDED, first.failure
        log = world.folder / "api.log"
        served = stack.enter_context(running_api(world.environment(), log))
        api = ApiClient(
            url=served.url,
            folder=world.folder,
            session=stack.enter_context(new_client()),
            token=new_token(STORE, Opens.AWARDS),
        )
        given = {"member_id": a_member(world), "amount": 1, "agent": AGENT}
        answers = [api.award(**given, idempotency_key=str(number)) for number in range(AWARDS)]
        applied = apply_awards(STORE)
        world.tick(30)
        second = sync.plain()

    assert second.state is RunState.SUCCEEDED, second.failure
    assert {answer.status_code for answer in answers} == {202}, answers[0].text
    assert applied == {"applied": AWARDS}
    assert world.wrong_cards() == []
    assert set(written) == {"read committed"}
    assert set(seen) == {"[200, 200, 200]"}
    assert min(written.total(), seen.total()) > 10
    assert pooler.left_behind(DATABASE) == {}


def a_member(world: World) -> str:
    """Somebody whose card Gorgias shows."""
    [row] = world.rows(
        "SELECT m.member_id FROM members AS m INNER JOIN matches AS p"
        " ON m.member_id = p.member_id WHERE m.status = 'member' AND p.rule = 'email'"
        " ORDER BY m.member_id LIMIT 1"
    )
    return str(row["member_id"])
