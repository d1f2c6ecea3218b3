"""What moved of the liability by a platform's ledger: once, whatever happens; on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select

from loyalty_desk.awards.ledger import marker_of
from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.held import Held, load_days
from loyalty_desk.goodwill.liability import keep_liability
from loyalty_desk.goodwill.movement import LedgerTooLongError, forget_ledger
from loyalty_desk.records import LedgerKind
from loyalty_desk.staging.goodwill_schema import ledger_entries
from loyalty_desk.staging.schema import liability_days, members
from tests.factories import NOW, STORE, store_settings
from tests.sql.award_rows import applied, put
from tests.sql.listed_ledger import HOUR, KilledError, ListedLedger
from tests.sql.staged import Staged

DAY = timedelta(days=1)
TIERS = {"m1": "Gold", "m2": ""}


@pytest.fixture(params=[True, False], ids=["by rising ids", "newest first"])
def ledger(request: pytest.FixtureRequest, staging: Engine) -> ListedLedger:
    """A ledger of the shop of Gold's m1 and m2, which was begun when it had one booking."""
    for store in (STORE, "other"):
        with staging.begin() as connection:
            for member_id, tier in TIERS.items():
                card = json.dumps({"tier": tier} if tier else {})
                Staged(connection, store).member(member_id, card=card)
    found = ListedLedger(goes_on=request.param)
    found.book("earned", 7_000, NOW - 2 * HOUR)
    return found


def begin(ledger: ListedLedger, staging: Engine) -> None:
    """The first sync."""
    ledger.read(staging, NOW)
    keep(staging, NOW)


def keep(staging: Engine, at: datetime, store: str = STORE) -> None:
    with staging.begin() as connection:
        keep_liability(connection, store_settings(name=store), at)


def day(staging: Engine, at: datetime) -> Held:
    with staging.connect() as connection:
        [found] = load_days(connection, STORE, at.date(), at.date())
    return found


def told(staging: Engine, at: datetime) -> dict[str, int]:
    """What is told of a day, without what is 0."""
    return {kind.value: points for kind, points in day(staging, at).told.items() if points}


def of_tier(staging: Engine, at: datetime, tier: str) -> dict[str, Any]:
    with staging.connect() as connection:
        asked = select(liability_days).where(
            liability_days.c.day == at.strftime("%Y-%m-%d"), liability_days.c.tier == tier
        )
        return dict(connection.execute(asked).mappings().one())


def test_what_was_read_since_the_day_before_counts_by_kind_and_tier(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    at = NOW + DAY - HOUR
    for kind, points in (("earned", 120), ("redeemed", -500), ("expired", -30), ("added", 1)):
        ledger.book(kind, points, at)
    ledger.book("earned", 80, at, "m2")
    ledger.book("taken", -9, at, None)
    ledger.book("adjusted", 25, at, "nobody we know")

    counts = ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)

    assert (counts.entries, counts.unread) == (7, 0)
    assert told(staging, NOW + DAY) == {
        "earned": 200,
        "redeemed": -500,
        "expired": -30,
        "added": 1,
        "taken": -9,
    }
    gold, none = (of_tier(staging, NOW + DAY, tier) for tier in ("Gold", ""))
    assert (gold["points_earned"], none["points_earned"]) == (120, 80)
    assert (gold["points_taken"], none["points_taken"]) == (0, -9)
    found = day(staging, NOW + DAY)
    assert (found.points_moved, found.points_unexplained) == (0, 338)


