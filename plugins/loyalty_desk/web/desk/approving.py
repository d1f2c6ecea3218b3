"""What an approver has to know of an award: for whom, where it leads, limits, what was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row

from loyalty_desk.awards.policy import Limit, find_limits, from_parts
from loyalty_desk.awards.queue import Door, awarded_today, midnight_utc
from loyalty_desk.awards.reversal import ERASED
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.desk.costs import MonthLeft, find_month_left

SHOWN: Final = 5
LOOKED_BACK: Final = timedelta(days=90)
"""How far back the agent's awards are looked for: nobody's are in an index of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The member's balance in the award's unit, as last read; what it comes to with this award.

    `waiting` is what other awards that are not booked yet change; it is part of `after`.
    """

    now: Decimal
    waiting: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """An award that waits for approval, as an approver sees it.

    `member` is None where nobody, or nobody alone, is known by what it was asked for. The award is
    part of what `limits` say is used when `is_counted`. Their day is one of UTC.
    """

    member: Row[Any] | None
    card: Mapping[str, Any]
    customers: list[Row[Any]]
    balance: Balance | None
    limits: list[Limit]
    is_counted: bool
    day_began_utc: str
    month: MonthLeft | None
    of_agent: list[Row[Any]]
    of_member: list[Row[Any]]


def load_outlook(
    connection: Connection, store: StoreSettings, award: Row[Any], now: datetime
) -> Outlook:
    """Read what there is to know of an award, by what staging holds."""
    member = _find_member(connection, store.name, award)
    card: Mapping[str, Any] = orjson.loads(member.card) if member else {}
    binds = {"store": store.name, "member_ids": [member.member_id] if member else []}
    return Outlook(
        member=member,
        card=card,
        customers=all_rows(connection, "desk/people/find_customers_of_members", binds),
        balance=_find_balance(connection, store.name, award, member, card),
        limits=_find_limits(connection, store, award, now),
        is_counted=award.reverses is None and award.queued_at_utc >= midnight_utc(now),
        day_began_utc=midnight_utc(now),
        month=find_month_left(connection, store, now, {Unit(award.unit): award.amount}),
        of_agent=load_others_by(connection, store.name, award.agent, now, award_id=award.award_id),
        of_member=_awards_of(connection, store.name, award, member),
    )


def load_others_by(
    connection: Connection,
    store: str,
    agent: str,
    now: datetime,
    *,
    award_id: str = "",
    batch_id: str = "",
) -> list[Row[Any]]:
    """An agent's newest awards but for the one, or those of the batch, that is decided about."""
    since = {"since_utc": utc_text(now - LOOKED_BACK)}
    but_for = {"award_id": award_id, "batch_id": batch_id}
    return all_rows(
        connection,
        "desk/awards/select_awards_by",
        {"store": store, "agent": agent, **since, **but_for},
    )


def all_rows(connection: Connection, name: str, binds: Mapping[str, Any]) -> list[Row[Any]]:
    return list(connection.execute(statement(name), binds).all())


def _find_member(connection: Connection, store: str, award: Row[Any]) -> Row[Any] | None:
    """The member by the id that the award has or its limits go by, else whoever has the address."""
    ids = [award.member_id or award.subject]
    if award.member_id is None and award.email == award.subject:
        binds = {"store": store, "email_key": award.email}
        holders = all_rows(connection, "desk/people/find_members_by_key", binds)
        ids = [one.member_id for one in holders if one.gone_at_utc is None]
    if len(ids) != 1:
        return None
    binds = {"store": store, "member_id": ids[0]}
    return connection.execute(statement("desk/people/select_member"), binds).first()


def _find_balance(
    connection: Connection,
    store: str,
    award: Row[Any],
    member: Row[Any] | None,
    card: Mapping[str, Any],
) -> Balance | None:
    known = card.get(f"{award.unit}_balance")
    if member is None or known is None:
        return None
    unit = Unit(award.unit)
    binds = {"store": store, "member_id": member.member_id, "unit": unit.value}
    waiting = connection.execute(
        statement("awards/approval/sum_waiting"), {**binds, "award_id": award.award_id}
    ).scalar_one()
    changes = from_parts(int(waiting), unit)
    now = Decimal(str(known)) + from_parts(0, unit)  # with the decimals of the unit
    after = now + changes + from_parts(award.amount, unit)
    return Balance(now=now, waiting=changes, after=after)


def _find_limits(
    connection: Connection, store: StoreSettings, award: Row[Any], now: datetime
) -> list[Limit]:
    """The limits of a day; of a batch not the agent's, on which it does not count."""
    unit = Unit(award.unit)
    today = awarded_today(
        connection, store.name, now, agent=award.agent, subject=award.subject, unit=unit
    )
    left_out = {f"max_{unit}_per_award"}
    if award.door == Door.BATCH:
        left_out.add(f"max_{unit}_per_agent_per_day")
    limits = find_limits(unit, today, store.awards)
    return [one for one in limits if one.setting not in left_out]


def _awards_of(
    connection: Connection, store: str, award: Row[Any], member: Row[Any] | None
) -> list[Row[Any]]:
    """The person's newest other awards, by every name that they may have been asked for."""
    names = [award.subject, award.member_id, award.email]
    names += [member.member_id, member.email_key] if member else []
    subjects = [one for one in dict.fromkeys(names) if one and one != ERASED]
    binds = {"store": store, "subjects": subjects}
    found = all_rows(connection, "desk/awards/select_awards_of", binds)
    return [one for one in found if one.award_id != award.award_id][:SHOWN]
