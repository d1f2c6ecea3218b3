"""What is kept under member ids when a store moves to another platform, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.awards.queue import Door, NoAwardError, get_events, queue_award, settle_unknown
from loyalty_desk.awards.requests import read_request
from loyalty_desk.awards.reversal import ReversalError, reverse_award
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import PlatformChangedError, PlatformChangeError
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair
from loyalty_desk.privacy.person import PersonError, Who, find_person
from loyalty_desk.records import Unit
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.platform_of import (
    check_platform,
    claim_platform,
    find_left_platform,
    find_platform_of,
)
from loyalty_desk.tasks.platform_change import Change, carry_over, lines, look
from tests.factories import LATER, NOW, STORE, customer, member, store_settings

RIVO, SMILE = store_settings(platform="rivo"), store_settings(platform="smile")
MIRA, NOAH, OTTO = "mira@shop.example", "noah@shop.example", "otto@shop.example"
BEFORE = NOW - timedelta(days=1)


@pytest.fixture(autouse=True)
def people(staging: Engine) -> None:
    """Members 1, 2 and 3 on Rivo, and customers whom no address tells."""
    members = [member("1", email=MIRA), member("2", email=NOAH), member("3", email=OTTO)]
    strangers = [customer(number, email=f"c{number}@home.example") for number in (11, 12, 13)]
    with staging.begin() as connection:
        stage_members(connection, STORE, members, BEFORE, first_load=True)
        stage_customers(connection, STORE, strangers, BEFORE, card_key="loyalty", first_load=True)
        claim_platform(connection, RIVO, BEFORE)


def link(staging: Engine, customer_id: int, member_id: str) -> str:
    with staging.begin() as connection:
        return decisions.link(connection, STORE, [Pair(customer_id, member_id)], "ada", BEFORE)


def award(staging: Engine, member_id: str, key: str, **values: Any) -> str:
    fields = {
        "member_id": member_id,
        "amount": 50,
        "unit": "points",
        "reason": "gesture",
        "agent": "ada@shop.example",
        "idempotency_key": key,
    }
    with staging.begin() as connection:
        request = read_request(fields, RIVO.awards, frozenset(Unit))
        found = queue_award(connection, RIVO, request, BEFORE, door=Door.COMMAND)
        if values:
            setters = ", ".join(f"{name} = :{name}" for name in values)
            sql = text(f"UPDATE awards SET {setters} WHERE award_id = :award_id")
            connection.execute(sql, {**values, "award_id": found.award_id})
        return found.award_id


def move(staging: Engine, holders: Mapping[str, Sequence[str]]) -> Change:
    with staging.begin() as connection:
        return carry_over(connection, SMILE, holders, "mia", NOW)


def rows(staging: Engine, sql: str) -> list[tuple[Any, ...]]:
    with reading(staging) as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_ids_that_are_those_of_others_on_the_new_platform_are_not_mixed_up(
    staging: Engine,
) -> None:
    for customer_id, member_id in ((11, "1"), (12, "2"), (13, "3")):
        link(staging, customer_id, member_id)
        award(staging, member_id, member_id, state="applied")

    done = move(staging, {MIRA: ["2"], NOAH: ["3"]})

    assert done.pairs == {"1": "2", "2": "3"}
    links = rows(staging, "SELECT customer_id, member_id FROM links ORDER BY 1")
    assert links == [(11, "2"), (12, "3")]
    history = rows(staging, "SELECT idempotency_key, member_id, subject FROM awards ORDER BY 1")
    assert history == [("1", "2", "2"), ("2", "3", "3"), ("3", "rivo 3", "rivo 3")]


@pytest.mark.parametrize(
    ("holders", "why"),
    [
        ({}, "has no member with the address on the new platform"),
        ({MIRA: ["8", "9"]}, "has several members with the address on the new platform"),
    ],
)
def test_who_is_not_sure_is_listed_with_the_reason_and_matched_by_address_again(
    staging: Engine, holders: dict[str, list[str]], why: str
) -> None:
    batch = link(staging, 11, "1")

    done = move(staging, holders)

    assert done.lost == {"1": why}
    told = list(lines(done, applied=True))
    assert "link not carried: customer 11, member 1" in told
    assert rows(staging, "SELECT * FROM links") == []
    [(undone_by,)] = rows(staging, "SELECT undone_by FROM decisions")
    assert undone_by == "mia"
    assert not any("@" in line for line in told)
    assert batch


def test_a_shared_address_on_the_old_platform_tells_nobody(staging: Engine) -> None:
    with staging.begin() as connection:
        twin = [member("4", email=MIRA)]
        stage_members(connection, STORE, twin, BEFORE, first_load=False)
    link(staging, 11, "1")

    assert move(staging, {MIRA: ["8"]}).lost == {"1": "shared the address with another member"}


def test_a_second_one_that_read_members_meanwhile_changes_nothing(staging: Engine) -> None:
    link(staging, 11, "1")
    move(staging, {MIRA: ["8"]})

    with pytest.raises(PlatformChangeError, match="is on smile already"):
        move(staging, {MIRA: ["8"]})
    assert rows(staging, "SELECT customer_id, member_id FROM links") == [(11, "8")]


def test_a_decision_is_undone_as_before(staging: Engine) -> None:
    batch = link(staging, 11, "1")
    move(staging, {MIRA: ["8"]})
    with staging.begin() as connection:
        stage_members(connection, STORE, [member("8", email=MIRA)], NOW, first_load=True)
        decisions.undo(connection, STORE, batch, "ada", LATER)

    assert rows(staging, "SELECT * FROM links") == []


def test_a_look_changes_nothing(staging: Engine) -> None:
    link(staging, 11, "1")
    award(staging, "1", "a")
    tables = ("links", "awards", "decisions", "members", "store_state", "touched")
    before = [rows(staging, f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables]

    with reading(staging) as connection:
        found = look(connection, SMILE, "rivo", {MIRA: ["8"]})

    assert (found.pairs, found.links, found.unsent) == ({"1": "8"}, 1, 1)
    assert [rows(staging, f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables] == before


def test_awards_of_the_old_platform_are_never_booked_on_the_new_one(staging: Engine) -> None:
    unsent = award(staging, "1", "a")
    sent = award(
        staging, "1", "b", state="applying", sends=1, sent_at_utc=utc_text(BEFORE),
        lease_until_utc=utc_text(BEFORE),
    )  # fmt: skip
    booked = award(staging, "1", "c", state="applied")

    done = move(staging, {MIRA: ["8"]})

    assert (done.unsent, done.sent) == (1, 1)
    states = dict(rows(staging, "SELECT award_id, state FROM awards"))
    assert states == {unsent: "rejected", sent: "unknown", booked: "applied"}
    with staging.begin() as connection:
        said = [one.detail for one in get_events(connection, STORE, booked)]
        assert said[-1] == "member 1 of rivo is 8 of smile"
        with pytest.raises(NoAwardError, match="was for rivo, which the store has left"):
            settle_unknown(
                connection, STORE, sent, LATER, was_applied=False, actor="ada", why="not there"
            )
        with pytest.raises(ReversalError, match="booked on rivo, which the store has left"):
            reverse_award(connection, SMILE, booked, LATER, agent="ada", why="x", door=Door.COMMAND)
        settle_unknown(connection, STORE, sent, LATER, was_applied=True, actor="ada", why="it is")


def test_an_award_that_stays_under_the_old_id_is_still_found_to_be_erased(staging: Engine) -> None:
    with staging.begin() as connection:
        nobody = [member("4", email=None)]
        stage_members(connection, STORE, nobody, BEFORE, first_load=False)
    ottos = award(staging, "3", "a", state="applied")
    unnamed = award(staging, "4", "b", state="applied")
    award(staging, "1", "c", state="applied")

    move(staging, {MIRA: ["8"]})

    with reading(staging) as connection:
        for who, found in (
            (Who(email=OTTO), ottos),
            (Who(member_id="rivo 3"), ottos),
            (Who(member_id="rivo 4"), unnamed),
        ):
            assert find_person(connection, STORE, who).award_ids == (found,)
        with pytest.raises(PersonError, match="knows nobody"):
            find_person(connection, STORE, Who(member_id="rivo 5"))


def test_it_waits_for_awards_that_are_at_the_platform(staging: Engine) -> None:
    award(staging, "1", "a", state="applying", sends=1, lease_until_utc=utc_text(LATER))

    with pytest.raises(PlatformChangeError, match="1 awards of store acme are at the platform"):
        move(staging, {MIRA: ["8"]})
    assert rows(staging, "SELECT state FROM awards") == [("applying",)]


def test_the_next_run_reads_members_in_full_and_keeps_what_was_pushed(staging: Engine) -> None:
    with staging.begin() as connection:
        for source in ("members", "customers", "tickets", "reconcile"):
            connection.execute(
                text("INSERT INTO watermarks (store, source, since) VALUES (:s, :source, '1')"),
                {"s": STORE, "source": source},
            )
    move(staging, {})

    left = rows(staging, "SELECT source FROM watermarks ORDER BY source")
    assert left == [("customers",), ("tickets",)]
    for name in ("members", "matches", "unmatched_members", "suggestions"):
        assert rows(staging, f"SELECT * FROM {name}") == []


def test_a_store_is_on_the_platform_of_its_first_sync_until_it_moves(staging: Engine) -> None:
    with staging.begin() as connection:
        claim_platform(connection, SMILE, NOW)
        with pytest.raises(PlatformChangedError, match="decisions are of rivo"):
            check_platform(connection, SMILE)

    move(staging, {})

    with reading(staging) as connection:
        check_platform(connection, SMILE)
        with pytest.raises(PlatformChangedError):
            check_platform(connection, RIVO)
        assert find_left_platform(connection, STORE, utc_text(BEFORE)) == "rivo"
        assert find_left_platform(connection, STORE, utc_text(LATER)) is None
        known = find_platform_of(connection, STORE)
    assert known is not None
    assert known.name == "smile"
