"""A year of awards by hand in staging: most of them booked, the rest queued just now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from benchmarks import people
from loyalty_desk.awards.queue import Door, insert_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.statements import statement

DAYS: Final = 365
AGENTS, TIERS, TAGS = 40, ("", "Silver", "Gold", "Platinum"), ("damaged", "late", "refund", "shoes")
REASONS: Final = ("gesture", "delay", "damaged")
CHUNK: Final = 5_000
BATCH: Final = "b" * 32


def fill_awards(
    connection: Connection,
    store: StoreSettings,
    now: datetime,
    *,
    queued: int,
    booked: int,
    in_batch: int,
) -> str:
    """Queue awards as the product does, and copy the first as booked ones over the year before.

    Returns one of those that wait for approval as the batch `BATCH`.
    """
    for number in range(queued):
        _queue(connection, store, now, number, agent=_agent(number))
    for number in range(in_batch):
        last = _queue(connection, store, now, number, door=Door.BATCH, batch_id=BATCH)
    one = dict(connection.execute(select(schema.awards).limit(1)).mappings().one())
    rows = list(_booked(one, now, booked))
    for first in range(0, len(rows), CHUNK):
        connection.execute(schema.awards.insert(), rows[first : first + CHUNK])
    days = [
        _liability(store.name, now - timedelta(days=day), tier)
        for day in range(DAYS)
        for tier in TIERS
    ]
    connection.execute(statement("goodwill/liability/insert_day"), days)
    return last


def _queue(
    connection: Connection,
    store: StoreSettings,
    now: datetime,
    number: int,
    *,
    agent: str = "lead@shop.example",
    door: Door = Door.HTTP,
    batch_id: str | None = None,
) -> str:
    member_id = str(people.FIRST_MEMBER + number)
    fields = {"amount": "5", "reason": "gesture", "agent": agent, "member_id": member_id}
    request = read_request(fields, store.awards)
    queued = insert_award(
        connection, store, request, now, door=door, subject=member_id, batch_id=batch_id
    )
    return queued.award_id


def _booked(one: dict[str, Any], now: datetime, booked: int) -> Iterator[dict[str, Any]]:
    for number in range(booked):
        at = utc_text(now - timedelta(days=DAYS) * (number + 1) / booked)
        member_id = str(people.FIRST_MEMBER + number % 100_000)
        yield {
            **one,
            "award_id": f"booked-{number:08}",
            "idempotency_key": f"booked-{number:08}",
            "state": AwardState.APPLIED,
            "amount": 5 + number % 200,
            "agent": _agent(number * 7),
            "reason": REASONS[number % len(REASONS)],
            "member_id": member_id,
            "subject": member_id,
            "queued_at_utc": at,
            "settled_at_utc": at,
            "sends": 1,
            "member_tier": TIERS[number % len(TIERS)],
            "ticket_tags": f'["{TAGS[number % len(TAGS)]}", "{TAGS[number // 3 % len(TAGS)]}"]',
        }


def _agent(number: int) -> str:
    return f"agent{number % AGENTS}@shop.example"


def _liability(store: str, day: datetime, tier: str) -> dict[str, Any]:
    held = {"members": 1_000, "members_told": 1_000, "points": 500_000, "points_pending": 0}
    rest = {"credits": None, "points_by_hand": 10, "credits_by_hand": 0, "currency": None}
    of = {"store": store, "day": f"{day:%Y-%m-%d}", "tier": tier, "taken_at_utc": utc_text(day)}
    before = f"{day - timedelta(days=1):%Y-%m-%d}"
    told = {"points_earned": 900, "points_redeemed": -500, "points_expired": -40}
    untold = dict.fromkeys(("points_adjusted", "points_added", "points_taken"))
    ledger = {"ledger_since_utc": utc_text(day - timedelta(days=DAYS)), **told, **untold}
    return {**of, **held, **rest, **ledger, "since_day": before, "point_value_millionths": 10_000}
