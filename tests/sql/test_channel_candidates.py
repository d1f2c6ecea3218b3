"""Whose further addresses are read follows the order of the match, however things stood before."""

from __future__ import annotations

import pytest

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.staging import schema
from loyalty_desk.staging.statements import statement
from tests.factories import NOW, STORE
from tests.sql.staged import Staged, match, pairs

GONE = utc_text(NOW)


def candidates(staged: Staged, guest_status: str = "member") -> list[int]:
    binds = {"store": STORE, "guest_status": guest_status, "lookups": 9}
    binds["now_utc"] = utc_text(utc_now())
    found = staged.connection.execute(statement("extract/select_channel_candidates"), binds)
    return list(found.scalars())


NO_CARD = [
    pytest.param({"gone_at_utc": GONE}, id="left"),
    pytest.param({"status": "excluded"}, id="excluded"),
    pytest.param({"status": "erased"}, id="erased"),
    pytest.param({"status": "guest"}, id="a guest"),
]


@pytest.mark.parametrize("who", NO_CARD)
@pytest.mark.parametrize("by", ["link", "primary address"])
def test_a_member_who_may_have_no_card_settles_nothing(
    staged: Staged, who: dict[str, str], by: str
) -> None:
    staged.customer(7, "seven")
    staged.ticket(70, 7)
    staged.member("x", "seven" if by == "primary address" else "other", **who)
    if by == "link":
        staged.link(7, "x")
    staged.member("a", "further")

    assert candidates(staged) == [7]
    staged.channel(7, "further")
    match(staged, include_guests=False)
    assert pairs(staged) == [(7, "a", "channel")]


@pytest.mark.parametrize("by", ["link", "primary address"])
def test_a_member_who_may_have_one_settles_it(staged: Staged, by: str) -> None:
    staged.customer(7, "seven")
    staged.ticket(70, 7)
    staged.member("m", "seven" if by == "primary address" else "other", status="guest")
    if by == "link":
        staged.link(7, "m")

    assert candidates(staged, "guest") == []
    assert candidates(staged, "member") == [7]


def test_one_member_of_several_with_the_address_who_may_have_one_settles_it(
    staged: Staged,
) -> None:
    staged.customer(7, "seven")
    staged.ticket(70, 7)
    staged.member("x", "seven", status="excluded")
    staged.member("m", "seven")

    assert candidates(staged) == []


def test_who_was_read_since_the_last_change_is_not_read_again(staged: Staged) -> None:
    later = utc_text(utc_now())
    staged.customer(7, "seven", channels_read_at_utc=later)
    staged.ticket(70, 7)
    staged.member("x", "seven", status="excluded")

    assert candidates(staged) == []


def test_who_changed_in_the_future_is_read_once_and_not_in_every_run(staged: Staged) -> None:
    ahead = "2099-01-01T00:00:00.000000Z"
    staged.customer(7, "seven", updated_at_utc=ahead)
    staged.ticket(70, 7)
    assert candidates(staged) == [7]

    staged.update(schema.customers, {"customer_id": 7}, channels_read_at_utc=utc_text(utc_now()))
    assert candidates(staged) == []
