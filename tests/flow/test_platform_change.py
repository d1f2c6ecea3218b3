"""A store moves to another platform: links stay, each card is written once, nothing is booked."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from loyalty_desk.__main__ import main
from loyalty_desk.awards.queue import Door
from loyalty_desk.awards.reversal import ReversalError, reverse_award
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import PlatformChangedError
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair
from loyalty_desk.records import RunState
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.tasks import awards, refresh
from tests.flow.lists import ids_on
from tests.flow.world import STORE, World
from tests.oracle.cards import differences

pytestmark = pytest.mark.flow

CHANGE = ("platform", "change", "--store", STORE, "--by", "mia")


def loyalty_requests(world: World, platform: str) -> int:
    return int(world.sandbox.control(platform, "GET", "counters")["total"])


def sure_member(world: World) -> str:
    """A member without a customer whose address nobody shares."""
    rows = world.rows(
        "SELECT m.member_id FROM members AS m"
        " JOIN unmatched_members AS u ON u.member_id = m.member_id"
        " WHERE m.status = 'member' AND m.email_state = 'valid' AND 1 ="
        " (SELECT COUNT(*) FROM members AS o WHERE o.email_key = m.email_key)"
        " ORDER BY m.member_id LIMIT 1"
    )
    return str(rows[0]["member_id"])


def customers_without_member(world: World) -> list[int]:
    rows = world.rows(
        "SELECT customer_id FROM unmatched_customers WHERE outcome <> 'merged_or_deleted'"
        " ORDER BY customer_id LIMIT 2"
    )
    return [int(row["customer_id"]) for row in rows]


def link(customer_id: int, member_id: str) -> None:
    with staging_engine().begin() as connection:
        decisions.link(connection, STORE, [Pair(customer_id, member_id)], "ada", utc_now())


def queue(world: World, key: str, member_id: str, amount: int) -> str:
    form = {"member_id": member_id, "amount": amount, "unit": "points", "reason": "gesture"}
    award_id = awards.queue_from_form(STORE, form, key, "ada@shop.example")
    assert award_id
    return award_id


def expect_history(world: World, booked: str, member_id: str) -> None:
    """What was booked on the platform that was left stays there, and is told of the person."""
    history = world.rows(f"SELECT member_id, subject FROM awards WHERE award_id = '{booked}'")
    assert [dict(row) for row in history] == [{"member_id": member_id, "subject": member_id}]
    store = stores_file().get(STORE)
    with staging_engine().begin() as connection, pytest.raises(ReversalError, match="on rivo"):
        reverse_award(connection, store, booked, utc_now(), agent="ada", why="x", door=Door.COMMAND)
    entries = world.sandbox.control("rivo", "GET", "ledger")["data"]
    assert [entry["points"] for entry in entries] == [40]


def push_what_is_left(sync: Any, left: int) -> int:
    """How many cards later runs push, where the machine is too busy for all of them in one."""
    pushed = 0
    while left:
        record = sync.plain()
        assert record.pushed
        pushed, left = pushed + record.pushed, record.left
    return pushed


def test_a_store_moves_to_another_platform_with_the_same_people(
    world: World, sync: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sync.plain().state == RunState.SUCCEEDED
    ids = ids_on(world.sandbox, "smile")
    member_id, (linked, lost) = sure_member(world), customers_without_member(world)
    shared = world.rows(
        "SELECT m.member_id FROM members AS m WHERE 1 <"
        " (SELECT COUNT(*) FROM members AS o WHERE o.email_key = m.email_key)"
        " ORDER BY m.member_id LIMIT 1"
    )[0]["member_id"]
    link(linked, member_id)
    link(lost, shared)
    booked = queue(world, "1", member_id, 40)
    awards.apply_awards(STORE)
    waiting = queue(world, "2", member_id, 70)
    assert sync.plain().state == RunState.SUCCEEDED
    before = world.shown_cards()

    # Without the change nothing is read, and nothing is booked.
    world.platform = "smile"
    world.forget_requests()
    stopped = sync.plain(release_brake=True)
    assert stopped.state == RunState.SUCCEEDED, "the record is that of the run before"
    with pytest.raises(PlatformChangedError, match="platform change --store demo"):
        awards.apply_awards(STORE)
    with pytest.raises(PlatformChangedError):
        refresh.refresh_cards(STORE)
    assert main(["sync", "--store", STORE]) == 1
    assert "is on smile by the stores file" in capsys.readouterr().err
    assert loyalty_requests(world, "smile") == 0
    assert world.shown_cards() == before

    # A look changes nothing.
    assert main(list(CHANGE)) == 0
    told = capsys.readouterr().out
    assert "1 of 2 links are carried over" in told
    assert f"link not carried: customer {lost}, member {shared}" in told
    assert "1 awards that wait will be rejected" in told
    assert "@" not in told
    assert [row["member_id"] for row in world.rows("SELECT * FROM awards")] == [member_id] * 2

    assert main([*CHANGE, "--apply"]) == 0
    states = {row["award_id"]: row["state"] for row in world.rows("SELECT * FROM awards")}
    assert states == {booked: "applied", waiting: "rejected"}

    world.forget_requests()
    first = sync(release_brake=True)
    assert first.state == RunState.SUCCEEDED, first.failure
    pushed = first.pushed + push_what_is_left(sync, first.left)
    after = world.shown_cards()
    assert after[linked]["member_id"] == ids[member_id]
    assert [row["customer_id"] for row in world.rows("SELECT * FROM links")] == [linked]
    puts = Counter(
        call["path"]
        for call in world.sandbox.control("gorgias", "GET", "requests")["data"]
        if call["method"] == "PUT"
    )
    assert puts
    assert set(puts.values()) == {1}, "one write for each customer"
    assert pushed == len(puts)
    wrong = differences(world.expected_cards(), after)
    assert [one for one in wrong if not one.startswith(f"customer {linked}, ")] == []
    assert sync.plain().planned == 0

    expect_history(world, booked, ids[member_id])
