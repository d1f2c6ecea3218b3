"""Awards as rows of staging, for tests of the report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.staging.award_schema import awards
from tests.factories import LATER, NOW, STORE
from tests.sql.quality_rows import insert

ADA = "ada@shop.example"


def award_row(award_id: str, **values: Any) -> dict[str, Any]:
    """50 points for Ada, refused an hour before the report as nobody has her e-mail."""
    return {
        "store": STORE,
        "award_id": award_id,
        "idempotency_key": award_id,
        "content_hash": award_id,
        "email": ADA,
        "subject": values.get("email", ADA) or values["member_id"],
        "unit": "points",
        "amount": 50,
        "reason": "gesture",
        "agent": "eve",
        "door": "http",
        "state": "refused",
        "detail": "customer_not_found",
        "queued_at_utc": utc_text(NOW - timedelta(days=40)),
        "sends": 0,
        "settled_at_utc": utc_text(NOW),
        **values,
    }


def applied(award_id: str = "applied", **values: Any) -> dict[str, Any]:
    return award_row(
        award_id,
        **{
            "state": "applied",
            "detail": None,
            "member_id": "m1",
            "settled_at_utc": utc_text(LATER),
            **values,
        },
    )


def put(engine: Engine, *rows: dict[str, Any]) -> None:
    with engine.begin() as connection:
        insert(connection, awards, *rows)
