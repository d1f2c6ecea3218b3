"""What the platform tells of the members that somebody may be, for a person who compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from loyalty_desk.http.deadline import Deadline
from loyalty_desk.lookup.asking import WAIT_S, asking_of
from loyalty_desk.lookup.orders import MOST_ASKED, OF_EVERYBODY, Suspect, ask_about
from loyalty_desk.lookup.problems import PROBLEMS, Problem
from loyalty_desk.lookup.why import Asked
from loyalty_desk.records import MovementKind
from loyalty_desk.settings.stores_file import StoreSettings

_ENDS_IT: Final = OF_EVERYBODY - {Problem.TELLS_NONE}
"""Why nobody else need be asked: who tells no movements may still tell when somebody joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was told of one member, as of now. None: not told.

    `orders` are those with movements, of those that were read: there are more of them where not
    `is_whole`. `problem` says why movements were not told.
    """

    joined_on: date | None = None
    last_at_utc: str | None = None
    orders: int | None = None
    is_whole: bool = True
    problem: str = ""


def hear_of(store: StoreSettings, member_ids: Sequence[str]) -> Mapping[str, Heard]:
    """Ask about the first few members, within a few seconds in all; by member id."""
    asking, deadline = asking_of(store), Deadline.after(WAIT_S)
    heard: dict[str, Heard] = {}
    problem: Problem | None = None
    for member_id in member_ids[:MOST_ASKED]:
        if problem in _ENDS_IT:
            heard[member_id] = Heard(problem=PROBLEMS[problem])
            continue
        suspect = Suspect(identifier=member_id, is_other=False)
        asked = ask_about(store, asking, suspect, deadline)
        problem = asked.problem
        heard[member_id] = _heard(asked)
    return heard


def _heard(asked: Asked) -> Heard:
    problem = asked.problem
    if problem is None and asked.member_id is None:
        problem = Problem.ANOTHERS
    if problem is not None:
        return Heard(joined_on=asked.joined_on, problem=PROBLEMS[problem])
    ordered = [one for one in asked.movements if one.kind is MovementKind.ORDER]
    return Heard(
        joined_on=asked.joined_on,
        last_at_utc=max((one.at_utc for one in asked.movements if one.at_utc), default=None),
        # A platform that names no orders tells one movement for each.
        orders=len({one.order or one.movement_id for one in ordered}),
        is_whole=asked.is_whole,
    )
