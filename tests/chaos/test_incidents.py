"""An incident under kills, from asking to taking back: each member is compensated exactly once.

Real processes, HTTP and databases. CHAOS_INCIDENT=1000 has so many people in it,
of two tickets each.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from loyalty_desk.awards import taking_back_all
from loyalty_desk.awards.batch_results import load_outcomes, sum_up
from loyalty_desk.awards.batches import decide_batch
from loyalty_desk.awards.incidents.asking import ask
from loyalty_desk.awards.incidents.choice import read_incident
from loyalty_desk.awards.incidents.tickets import choose_staged
from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.taking_back_all import Wish, take_back_all
from loyalty_desk.records import Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now
from loyalty_desk.staging.statements import statement
from sandbox.running import Sandbox, running_sandbox
from tests.chaos.schedules import SPEED
from tests.chaos.trial import MARKER
from tests.chaos.workers import FORK, Blow, arm_engine, start_worker
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.platforms.account import Account, markers_of
from tests.platforms.cases import CASES
from tests.sql.staged import Staged

PEOPLE = int(os.environ.get("CHAOS_INCIDENT", "100"))
POINTS = 30
LONGEST_S = 60.0 + PEOPLE
KILLS = ("before_claim", "before_call", "effect_without_answer", "answered", "before_commit:8")
AFTER_COMMIT = ("after_commit:1", "after_commit:5", "before_refresh")
Do = Callable[[Engine], object]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    size = {"members": PEOPLE, "customers": PEOPLE, "seed": 3, "speed": SPEED}
    with running_sandbox(**size, platforms="rivo") as running:
        yield running


@pytest.fixture
def account(sandbox: Sandbox, set_connection: SetConnection, installed: None) -> Account:
    sandbox.control("rivo", "POST", "reset", dict.fromkeys(("data", "faults", "buckets"), True))
    found = Account(CASES[0], sandbox, set_connection)
    found.connect()
    return found


@pytest.fixture
def store(account: Account) -> StoreSettings:
    limits = {"max_points_by_batch_per_day": 10**6, "allow_excluded": True}
    return account.store(awards={**limits, "visible_after_s": 60.0})


@pytest.fixture
def members(staging: Engine, account: Account) -> set[str]:
    """Everybody who joined wrote twice; returns those who are to be awarded."""
    everybody = account.control("GET", f"members?limit={PEOPLE}")["data"]
    with_email = Counter(str(one["email"]).strip().lower() for one in everybody)
    found = [
        one
        for one in everybody
        # Of a shared address nobody can tell whose it is, and who shares one is not awarded.
        if one["status"] == "member" and with_email[str(one["email"]).strip().lower()] == 1
    ]
    with staging.begin() as connection:
        staged = Staged(connection)
        for number, one in enumerate(found, start=1):
            member_id = str(one["id"])
            staged.member(member_id, one["email"])
            staged.customer(number, one["email"])
            staged.match(number, member_id)
            for ticket_id in (number, PEOPLE + number):
                staged.ticket(ticket_id, number, tags='["late"]')
    return {str(one["id"]) for one in found}


def killed(staging_url: str, do: Do, boundary: str) -> int:
    """Do it in a process of its own that dies at a boundary; returns how it ended."""

    def run() -> None:
        staging_engine().dispose(close=False)  # the parent's connections are the parent's
        engine = open_engine(staging_url)
        blow = Blow(boundary)
        if boundary == "half of the awards":
            _strike_at_award(engine, blow, PEOPLE // 2)
        else:
            arm_engine(engine, blow)
        do(engine)
        os._exit(0)

    process = FORK.Process(target=run)
    process.start()
    process.join(LONGEST_S)
    assert process.exitcode is not None, f"it hung at {boundary}"
    return process.exitcode


def _strike_at_award(engine: Engine, blow: Blow, number: int) -> None:
    seen = 0

    def on_execute(_connection: Any, clause: Any, *_: Any) -> None:
        nonlocal seen
        seen += clause is statement("awards/queue/insert_award")
        if seen == number:
            blow.strike()

    event.listen(engine, "before_execute", on_execute)


def work(staging: Engine, staging_url: str, store: StoreSettings, boundaries: Any) -> int:
    """Apply under kills, then until nothing waits any more; returns how many were killed."""
    deaths = 0
    for boundary in boundaries:
        child = start_worker(staging_url, store, Blow(boundary))
        child.join(LONGEST_S)
        deaths += child.exitcode == -9
    end = time.monotonic() + LONGEST_S
    while states(staging).keys() & {"approved", "queued", "applying"}:
        assert time.monotonic() < end, f"awards still wait: {states(staging)}"
        pair = [start_worker(staging_url, store, None) for _ in range(2)]
        for child in pair:
            child.join(LONGEST_S)
    return deaths


def states(staging: Engine) -> Counter[str]:
    with reading(staging) as connection:
        return Counter(connection.execute(select(schema.awards.c.state)).scalars())


def batches(staging: Engine) -> list[str]:
    with reading(staging) as connection:
        return list(connection.execute(select(schema.incidents.c.batch_id)).scalars())


def decide(batch_id: str) -> Do:
    def do(engine: Engine) -> None:
        now = ask_staging_now(engine)
        with engine.begin() as connection:
            decide_batch(connection, STORE, batch_id, now, approved=True, by="bo", why=None)

    return do


def booked(account: Account) -> Counter[str]:
    """The points of each member by hand; no marker may be there twice."""
    entries = account.booked()
    markers = Counter(one for entry in entries for one in set(MARKER.findall(markers_of(entry))))
    assert max(markers.values(), default=0) <= 1
    found: Counter[str] = Counter()
    for entry in entries:
        found[str(entry["member_id"])] += entry["points"]
    return found


def not_taken_back(staging: Engine, batch_id: str) -> Counter[str]:
    """How many there are for each reason."""
    with reading(staging) as connection:
        found = load_outcomes(connection, STORE, batch_id)
    return Counter(one.not_taken_back for one in found if one.not_taken_back)


def test_each_member_is_compensated_once_and_taken_back_once_whatever_is_killed(
    staging: Engine,
    staging_url: str,
    store: StoreSettings,
    account: Account,
    members: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(taking_back_all, "AT_ONCE", min(taking_back_all.AT_ONCE, PEOPLE // 4))
    fields = {"incident": "p", "tag": "late", "amount": str(POINTS), "reason": "late_delivery"}
    incident = read_incident(fields, store.awards, tuple(Unit), agent="ada", time_zone="UTC")

    def asks(engine: Engine) -> None:
        tickets = choose_staged(engine, STORE, incident.choice)
        ask(engine, store, incident, tickets, ask_staging_now(engine))

    for boundary in ("half of the awards", "before_commit:1"):
        assert killed(staging_url, asks, boundary) == -9
        assert (batches(staging), states(staging)) == ([], {})
    assert killed(staging_url, asks, "after_commit:1") == -9
    asks(staging)
    [batch_id] = batches(staging)
    assert states(staging) == {"needs_approval": len(members)}

    assert killed(staging_url, decide(batch_id), "before_commit:1") == -9
    assert states(staging) == {"needs_approval": len(members)}
    decide(batch_id)(staging)
    assert work(staging, staging_url, store, KILLS) >= 4
    asks(staging)

    assert states(staging) == {"applied": len(members)}
    assert booked(account) == dict.fromkeys(members, POINTS)

    def takes_back(engine: Engine) -> None:
        wish = Wish(batch_id=batch_id, by="ada", why="the wrong tickets")
        take_back_all(engine, store, wish, ask_staging_now(engine))

    assert killed(staging_url, takes_back, "before_commit:1") == -9
    assert not_taken_back(staging, batch_id) == {}, "it was cut short before anything was asked for"
    assert killed(staging_url, takes_back, "after_commit:1") == -9
    untouched = 2 * len(members) - sum(states(staging).values())
    assert 0 < untouched < len(members)
    assert not_taken_back(staging, batch_id) == {
        "it is booked, and nothing takes it back yet: take back once more": untouched
    }
    takes_back(staging)
    assert not_taken_back(staging, batch_id) == {}
    decide(reversals_of(batch_id))(staging)
    assert work(staging, staging_url, store, AFTER_COMMIT) >= 1

    assert states(staging) == {"applied": 2 * len(members)}
    assert set(booked(account).values()) == {0}
    with reading(staging) as connection:
        sums = {one.result: one for one in sum_up(load_outcomes(connection, STORE, batch_id))}
    assert {name: (one.people, one.tickets) for name, one in sums.items()} == {
        "Taken back": (len(members), 2 * len(members))
    }
