"""What may be said of an order, and of the last movements, from what was booked and what the
platform's notes say it tells.

An answer is a word with a number of points, or one without. A booking is as in `movements`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.oracle.movements import Booking, Line

NAMES_ORDERS = {"loyaltylion", "trifft", "trifft-otherwise"}
SHOWS_NOTHING_TAKEN_BACK = {"loyaltylion"}
"""Its rows never change, and in the stand-in what was taken back is gone."""
KINDS = {"reward": " reward", "by_hand": " by hand", "expiry": " expired"}
Said = set[tuple[str, int]]


def answers(
    account: str,
    order: str,
    people: Iterable[tuple[Mapping[str, Any], list[Booking]]],
    ordered_on: date | None = None,
) -> Said:
    """What is so for the customer's own member, the first of `people`, or else for another one.

    Of the own one `joined` may be told, the day.
    """
    everybody = list(people)
    if account in NAMES_ORDERS:
        for _, booked in everybody:
            if said := _of(account, order, booked):
                return said
    named = {
        ("named", one["points"])
        for _, booked in everybody
        for one in booked
        if order in (one["title"] or "").lower().replace("#", " ").split()
        and account in {"rivo", "smile"}
        and not _is_gone(one)
        and (one["points"] or account == "rivo")
    }
    if named:
        return named
    own, booked = everybody[0] if everybody else ({}, [])
    about = {("guest", 0)} if own.get("status") == "guest" else set()
    about |= {("excluded", 0)} if own.get("status") == "excluded" else set()
    if ordered_on is not None:
        about |= _around(account, ordered_on, own.get("joined"), booked)
    return about | {("nothing", 0) if everybody else ("not_known", 0)}


def _around(account: str, ordered_on: date, joined: date | None, booked: Iterable[Booking]) -> Said:
    """What is so of the day: before joining by more than zones differ, or points soon after."""
    day = timedelta(days=1)
    said = {("before_joining", 0)} if joined and ordered_on + day < joined else set()
    if account in NAMES_ORDERS:
        return said
    return said | {
        ("near", one["points"])
        for one in booked
        if not _is_gone(one)
        and one["points"] > 0
        and ordered_on <= _day_of(one) <= ordered_on + 2 * day
    }


def last_line(newest_first: Sequence[Line], pending: int | None = None) -> str:
    """The line on the card: three movements that stand, and what waits; `pending` by the card."""
    stands = [one for one in newest_first if not one["is_revoked"]]
    parts = []
    for one in [one for one in stands if one["points"] != 0][:3]:
        ours = (one["staff_note"] or "").startswith("ld:")
        order = "" if ours or not one["order"] else f" for order {one['order'].removeprefix('#')}"
        parts.append(f"{one['points']:+,}{order or KINDS.get(one['kind'], '')} on {_on(one['at'])}")
    waiting = [one for one in stands if one["pending"]]
    total = sum(one["pending"] for one in waiting) if pending is None else pending
    if total > 0:
        days = {one["pending_until"] for one in waiting}
        [until] = days if len(days) == 1 else [None]
        until_day = f" until {_on(date.fromisoformat(until))}" if until else ""
        parts.append(f"{total:,} pending{until_day}")
    return "Last: " + "; ".join(parts) if parts else ""


def _on(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def _of(account: str, order: str, booked: list[Booking]) -> Said:
    mine = [one for one in booked if _is_for(account, order, one)]
    if account in SHOWS_NOTHING_TAKEN_BACK:
        mine = [one for one in mine if not _is_gone(one)]
    there = [one for one in mine if not _is_gone(one)]
    given = sum(one["points"] for one in mine if one["points"] > 0)
    waits = sum(one["points"] for one in there if one["pending"])
    has = sum(one["points"] for one in there if not one["pending"])
    said = {("booked", has)} if has > 0 else set()
    said |= {("pending", waits)} if waits > 0 else set()
    if mine and not said:
        said = {("taken_back", given)} if given else {("taken", -has)}
    return said


def _is_for(account: str, order: str, one: Booking) -> bool:
    if one["points"] == 0:
        return False
    if account == "loyaltylion":
        is_activity = one["source"] == "order_placed" and one["order"]
        return bool(is_activity) and order in {str(one["order"][0]), one["order"][1].lstrip("#")}
    own_id = one["foreign_id"] or (one["order"] or (0, ""))[1].lstrip("#")
    return bool(own_id == order)


def _is_gone(one: Booking) -> bool:
    return bool(one["revoked"] or one["hidden"])


def _day_of(one: Booking) -> date:
    return datetime.fromtimestamp(one["applied_us"] / 1e6, UTC).date()
