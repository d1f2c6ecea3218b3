"""Awards against a real Rivo stand-in: whatever is lost on the way, each is booked once."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from multiprocessing import get_context
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.apply import Worker, apply_due
from loyalty_desk.awards.approval import decide
from loyalty_desk.awards.ledger import TAKEN_BACK
from loyalty_desk.awards.queue import get_award, get_events, list_awards, settle_unknown
from loyalty_desk.awards.worker import SEND_WAITS_S
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiUnavailableError, BadConnectionError
from loyalty_desk.hooks.connections import loyalty_platform
from loyalty_desk.platforms.base import AwardOrder, Platform
from loyalty_desk.records import AwardState
from loyalty_desk.staging.engine import open_engine
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE, store_settings
from tests.http.award_apply.applying import (
    EMAIL,
    Apply,
    award,
    ledger,
    let_leases_end,
    spoil,
    state_of,
)
from tests.http.conftest import SPEED
from tests.sql.test_awards import queue, request
from tests.waiting import wait_until, wait_until_served

KILLS = 10
NEVER_SENT_AGAIN = "not in the ledger, and not sent again"


@pytest.mark.parametrize("fault", [{"effect": "drop"}, {"effect": "status", "status": 503}])
def test_a_booking_whose_answer_is_lost_is_found_at_once(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str, fault: dict[str, Any]
) -> None:
    award_id = award(staging)
    spoil(sandbox, after=True, **fault)
    assert apply() == {AwardState.APPLIED: 1}
    assert state_of(staging, award_id) == ("applied", "found in the ledger")
    assert len(ledger(sandbox)) == 1


def test_a_booking_that_shows_late_is_not_sent_again(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_event_visible_after_s": 60})
    award_id = award(staging)
    spoil(sandbox, "drop", after=True)
    apply()
    assert state_of(staging, award_id)[0] == "applying"
    apply("two")
    assert len(ledger(sandbox)) == 1, "its lease lasts"
    wait_until(lambda: not sandbox.control("rivo", "GET", "ledger")["unseen"])
    let_leases_end(staging)
    apply("two")
    assert state_of(staging, award_id) == ("applied", "found in the ledger")
    assert len(ledger(sandbox)) == 1


def lost_and_taken_back(staging: Engine, sandbox: Sandbox, apply: Apply) -> str:
    """An award that was booked without an answer, and taken back before anybody looked."""
    award_id = award(staging)
    spoil(sandbox, "drop", after=True)
    spoil(sandbox, "status", status=404, method="GET", route="*points_events*")
    apply()
    assert state_of(staging, award_id)[0] == "applying"
    [entry] = ledger(sandbox)
    sandbox.control("rivo", "POST", f"ledger/{entry['id']}/revoke")
    let_leases_end(staging)
    return award_id


def test_a_booking_that_was_taken_back_is_neither_applied_nor_made_again(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = lost_and_taken_back(staging, sandbox, apply)

    counts = [apply("two"), apply("three")]

    assert counts == [{AwardState.UNKNOWN: 1}, {}]
    assert state_of(staging, award_id) == ("unknown", TAKEN_BACK)
    assert [entry["revoked"] for entry in ledger(sandbox)] == [True]


def test_one_that_a_person_had_sent_again_is_found_beside_the_one_taken_back(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = lost_and_taken_back(staging, sandbox, apply)
    apply("two")
    with staging.begin() as connection:
        settle_unknown(
            connection, STORE, award_id, utc_now(), was_applied=False, actor="eve", why="mistake"
        )
    spoil(sandbox, "drop", after=True)

    apply("three")

    assert state_of(staging, award_id) == ("applied", "found in the ledger")
    assert [entry["revoked"] for entry in ledger(sandbox)] == [True, False]


def test_what_never_arrived_is_sent_once_more_when_that_is_sure(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "drop")
    apply()
    assert (state_of(staging, award_id)[0], ledger(sandbox)) == ("applying", [])
    let_leases_end(staging)
    apply("two")
    assert state_of(staging, award_id) == ("applied", None)
    assert len(ledger(sandbox)) == 1


def test_what_never_arrives_twice_waits_for_a_person(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "drop", count=2)
    for name in ("one", "two", "three"):
        apply(name)
        let_leases_end(staging)
    assert state_of(staging, award_id) == ("unknown", "not in the ledger, and not sent again")
    with staging.begin() as connection:
        settle_unknown(
            connection, STORE, award_id, utc_now(), was_applied=False, actor="eve", why="looked"
        )
    apply()
    assert state_of(staging, award_id) == ("applied", None)
    assert len(ledger(sandbox)) == 1


def test_a_ledger_that_cannot_be_read_for_long_leaves_the_award_to_a_person(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "drop")
    apply()
    let_leases_end(staging)
    spoil(sandbox, "status", status=404, method="GET", route="*points_events", count=100)
    apply()
    assert state_of(staging, award_id) == ("applying", "the ledger cannot be read")
    let_leases_end(staging)
    apply(give_up_hours=0.0001)
    assert state_of(staging, award_id) == ("unknown", "the ledger cannot be read")


def test_an_outage_before_the_call_leaves_the_queue_as_it_was(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "status", status=503, method="GET", count=100)
    with pytest.raises(ApiUnavailableError):
        apply()
    assert state_of(staging, award_id) == ("queued", "the platform cannot be asked")


def test_an_outage_leaves_an_approved_award_approved(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    wanted = request("150", email=EMAIL)
    award_id = queue(staging, wanted, utc_now(), approval_above_points=100).award_id
    assert apply() == {}, "it waits for an answer"
    with staging.begin() as connection:
        waiting = get_award(connection, STORE, award_id)
        decide(connection, STORE, waiting, utc_now(), approved=True, by="bo", why=None)
    spoil(sandbox, "status", status=503, method="GET", count=100)
    with pytest.raises(ApiUnavailableError):
        apply()
    assert state_of(staging, award_id)[0] == "approved"

    sandbox.control("rivo", "POST", "reset", {"faults": True})
    assert apply() == {AwardState.APPLIED: 1}
    assert [entry["points"] for entry in ledger(sandbox)] == [150]


def test_a_wrong_key_leaves_the_queue_as_it_was(
    staging: Engine, sandbox: Sandbox, set_connection: SetConnection, at_speed: None, member_id: str
) -> None:
    set_connection("rivo_acme", host=sandbox.rivo_url, password="not-the-key")
    store = store_settings()
    award_id = award(staging)
    worker = Worker(
        store=store, engine=staging, platform=loyalty_platform(store), name="one", speed=SPEED
    )
    with pytest.raises(BadConnectionError):
        apply_due(worker)
    assert state_of(staging, award_id)[0] == "queued"


class YesWithoutEntry:
    """The real platform, but for its answer to a booking, which shows nothing."""

    def __init__(self, platform: Platform, *, books: bool) -> None:
        self._platform, self._books = platform, books

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)

    def award(self, order: AwardOrder) -> str | None:
        if self._books:
            self._platform.award(order)


@pytest.mark.parametrize("books", [True, False])
def test_a_yes_that_shows_no_entry_is_believed_only_once_the_ledger_shows_it(
    staging: Engine,
    sandbox: Sandbox,
    platform: Platform,
    member_id: str,
    *,
    books: bool,
) -> None:
    award_id = award(staging)
    store = store_settings()
    for name in ("one", "two"):
        told = YesWithoutEntry(platform, books=books)
        apply_due(Worker(store=store, engine=staging, platform=told, name=name, speed=SPEED))
        let_leases_end(staging)

    expected = ("applied", "found in the ledger") if books else ("unknown", NEVER_SENT_AGAIN)
    assert state_of(staging, award_id) == expected
    assert len(ledger(sandbox)) == books


def test_two_workers_share_the_queue_and_book_each_award_once(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    ids = [award(staging, "1", idempotency_key=f"key-{number}") for number in range(20)]
    barrier = Barrier(2)

    def work(name: str) -> None:
        barrier.wait()
        apply(name)

    threads = [Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {state_of(staging, award_id)[0] for award_id in ids} == {"applied"}
    assert _markers(sandbox) == sorted(ids)


def test_a_worker_that_is_refused_slowly_sends_nothing_once_its_lease_is_over(
    staging: Engine,
    sandbox: Sandbox,
    set_connection: SetConnection,
    at_speed: None,
    member_id: str,
) -> None:
    """Each 429 after 20 s, with a second to wait, for longer than a lease: then another books."""
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    store = store_settings()

    def worker(name: str) -> Worker:
        platform = loyalty_platform(store, max_wait_s=SEND_WAITS_S, for_awards=True)
        return Worker(store=store, engine=staging, platform=platform, name=name, speed=SPEED)

    award_id = award(staging)
    slow = worker("slow")
    spoil(sandbox, "delay", delay_ms=20_000, count=1000)
    spoil(sandbox, "status", status=429, retry_after="1", count=1000)

    def work() -> None:
        with suppress(ApiUnavailableError):
            apply_due(slow)

    thread = Thread(target=work)
    thread.start()
    time.sleep(slow.lease().total_seconds() + 0.3)  # until the lease is over, and no sign of it
    sandbox.control("rivo", "POST", "reset", {"faults": True})
    apply_due(worker("other"))
    thread.join()

    assert state_of(staging, award_id) == ("applied", None)
    assert len(ledger(sandbox)) == 1


def test_a_worker_killed_at_any_moment_loses_nothing_and_pays_nothing_twice(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    random = Random(11)
    url = staging.url.render_as_string(hide_password=False)
    ids = []
    for number in range(KILLS):
        ids.append(award(staging, "1", idempotency_key=f"key-{number}"))
        delay_ms = 300 * SPEED
        spoil(sandbox, "delay", delay_ms=delay_ms, after=random.random() < 0.5)
        child = get_context("fork").Process(target=_apply_in_child, args=(url,))
        child.start()
        time.sleep(random.uniform(0.05, 0.7))  # any moment will do
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        wait_until_served(sandbox, "rivo")  # what it sent has arrived by now
        sandbox.control("rivo", "POST", "reset", {"faults": True})
        let_leases_end(staging)
        apply(f"after-{number}")
    with staging.connect() as connection:
        states = [found.state for found in list_awards(connection, STORE)]
        endings = [get_events(connection, STORE, award_id)[-1].state for award_id in ids]
    assert states == [AwardState.APPLIED] * KILLS
    assert endings == states
    assert _markers(sandbox) == sorted(ids)


def _apply_in_child(url: str) -> None:
    store = store_settings()
    worker = Worker(
        store=store,
        engine=open_engine(url),
        platform=loyalty_platform(store),
        name=f"child-{os.getpid()}",
        speed=SPEED,
    )
    apply_due(worker)


def _markers(sandbox: Sandbox) -> list[str]:
    """The awards that the ledger holds, by their markers, as often as it holds them."""
    notes = [entry["internal_note"] for entry in ledger(sandbox)]
    return sorted(note.split("[ld:")[1].rstrip("]") for note in notes)
