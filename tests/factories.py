"""Valid records; a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from loyalty_desk.clock import utc_text
from loyalty_desk.records import Customer, Member, MemberStatus, Ticket
from loyalty_desk.settings.stores_file import StoreSettings

STORE = "acme"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def member(member_id: str = "m1", **values: Any) -> Member:
    """A member with e-mail `<member_id>@shop.example` and a balance of 100 points."""
    return Member(
        **{
            "member_id": member_id,
            "email": f"{member_id}@shop.example",
            "status": MemberStatus.MEMBER,
            "card": {"name": "Ada Example", "points_balance": 100, "tier": "Gold"},
            "tier_rank": 2,
            **values,
        }
    )


def customer(customer_id: int = 1, **values: Any) -> Customer:
    """A customer with e-mail `m<customer_id>@shop.example` and no data in Gorgias."""
    return Customer(
        **{
            "customer_id": customer_id,
            "email": f"m{customer_id}@shop.example",
            "name": "Ada Example",
            "external_id": None,
            "updated_at_utc": utc_text(NOW - timedelta(days=1)),
            "data": {},
            **values,
        }
    )


def ticket(ticket_id: int = 1, **values: Any) -> Ticket:
    """An open ticket of customer 1, updated a day ago."""
    return Ticket(
        **{
            "ticket_id": ticket_id,
            "customer_id": 1,
            "status": "open",
            "updated_at_utc": utc_text(NOW - timedelta(days=1)),
            **values,
        }
    )


def store_settings(**values: Any) -> StoreSettings:
    """The settings of store `acme` on Rivo, with every default."""
    return StoreSettings.model_validate({"name": STORE, "platform": "rivo", **values})
