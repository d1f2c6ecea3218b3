"""A small store in which all is well, and single rows to spoil it with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table

from loyalty_desk.card.cards import card_json, fingerprint, member_card
from loyalty_desk.clock import utc_text
from loyalty_desk.records import MemberStatus
from loyalty_desk.staging import schema
from tests.factories import NOW, STORE

RUN = "scheduled__2026-03-02T09:30:00+00:00"
EARLIER = utc_text(NOW - timedelta(days=1))
CARD = member_card(
    "m1", MemberStatus.MEMBER, {"points_balance": 100, "points_expire_on": "2027-01-31"}
)


def member_row(member_id: str, **values: Any) -> dict[str, Any]:
    return {
        "store": STORE,
        "member_id": member_id,
        "email_key": f"{member_id}@shop.example",
        "email_state": "valid",
        "status": "member",
        "points_balance": 100,
        "tier_rank": 0,
        "card": card_json(CARD),
        "card_fingerprint": fingerprint(CARD),
        "changed_at_utc": EARLIER,
        **values,
    }


def customer_row(customer_id: int, **values: Any) -> dict[str, Any]:
    return {
        "store": STORE,
        "customer_id": customer_id,
        "email_key": f"m{customer_id}@shop.example",
        "email_state": "valid",
        "updated_at_utc": EARLIER,
        "read_at_utc": EARLIER,
        **values,
    }


def change_row(customer_id: int, **values: Any) -> dict[str, Any]:
    return {
        "store": STORE,
        "run_id": RUN,
        "customer_id": customer_id,
        "destination": "customer_data",
        "member_id": f"m{customer_id}",
        "outcome": "matched",
        "kind": "new",
        "fingerprint": fingerprint(CARD),
        "priority": 0,
        "state": "planned",
        "attempts": 0,
        "changed_at_utc": EARLIER,
        **values,
    }


def ledger_row(customer_id: int, **values: Any) -> dict[str, Any]:
    return {
        "store": STORE,
        "customer_id": customer_id,
        "destination": "customer_data",
        "fingerprint": fingerprint(CARD),
        "is_member": True,
        "version_utc": EARLIER,
        "pushed_at_utc": EARLIER,
        **values,
    }


def fill_healthy(engine: Engine) -> None:
    """Customers 1 and 2 are members m1 and m2, 3 is nobody, 4 is gone, 5 has a link to m55.

    Member m33 never wrote. The plan has a change for 1; 2 was pushed before.
    """
    with engine.begin() as connection:
        members = [member_row(name) for name in ("m1", "m2", "m33", "m55")]
        customers = [customer_row(number) for number in (1, 2, 3, 4, 5)]
        customers[3]["gone_at_utc"] = EARLIER
        insert(connection, schema.runs, run_row(RUN, "running", NOW))
        insert(connection, schema.members, *members)
        insert(connection, schema.customers, *customers)
        insert(connection, schema.links, link_row(5, "m55"))
        insert(
            connection,
            schema.matches,
            match_row(1, "m1"),
            match_row(2, "m2"),
            match_row(5, "m55", rule="link"),
        )
        insert(
            connection,
            schema.unmatched_customers,
            unmatched("customer_id", 3, "customer_not_found"),
            unmatched("customer_id", 4, "merged_or_deleted"),
        )
        insert(
            connection,
            schema.unmatched_members,
            unmatched("member_id", "m33", "member_not_in_gorgias"),
        )
        insert(connection, schema.changes, change_row(1), change_row(2, state="done"))
        insert(connection, schema.pushed_cards, ledger_row(2))


def run_row(run_id: str, state: str, started_at: Any) -> dict[str, Any]:
    return {
        "store": STORE,
        "run_id": run_id,
        "state": state,
        "params": "{}",
        "started_at_utc": utc_text(started_at),
    }


def link_row(customer_id: int, member_id: str) -> dict[str, Any]:
    return {
        "store": STORE,
        "customer_id": customer_id,
        "member_id": member_id,
        "confirmed_by": "a manager",
        "confirmed_at_utc": EARLIER,
    }


def match_row(customer_id: int, member_id: str, rule: str = "email") -> dict[str, Any]:
    return {"store": STORE, "customer_id": customer_id, "member_id": member_id, "rule": rule}


def unmatched(column: str, value: object, outcome: str) -> dict[str, Any]:
    return {"store": STORE, column: value, "outcome": outcome, "since_utc": EARLIER}


def counter_row(run_id: str, name: str, value: float) -> dict[str, Any]:
    return {"store": STORE, "run_id": run_id, "name": name, "value": value}


def insert(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    for row in rows:
        connection.execute(table.insert(), row)
