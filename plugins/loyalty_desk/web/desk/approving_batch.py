"""What an approver has to know of a batch: for whom, what it leads to, limits, what stands out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import Connection, Row

from loyalty_desk.awards.ceilings import find_way_limit
from loyalty_desk.awards.policy import Limit, from_parts, to_parts
from loyalty_desk.awards.queue import Door, midnight_utc
from loyalty_desk.awards.reversal import ERASED, REASON
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.load import chunks
from loyalty_desk.web.desk.approving import LOOKED_BACK, all_rows, load_others_by
from loyalty_desk.web.desk.costs import Outlay, load_outlay

if TYPE_CHECKING:
    from loyalty_desk.goodwill.outliers import Outlier, Rule

SHOWN: Final = 10
"""People whom the page names, those with the largest amounts."""
MOST_LOOKED_INTO: Final = 2_000
"""People whose earlier awards are looked into: the page is to be there at once."""
Sums = Counter[tuple[str, str]]
_NOT_BOOKED: Final = frozenset({AwardState.NEEDS_APPROVAL, AwardState.REFUSED, AwardState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of the largest awards that wait. `now` and `after` are None where nobody tells.

    `after` is with all that they have of this batch, and with `waiting`, which is what their other
    awards that are not booked yet change.
    """

    award: Row[Any]
    name: str
    now: Decimal | None
    waiting: Decimal
    after: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """Awards of the batch that are far above its median: how many, that median and the largest."""

    count: int
    middle: Decimal
    largest: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutlook:
    """A batch that waits for approval, as an approver sees it.

    `standing` counts the awards by whom they are for; `repeated` has who is in it more than once;
    `looked_into` is for how many people earlier awards were looked at. What stays of the limits is
    less the batch itself, if it `is_counted`.
    """

    waiting: int
    people: Sequence[Person]
    standing: Mapping[str, int]
    reasons: Mapping[str, int]
    below_zero: int
    outlay: Outlay
    limits: Sequence[tuple[Unit, Limit]]
    is_counted: bool
    day_began_utc: str
    of_agent: Sequence[Row[Any]]
    repeated: Mapping[str, int]
    unusual: Sequence[Unusual]
    outliers: Sequence[Outlier]
    rules: Mapping[Rule, str]
    looked_into: int


def load_batch_outlook(
    connection: Connection, store: StoreSettings, awards: Sequence[Row[Any]], now: datetime
) -> BatchOutlook:
    """Read what there is to know of a batch of which something waits, by what staging holds."""
    first = awards[0]
    binds = {"store": store.name, "batch_id": first.batch_id}
    rows = all_rows(connection, "desk/awards/select_members_of_batch", binds)
    added, before = _parts(rows), _parts([one for one in awards if one.state not in _NOT_BOOKED])
    beside = all_rows(connection, "desk/awards/select_waiting_beside_batch", binds)
    others = [(row.subject, row.unit, row.waiting) for row in beside]
    waiting = _sums(others)
    gained = _sums([*others, *((row.subject, row.unit, row.amount) for row in rows)])
    times, day = Counter(row.subject for row in rows if row.subject != ERASED), midnight_utc(now)
    outliers, rules = _find_outliers(connection, store, first.agent, list(times), now)
    return BatchOutlook(
        waiting=len(rows),
        people=[_person(row, waiting, gained) for row in rows[:SHOWN]],
        standing=Counter(_standing(row) for row in rows),
        reasons=Counter(row.reason for row in rows),
        below_zero=sum(
            balance + gained[who, Unit.POINTS.value] < 0 for who, balance in _points(rows).items()
        ),
        outlay=load_outlay(connection, store, now, before=before, added=added),
        limits=[
            (unit, find_way_limit(connection, store, unit, now, door=Door.BATCH, since_utc=day))
            for unit in added
        ],
        is_counted=first.reason != REASON and first.queued_at_utc >= day,
        day_began_utc=day,
        of_agent=load_others_by(connection, store.name, first.agent, now, batch_id=first.batch_id),
        repeated={who: count for who, count in times.most_common() if count > 1},
        unusual=[one for unit in added for one in _find_unusual(rows, unit)],
        outliers=outliers,
        rules=rules,
        looked_into=min(len(times), MOST_LOOKED_INTO),
    )


