"""Which awards the report lists, and which are done with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.report.awards import load_awards
from loyalty_desk.staging import schema
from tests.factories import LATER, NOW, STORE
from tests.sql.award_rows import ADA, applied, award_row, put
from tests.sql.quality_rows import customer_row, insert, match_row, member_row


def ids(engine: Engine, now: datetime = LATER, **options: Any) -> list[str]:
    with engine.connect() as connection:
        found = load_awards(connection, STORE, now, **{"most": 100, **options})
    return [award.award_id for award in found.rows]


def test_only_refused_and_unknown_awards_are_listed_the_newest_first(staging: Engine) -> None:
    put(
        staging,
        award_row("old", settled_at_utc=utc_text(NOW - timedelta(days=3))),
        award_row("new"),
        award_row("unknown", state="unknown", settled_at_utc=utc_text(NOW - timedelta(days=1))),
        *(
            award_row(state, state=state, email=f"{state}@shop.example")
            for state in ("applied", "rejected", "queued", "applying", "needs_approval", "approved")
        ),
    )

    assert ids(staging) == ["new", "unknown", "old"]


def test_an_award_is_listed_for_thirty_days(staging: Engine) -> None:
    put(staging, award_row("a"))

    assert ids(staging, NOW + timedelta(days=30)) == ["a"]
    assert ids(staging, NOW + timedelta(days=30, seconds=1)) == []


def test_awards_of_another_store_neither_show_nor_count(staging: Engine) -> None:
    put(
        staging,
        award_row("ours"),
        award_row("theirs", store="other"),
        applied("theirs-applied", store="other"),
    )
    with staging.begin() as connection:
        insert(connection, schema.customers, customer_row(7, store="other", email_key=ADA))
        insert(connection, schema.matches, {**match_row(7, "m7"), "store": "other"})

    with staging.connect() as connection:
        found = load_awards(connection, STORE, LATER, most=5)

    assert [(row.award_id, row.customer_id, row.member_id) for row in found.rows] == [
        ("ours", None, None)
    ]
    assert found.count == 1


def test_an_award_whose_address_several_customers_have_is_listed_once(staging: Engine) -> None:
    put(staging, award_row("a"))
    with staging.begin() as connection:
        gone = customer_row(6, email_key=ADA, gone_at_utc=utc_text(NOW))
        same = [customer_row(number, email_key=ADA) for number in (9, 8)]
        insert(connection, schema.customers, gone, *same)
        insert(connection, schema.matches, match_row(9, "m1"))

    with staging.connect() as connection:
        found = load_awards(connection, STORE, LATER, most=5)

    assert [(row.customer_id, row.member_id) for row in found.rows] == [(8, "m1")]
    assert found.count == 1


def test_no_more_are_listed_than_asked_for_but_all_are_counted(staging: Engine) -> None:
    put(staging, *(award_row(str(number)) for number in range(5)))

    with staging.connect() as connection:
        found = load_awards(connection, STORE, LATER, most=2)

    assert ([row.award_id for row in found.rows], found.count) == (["0", "1"], 5)


def test_a_refused_award_goes_when_a_later_one_for_the_same_address_was_applied(
    staging: Engine,
) -> None:
    put(staging, award_row("refused"), applied(amount=20, subject="m1"))

    assert ids(staging) == []


def test_a_refused_award_goes_when_the_member_with_that_address_got_one(staging: Engine) -> None:
    put(staging, award_row("refused"), applied(email=None))
    with staging.begin() as connection:
        insert(connection, schema.members, member_row("m1", email_key=ADA))

    assert ids(staging) == []


def test_a_refused_award_goes_when_the_member_linked_to_the_customer_got_one(
    staging: Engine,
) -> None:
    put(staging, award_row("refused"), applied(email=None))
    with staging.begin() as connection:
        insert(connection, schema.members, member_row("m1", email_key="ada@home.example"))
        insert(connection, schema.customers, customer_row(7, email_key=ADA))
        insert(connection, schema.matches, match_row(7, "m1", rule="link"))

    assert ids(staging) == []


def test_a_refused_award_for_a_members_id_goes_when_that_member_got_one_by_e_mail(
    staging: Engine,
) -> None:
    put(staging, award_row("refused", email=None, member_id="m1"), applied())

    assert ids(staging) == []


def test_an_award_applied_earlier_or_to_somebody_else_hides_nothing(staging: Engine) -> None:
    put(
        staging,
        award_row("refused"),
        applied("earlier", settled_at_utc=utc_text(NOW - timedelta(hours=1))),
        applied("other", email="bob@shop.example"),
        applied("by-id", email=None),
    )

    assert ids(staging) == ["refused"]


def test_an_unknown_award_stays_whatever_was_applied_since(staging: Engine) -> None:
    put(staging, award_row("unknown", state="unknown", detail="x", member_id="m1"), applied())

    assert ids(staging) == ["unknown"]


def test_what_the_platform_refused_goes_only_when_its_like_was_applied(staging: Engine) -> None:
    put(
        staging,
        award_row("same", amount=50, detail="the platform answered 422"),
        award_row("more", amount=51, detail="the platform answered 422"),
        award_row("money", unit="credits", detail="the platform answered 422"),
        applied(amount=50),
    )

    assert ids(staging) == ["money", "more"]
