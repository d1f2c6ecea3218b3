"""Awards of this month and what members held, for the desk's page of goodwill."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.goodwill.liability import keep_liability
from loyalty_desk.records import LedgerKind
from loyalty_desk.settings.stores_file import stores_file
from tests.factories import STORE
from tests.sql.award_rows import applied, put
from tests.sql.listed_ledger import ListedLedger

FORMULA = "=1+1"
ADA, EVE, JOAN = "ada@shop.example", "eve@shop.example", "joan"


def fill_movement(engine: Engine, days: int) -> None:
    """Some days of what moved and why, up to today, as a platform would tell that tells all."""
    ledger, now, dice = ListedLedger(), utc_now(), random.Random(5)
    for ago in range(days, -1, -1):
        at = now - timedelta(days=ago)
        for kind in LedgerKind:
            sign = -1 if kind in {LedgerKind.REDEEMED, LedgerKind.EXPIRED, LedgerKind.TAKEN} else 1
            if ago < days:
                ledger.book(kind, sign * dice.randint(0, 900), at - timedelta(minutes=1))
        ledger.read(engine, at)
        with engine.begin() as connection:
            keep_liability(connection, stores_file().get(STORE), at)


def fill_goodwill(engine: Engine) -> datetime:
    """Write it; returns the time of all awards, a minute ago, but in this month."""
    now = utc_now()
    at = max(now - timedelta(minutes=1), now.replace(day=1, hour=0, minute=0, second=0))
    with engine.begin() as connection:
        for days in (1, 0):
            keep_liability(connection, stores_file().get(STORE), at - timedelta(days=days))
    rows: list[dict[str, Any]] = [
        {"agent": ADA, "amount": 100, "member_tier": "Gold", "ticket_tags": '["shoes"]'},
        {"agent": ADA, "amount": 60, "member_tier": "", "ticket_tags": "[]"},
        {"agent": EVE, "amount": 30, "reason": "late_delivery"},
        {"agent": JOAN, "amount": 250, "unit": "credits", "reason": FORMULA},
        {"agent": JOAN, "amount": -60, "reverses": "g1"},
        {"agent": EVE, "amount": 7_777, "state": "unknown"},
    ]
    for number, row in enumerate(rows):
        values = {"member_id": "m2", "email": None, **row}
        put(engine, applied(f"g{number}", **values, settled_at_utc=utc_text(at)))
    return at