def _parts(rows: Sequence[Row[Any]]) -> Counter[Unit]:
    found = Counter[Unit]()
    for row in rows:
        found[Unit(row.unit)] += row.amount
    return found


def _sums(changes: Iterable[tuple[str, str, int]]) -> Sums:
    """What each gains in all, by subject and unit and in parts."""
    found = Sums()
    for who, unit, parts in changes:
        found[who, unit] += parts
    return found


def _points(rows: Sequence[Row[Any]]) -> dict[str, int]:
    """The points of those who are to have points, where they are told."""
    return {
        row.subject: row.points_balance
        for row in rows
        if row.unit == Unit.POINTS and row.points_balance is not None
    }


def _person(row: Row[Any], waiting: Sums, gained: Sums) -> Person:
    card: Mapping[str, Any] = orjson.loads(row.card) if row.card else {}
    known = card.get(f"{row.unit}_balance")
    unit = Unit(row.unit)
    now = None if known is None else from_parts(to_parts(Decimal(str(known)), unit), unit)
    after = None if now is None else now + from_parts(gained[row.subject, row.unit], unit)
    return Person(
        award=row,
        name=str(card.get("name") or ""),
        now=now,
        waiting=from_parts(waiting[row.subject, row.unit], unit),
        after=after,
    )


def _standing(row: Row[Any]) -> str:
    """Whom an award is for, in a word."""
    if row.member_id is None:
        return "not known here"
    return "gone" if row.gone_at_utc else str(row.status)


def _find_unusual(rows: Sequence[Row[Any]], unit: Unit) -> list[Unusual]:
    """The awards far above the batch's median, by the measure that outliers have."""
    from loyalty_desk.goodwill.outliers import ENOUGH_TO_COMPARE, FAR_ABOVE  # noqa: PLC0415 - pandas

    amounts = [abs(row.amount) for row in rows if row.unit == unit]
    middle = round(median(amounts))
    above = [one for one in amounts if one > FAR_ABOVE * middle]
    if len(amounts) < ENOUGH_TO_COMPARE or not above:
        return []
    return [
        Unusual(
            count=len(above),
            middle=from_parts(middle, unit),
            largest=from_parts(max(above), unit),
            unit=unit,
        )
    ]


def _find_outliers(
    connection: Connection, store: StoreSettings, agent: str, subjects: list[str], now: datetime
) -> tuple[list[Outlier], Mapping[Rule, str]]:
    """What the rules of goodwill find among all that these people were awarded lately.

    Agents are compared among all customers there, so that rule tells nothing here.
    """
    import pandas as pd  # noqa: PLC0415 - slow to import, and only for who approves

    from loyalty_desk.goodwill.outliers import OF_AGENTS, RULES, Rule, find_outliers  # noqa: PLC0415

    given = [
        (row.subject, row.agent, row.unit, row.amount, 0, 0)
        for some in chunks(subjects[:MOST_LOOKED_INTO])
        for row in all_rows(
            connection,
            "desk/awards/select_given_to",
            {
                "store": store.name,
                "subjects": some,
                "since_utc": utc_text(now - LOOKED_BACK),
            },
        )
    ]
    columns = ["subject", "agent", "unit", "amount", "takes_back", "taken_back"]
    lines = {
        unit: None if above is None else to_parts(Decimal(above), unit)
        for unit in Unit
        for above in [getattr(store.awards, f"approval_above_{unit}")]
    }
    found = find_outliers(pd.DataFrame(given, columns=columns), lines)
    told = [
        one
        for one in found
        if one.rule != Rule.AGENT and (one.rule not in OF_AGENTS or one.who == agent)
    ]
    return told, RULES
