"""Which tickets an incident is about, and what each person behind them is to have: as asked for.

No I/O, no clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from loyalty_desk.awards.requests import (
    OWN_KEY,
    AwardFieldsError,
    AwardRequest,
    FieldReader,
    read_request,
)
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Unit
from loyalty_desk.settings.award_settings import AwardSettings

GIFT_FIELDS: Final = ("amount", "unit", "reason", "note", "message")
CHOICE_FIELDS: Final = ("tag", "view_id", "channel", "first_day", "last_day")
FIELDS: Final = ("incident", *CHOICE_FIELDS, *GIFT_FIELDS)

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
VIEW_ID: Final = re.compile(r"[1-9][0-9]{0,17}")
NOBODY: Final = "-"
"""Whom a gift is for before it is known who has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which tickets: those that are all that is said. The times are when a ticket was made.

    With a `view_id` Gorgias tells them, else they are those that syncs have read.
    """

    tag: str | None = None
    view_id: int | None = None
    channel: str | None = None
    from_utc: str | None = None
    until_utc: str | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What a manager asks for. `gift` is what each member has: it names nobody yet."""

    name: str
    choice: Choice
    gift: AwardRequest

    def award_for(self, member_id: str, ticket_id: int, number: int) -> AwardRequest:
        """The award of one member. `number` tells it from those that this incident had before: by
        its id alone a member may be somebody else, after a change of the platform.
        """
        return replace(
            self.gift,
            member_id=member_id,
            ticket_id=ticket_id,
            idempotency_key=f"{OWN_KEY}{self.name}:{number}:{member_id}",
        )


def read_incident(
    fields: Mapping[str, Any],
    settings: AwardSettings,
    units: Collection[Unit],
    *,
    agent: str,
    time_zone: str,
) -> Incident:
    """Read what was asked for; days are those of the store's time zone.

    Raises:
        AwardFieldsError: with every field that is wrong, not only the first.
    """
    reader = FieldReader(fields, FIELDS)
    name = (reader.text("incident") or "").lower()
    if not NAME.fullmatch(name):
        reader.problem("incident", "must be letters, digits and hyphens, such as late-parcels-11")
    choice = _read_choice(reader, ZoneInfo(time_zone))
    problems = dict(reader.problems)
    gift = None
    told = {field: fields[field] for field in GIFT_FIELDS if fields.get(field) not in (None, "")}
    try:
        gift = read_request({**told, "member_id": NOBODY, "agent": agent}, settings, units)
        if gift.amount < 0:
            problems["amount"] = "must be above 0: an incident gives"
    except AwardFieldsError as error:
        problems |= error.problems
    if problems or gift is None:
        raise AwardFieldsError(problems)
    return Incident(name=name, choice=choice, gift=gift)


def _read_choice(reader: FieldReader, zone: ZoneInfo) -> Choice:
    view = reader.text("view_id")
    if view is not None and not VIEW_ID.fullmatch(view):
        reader.problem("view_id", "must be the number of a view, as it stands in its address")
        view = None
    first, last = _read_day(reader, "first_day"), _read_day(reader, "last_day")
    if first and last and last < first:
        reader.problem("last_day", "must not be before the first day")
    tag, channel = reader.text("tag"), reader.text("channel")
    if not (tag or view or channel or first or last) and not reader.problems:
        reader.problem("tag", "choose tickets by a tag, a view, a channel or days")
    return Choice(
        tag=tag,
        view_id=int(view) if view else None,
        channel=channel,
        from_utc=_begin_of(first, zone) if first else None,
        until_utc=_begin_of(last + timedelta(days=1), zone) if last else None,
    )


def _read_day(reader: FieldReader, field: str) -> date | None:
    text = reader.text(field)
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = None
        reader.problem(field, "must be a day such as 2026-11-30")
    if day is not None and not date(2000, 1, 1) <= day < date(2200, 1, 1):
        reader.problem(field, "must be a day such as 2026-11-30")
        return None
    return day


def _begin_of(day: date, zone: ZoneInfo) -> str:
    return utc_text(datetime.combine(day, time(), zone).astimezone(UTC))
