"""The list of mismatches: filters, words, order and pages, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair, Subject
from loyalty_desk.mismatches.listing import MismatchFilter, Side, Status, load_page, read_filter
from loyalty_desk.staging import mismatch_schema
from tests.factories import NOW, STORE
from tests.sql.staged import Staged

TRICKS = ["'; DROP TABLE mismatches; --", "%", "\0", "../../etc", "9" * 40, "٣", "a@b@c", " OR 1=1"]


@pytest.fixture
def listed(staging: Engine) -> Engine:
    """Customers 1 to 4 and member m9; the first is the newest, the third came back twice."""
    with staging.begin() as connection:
        staged = Staged(connection)
        rows = [
            ("customer", "1", "customer_not_found", 0, 0, None),
            ("customer", "2", "ambiguous", 1, 0, None),
            ("customer", "3", "customer_not_found", 2, 2, None),
            ("customer", "4", "no_email", 3, 0, NOW),
            ("member", "m9", "ambiguous", 4, 0, None),
        ]
        for side, subject_id, outcome, days, returned, settled in rows:
            connection.execute(
                mismatch_schema.mismatches.insert().values(
                    store=STORE,
                    side=side,
                    subject_id=subject_id,
                    outcome=outcome,
                    opened_at_utc=utc_text(NOW - timedelta(days=days)),
                    settled_at_utc=utc_text(settled) if settled else None,
                    returned=returned,
                )
            )
        for customer_id in (1, 2, 3, 4):
            staged.customer(
                customer_id, f"c{customer_id}@example.test", name=f"Customer {customer_id}"
            )
        staged.member("m9", "m9@example.test", card='{"name":"Ada Byron"}')
        for ticket_id in (51, 52):
            staged.ticket(ticket_id, 3)
        staged.ticket(41, 2)
        for member_id, score in (("m9", 0.95), ("m8", 0.5)):
            connection.execute(
                mismatch_schema.suggestions.insert().values(
                    store=STORE,
                    customer_id=3,
                    member_id=member_id,
                    score=score,
                    reasons='["external_id"]',
                )
            )
    return staging


def ids(engine: Engine, query: dict[str, str], **options: object) -> list[str]:
    with engine.begin() as connection:
        page = load_page(connection, STORE, read_filter(query), NOW, **options)  # type: ignore[arg-type]
    return [row.subject.id for row in page.rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["1", "2", "3", "m9"]),
        ({"status": "all"}, ["1", "2", "3", "4", "m9"]),
        ({"status": "settled"}, ["4"]),
        ({"side": "member"}, ["m9"]),
        ({"class": "ambiguous"}, ["2", "m9"]),
        ({"suggested": "1"}, ["3"]),
        ({"sort": "oldest"}, ["m9", "3", "2", "1"]),
        ({"sort": "surest"}, ["3", "1", "2", "m9"]),
        ({"sort": "tickets"}, ["3", "2", "1", "m9"]),
        ({"sort": "returned"}, ["3", "1", "2", "m9"]),
        ({"q": "2"}, ["2"]),
        ({"q": "m9"}, ["m9"]),
        ({"q": "52"}, ["3"]),
        ({"q": " C1@EXAMPLE.test "}, ["1"]),
        ({"q": "m9@example.test"}, ["m9"]),
        ({"q": "nobody@example.test"}, []),
        ({"q": "4"}, []),
        ({"class": "matched", "status": "all"}, []),
        # What cannot be meant is as if it were not there.
        (
            {"status": "'", "sort": "x", "side": "admin", "class": "1=1", "page": "-1"},
            ["1", "2", "3", "m9"],
        ),
    ],
)
def test_the_list_is_what_was_asked_for(
    listed: Engine, query: dict[str, str], expected: list[str]
) -> None:
    assert ids(listed, query) == expected


@pytest.mark.parametrize("words", TRICKS)
def test_words_are_never_more_than_words(listed: Engine, words: str) -> None:
    assert ids(listed, {"q": words}) in ([], ids(listed, {}))
    assert ids(listed, {}) == ["1", "2", "3", "m9"]


def test_pages_follow_each_other_and_say_how_many_there_are(listed: Engine) -> None:
    with listed.begin() as connection:
        pages = [
            load_page(connection, STORE, MismatchFilter(page=number), NOW, most=3)
            for number in (1, 2, 3)
        ]
    assert [[row.subject.id for row in page.rows] for page in pages] == [
        ["1", "2", "3"],
        ["m9"],
        [],
    ]
    assert [page.found for page in pages] == [4, 4, 4]


def test_a_row_says_who_it_is_and_who_it_may_be(listed: Engine) -> None:
    with listed.begin() as connection:
        [row] = load_page(connection, STORE, MismatchFilter(words="3"), NOW, min_score=0.6).rows
    assert (row.name, row.email, row.tickets, row.newest_ticket_id, row.returned) == (
        *("Customer 3", "c3@example.test"),
        *(2, 52, 2),
    )
    assert (row.suggested_member_id, row.suggested_name, row.score) == ("m9", "Ada Byron", 0.95)


def test_what_is_not_sure_enough_or_was_refused_is_not_suggested(listed: Engine) -> None:
    assert ids(listed, {"suggested": "1"}, min_score=0.96) == []
    with listed.begin() as connection:
        decisions.refuse(connection, STORE, [Pair(3, "m9")], "ada", NOW)
        [row] = load_page(connection, STORE, MismatchFilter(words="3"), NOW).rows
    assert row.suggested_member_id == "m8"


def test_what_is_ignored_is_listed_as_such_until_its_end(listed: Engine) -> None:
    until = NOW + timedelta(days=1)
    with listed.begin() as connection:
        subject = Subject("customer", "1")
        decisions.ignore(connection, STORE, [subject], "ada", NOW, reason="tests", until=until)
    assert ids(listed, {}) == ["2", "3", "m9"]
    assert ids(listed, {"status": "ignored"}) == ["1"]
    with listed.begin() as connection:
        later = load_page(connection, STORE, read_filter({}), until)
    assert later.found == 4


@pytest.mark.parametrize(
    "query",
    [
        *({"status": status} for status in Status),
        *({"side": side} for side in Side),
        *({"q": words} for words in ("3", "52", "c1@example.test", "m9@example.test", "nobody")),
        {"class": "ambiguous"},
        {"suggested": "1"},
    ],
)
def test_what_is_counted_is_what_is_listed(listed: Engine, query: dict[str, str]) -> None:
    with listed.begin() as connection:
        page = load_page(connection, STORE, read_filter(query), NOW)
        beyond = load_page(connection, STORE, read_filter({**query, "page": "2"}), NOW)

    assert (page.found, beyond.found) == (len(page.rows), len(page.rows))
    assert beyond.rows == []