def test_the_first_read_begins_and_counts_nothing_of_before(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    keep(staging, NOW + DAY)

    assert day(staging, NOW).told == {}
    assert day(staging, NOW + DAY).told == dict.fromkeys(LedgerKind, 0)


def test_a_booking_counts_once_though_it_is_read_again_and_again(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    for hours in (24, 24.2, 24.4, 30, 48):
        at = NOW + hours * HOUR
        if hours < 25:
            ledger.book("earned", 10, at - timedelta(minutes=5))
        ledger.read(staging, at)
        keep(staging, at)

    assert told(staging, NOW + DAY) == {"earned": 30}
    assert told(staging, NOW + 2 * DAY) == {}


def test_one_that_shows_after_younger_ones_is_counted_on_the_day_of_reading(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    at = NOW + DAY
    ledger.book("earned", 1, at - timedelta(minutes=30))
    late, _ = ledger.book("earned", 10, at - timedelta(minutes=29)), ledger.bookings.pop()
    ledger.read(staging, at)
    keep(staging, at)

    assert late == ledger.book("earned", 10, at - timedelta(minutes=29))
    ledger.read(staging, at + DAY)
    keep(staging, at + DAY)

    assert (told(staging, at), told(staging, at + DAY)) == ({"earned": 1}, {"earned": 10})


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_read_that_is_killed_between_pages_counts_nothing_twice_and_leaves_nothing_out(
    ledger: ListedLedger, staging: Engine, page: int
) -> None:
    begin(ledger, staging)
    for _ in range(5):
        ledger.book("earned", 10, NOW + DAY - 2 * HOUR)
    ledger.dies_before = page
    with pytest.raises(KilledError):
        ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)
    assert day(staging, NOW + DAY).told == {}, "of a part nothing is claimed"

    ledger.dies_before = None
    ledger.read(staging, NOW + DAY + HOUR)
    keep(staging, NOW + DAY + HOUR)

    assert told(staging, NOW + DAY) == {"earned": 50}


def test_after_a_day_that_was_not_read_whole_the_next_one_claims_nothing(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    for _ in range(5):
        ledger.book("earned", 10, NOW + DAY - 2 * HOUR)
    ledger.dies_before = 1
    with pytest.raises(KilledError):
        ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)
    ledger.dies_before = None
    for days in (2, 3):
        ledger.book("earned", 1, NOW + days * DAY - 2 * HOUR)
        ledger.read(staging, NOW + days * DAY)
        keep(staging, NOW + days * DAY)

    assert [told(staging, NOW + days * DAY) for days in (1, 2, 3)] == [{}, {}, {"earned": 1}]
    assert day(staging, NOW + 2 * DAY).told == {}
    unexplained = day(staging, NOW + 2 * DAY)
    assert unexplained.points_unexplained == unexplained.points_moved


def test_what_takes_too_long_goes_on_or_begins_anew_with_a_gap(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    for _ in range(4):
        ledger.book("earned", 10, NOW + DAY - 2 * HOUR)
    with pytest.raises(LedgerTooLongError, match="Listed's ledger"):
        ledger.read(staging, NOW + DAY, most_s=-1.0)
    for hours in (25, 48, 72):
        ledger.book("earned", 1, NOW + (hours - 2) * HOUR)
        ledger.read(staging, NOW + hours * HOUR)
        keep(staging, NOW + hours * HOUR)

    days = [told(staging, NOW + days * DAY) for days in (1, 2, 3)]
    assert days == [{"earned": 41} if ledger.goes_on else {}, {"earned": 1}, {"earned": 1}]
    assert (day(staging, NOW + DAY).told == {}) != ledger.goes_on


def test_points_by_hand_are_not_adjusted_or_added_as_well(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    ours, theirs = uuid4().hex, uuid4().hex
    at = NOW + DAY - HOUR
    put(staging, applied(ours, amount=50, settled_at_utc=utc_text(at)))
    put(staging, applied(theirs, store="other", amount=3, settled_at_utc=utc_text(at)))
    for kind, points, award_id in (
        *(("adjusted", 50, ours), ("added", 50, ours)),
        *(("adjusted", 3, theirs), ("adjusted", -20, None)),
    ):
        ledger.book(kind, points, at)
        text = award_id and f"sorry for the wait [{marker_of(award_id)}]"
        ledger.bookings[-1] = replace(ledger.bookings[-1], marker_text=text)

    ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)

    assert told(staging, NOW + DAY) == {"adjusted": 3 - 20}
    assert day(staging, NOW + DAY).points_by_hand == 50


def test_where_ours_cannot_be_told_apart_nothing_by_hand_is_told(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    ledger.book("adjusted", 50, NOW + DAY - HOUR)
    ledger.book("earned", 5, NOW + DAY - HOUR)

    ledger.read(staging, NOW + DAY, tells_ours=False)
    keep(staging, NOW + DAY)

    found = day(staging, NOW + DAY).told
    assert (found[LedgerKind.EARNED], LedgerKind.ADJUSTED in found) == (5, False)


def test_a_kind_that_is_told_from_now_on_is_not_claimed_of_the_time_before(
    ledger: ListedLedger, staging: Engine
) -> None:
    ledger.read(staging, NOW, tells_ours=False)
    keep(staging, NOW)
    ledger.book("adjusted", 50, NOW + DAY - 4 * HOUR)
    ledger.read(staging, NOW + DAY - HOUR, tells_ours=False)
    for days, points in ((1, 7), (2, 5)):
        ledger.book("adjusted", points, NOW + days * DAY - HOUR / 2)
        ledger.read(staging, NOW + days * DAY)
        keep(staging, NOW + days * DAY)

    assert day(staging, NOW + DAY).told == {}
    assert told(staging, NOW + 2 * DAY) == {"adjusted": 5}


def test_where_no_ledger_is_listed_any_more_nothing_is_told(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    ledger.book("earned", 50, NOW + HOUR)
    ledger.read(staging, NOW + 2 * HOUR)

    forget_ledger(staging, STORE)
    keep(staging, NOW + DAY)

    assert day(staging, NOW + DAY).told == {}
    with staging.connect() as connection:
        assert connection.execute(select(func.count()).select_from(ledger_entries)).scalar() == 0


def test_a_kind_that_a_platform_does_not_tell_is_unknown_and_not_zero(
    ledger: ListedLedger, staging: Engine
) -> None:
    ledger.kinds = frozenset({LedgerKind.ADDED, LedgerKind.TAKEN})
    begin(ledger, staging)
    ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)

    assert set(day(staging, NOW + DAY).told) == {LedgerKind.ADDED, LedgerKind.TAKEN}


def test_what_was_taken_back_before_it_is_settled_moves_nothing(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    at = NOW + DAY
    ledger.book("earned", 90, at)
    ledger.read(staging, at)
    ledger.bookings[-1] = replace(ledger.bookings[-1], points=0)
    ledger.read(staging, at + HOUR / 2)
    keep(staging, at + HOUR / 2)

    assert told(staging, at) == {}


def test_what_is_forgotten_does_not_count_when_it_comes_again(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    ledger.book("earned", 10, NOW + DAY - 2 * HOUR)
    for days in range(1, 12):
        ledger.read(staging, NOW + days * DAY)
        keep(staging, NOW + days * DAY)
    with staging.connect() as connection:
        assert connection.execute(select(func.count()).select_from(ledger_entries)).scalar() == 0

    again = ledger.bookings[-1]
    ledger.bookings.append(replace(again, entry_id=str(int(again.entry_id) + 1)))
    for days in (12, 13):
        ledger.read(staging, NOW + days * DAY)
        keep(staging, NOW + days * DAY)

    assert told(staging, NOW + DAY) == {"earned": 10}
    assert [told(staging, NOW + days * DAY) for days in (12, 13)] == [{}, {}]


def test_a_long_time_without_a_sync_is_counted_as_a_whole(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)
    for days in (3, 20, 39):
        ledger.book("earned", 10, NOW + days * DAY)
    ledger.read(staging, NOW + 40 * DAY)
    keep(staging, NOW + 40 * DAY)
    keep(staging, NOW + 40 * DAY)  # a task that is cleared

    assert told(staging, NOW + 40 * DAY) == {"earned": 30}


def test_two_stores_with_the_same_ids_count_their_own(
    ledger: ListedLedger, staging: Engine
) -> None:
    other = replace(ledger, bookings=list(ledger.bookings))
    begin(ledger, staging)
    other.read(staging, NOW, "other")
    keep(staging, NOW, "other")
    ledger.book("earned", 1, NOW + DAY - HOUR)
    other.book("earned", 700, NOW + DAY - HOUR)
    other.read(staging, NOW + DAY, "other")
    ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)

    assert told(staging, NOW + DAY) == {"earned": 1}


def test_who_left_is_not_counted_and_rows_that_are_no_use_are_said(
    ledger: ListedLedger, staging: Engine
) -> None:
    begin(ledger, staging)
    with staging.begin() as connection:
        gone = members.update().values(gone_at_utc=utc_text(NOW))
        connection.execute(gone.where(members.c.member_id == "m1", members.c.store == STORE))
    ledger.book("earned", 10, NOW + DAY - HOUR)
    ledger.unread = ["points_diff"]

    counts = ledger.read(staging, NOW + DAY)
    keep(staging, NOW + DAY)

    assert (counts.entries, counts.unread) == (1, 1)
    assert told(staging, NOW + DAY) == {}
