"""Whom a platform without a list of members is asked about, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from loyalty_desk.clock import utc_text
from loyalty_desk.staging.statements import statement
from tests.factories import NOW, STORE
from tests.sql.staged import Staged

GONE = utc_text(NOW)


def to_ask(staged: Staged, most: int = 10) -> list[tuple[Any, ...]]:
    binds = {
        "store": STORE,
        "asked_before_utc": utc_text(NOW - timedelta(hours=24)),
        "lookups": most,
    }
    rows = staged.connection.execute(statement("extract/select_customers_to_ask"), binds)
    return [(row.customer_id, row.email_key, row.member_id) for row in rows]


def asked(staged: Staged, customer_id: int, hours_ago: float) -> None:
    when = utc_text(NOW - timedelta(hours=hours_ago))
    binds = {"store": STORE, "customer_id": customer_id, "now_utc": when}
    staged.connection.execute(statement("extract/note_asked"), binds)


def test_customers_with_recent_tickets_and_an_address_are_asked_about(staged: Staged) -> None:
    staged.customer(1, "a")
    staged.customer(2, "b")
    staged.customer(3)  # no address
    staged.customer(4, "d", gone_at_utc=GONE)
    for customer_id in (1, 3, 4):
        staged.ticket(customer_id, customer_id)

    assert to_ask(staged) == [(1, "a", None)]


def test_a_staged_member_is_asked_by_id_unless_there_are_several(staged: Staged) -> None:
    staged.customer(1, "a")
    staged.customer(2, "b")
    staged.member("m1", "a")
    staged.member("m2", "b")
    staged.member("m3", "b")
    staged.member("m4", "a", gone_at_utc=GONE)
    staged.ticket(1, 1)
    staged.ticket(2, 2)

    assert [(one, member) for one, _, member in to_ask(staged)] == [(1, "m1"), (2, None)]


def test_nobody_is_asked_about_again_within_the_hours(staged: Staged) -> None:
    for customer_id, key in ((1, "a"), (2, "b"), (3, "c")):
        staged.customer(customer_id, key)
        staged.ticket(customer_id, customer_id)
    asked(staged, 1, hours_ago=1)
    asked(staged, 2, hours_ago=25)

    assert [one for one, *_ in to_ask(staged)] == [3, 2]
    asked(staged, 3, hours_ago=0)
    asked(staged, 2, hours_ago=0)
    assert to_ask(staged) == []


def at(minute: int) -> str:
    return utc_text(NOW + timedelta(minutes=minute))


def test_a_limit_takes_the_newest_tickets(staged: Staged) -> None:
    for customer_id, key in ((1, "a"), (2, "b"), (3, "c")):
        staged.customer(customer_id, key)
        staged.ticket(customer_id, customer_id, updated_at_utc=at(customer_id))

    assert [one for one, *_ in to_ask(staged, most=2)] == [3, 2]
