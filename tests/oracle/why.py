"""What may be said of an order, from what was booked and what the platform's notes say it tells.

An answer is a word with a number of points, or one without. A booking is as in `movements`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.oracle.movements import Booking

NAMES_ORDERS = {"loyaltylion", "trifft", "trifft-otherwise"}
SHOWS_NOTHING_TAKEN_BACK = {"loyaltylion"}
"""Its rows never change, and in the stand-in what was taken back is gone."""
Said = set[tuple[str, int]]


def answers(
    account: str, order: str, people: Iterable[tuple[Mapping[str, Any], list[Booking]]]
) -> Said:
    """What is so for the customer's own member, the first of `people`, or else for another one."""
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
        and not one["revoked"]
    }
    if named:
        return named
    own = everybody[0][0] if everybody else {}
    about = {("guest", 0)} if own.get("status") == "guest" else set()
    about |= {("excluded", 0)} if own.get("status") == "excluded" else set()
    return about | {("nothing", 0) if everybody else ("not_known", 0)}


def _of(account: str, order: str, booked: list[Booking]) -> Said:
    mine = [one for one in booked if _is_for(account, order, one)]
    if account in SHOWS_NOTHING_TAKEN_BACK:
        mine = [one for one in mine if not one["revoked"]]
    there = [one for one in mine if not one["revoked"]]
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
