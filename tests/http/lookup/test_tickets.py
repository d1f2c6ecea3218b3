"""Tickets of lookups: kept for the report when nobody was found, and never waited for."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.staging.lookup_schema import lookups_not_found
from tests.http.api_client import ApiClient, forget_settings
from tests.http.lookup.asking import EMAIL, LOOKUP, NOBODY, set_lookup
from tests.waiting import wait_until

LIMIT_OF_THREADS = 40
"""How many functions a server of Starlette's runs at once."""


def missed(staging: Engine) -> list[tuple[int, int | None, str]]:
    """Tickets whose lookup found nobody, as the report has them."""
    with staging.connect() as connection:
        rows = connection.execute(lookups_not_found.select()).all()
    return [(row.ticket_id, row.customer_id, row.outcome) for row in rows]


@pytest.mark.parametrize("is_whole", [False, True], ids=["form of connect", "whole ticket"])
def test_a_ticket_whose_lookup_found_nobody_is_in_the_mismatches(
    api: ApiClient, staging: Engine, *, is_whole: bool
) -> None:
    form = {"email": NOBODY, "ticket_id": 4711, "customer_id": 70}
    ticket = {"id": 4711, "customer": {"id": 70, "email": NOBODY}}

    assert api.call("POST", LOOKUP, json=ticket if is_whole else form).status_code == 200

    wait_until(lambda: missed(staging))
    assert missed(staging) == [(4711, 70, "customer_not_found")]


def test_a_ticket_without_an_address_is_there_too(api: ApiClient, staging: Engine) -> None:
    api.call("POST", LOOKUP, json={"email": "", "ticket_id": 4711})

    wait_until(lambda: missed(staging))
    assert missed(staging) == [(4711, None, "no_email")]


def test_a_member_s_ticket_is_not(api: ApiClient, staging: Engine, staged: str) -> None:
    for ticket, email in ((4711, EMAIL), (4712, NOBODY)):
        api.call("POST", LOOKUP, json={"email": email, "ticket_id": ticket})

    wait_until(lambda: missed(staging))  # one after the other
    assert missed(staging) == [(4712, None, "customer_not_found")]


def test_a_lookup_that_cannot_be_noted_is_answered(
    api: ApiClient, staging: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with staging.begin() as connection:
        connection.execute(text("DROP TABLE lookups_not_found"))

    answer = api.call("POST", LOOKUP, json={"email": NOBODY, "ticket_id": 4711})

    assert (answer.status_code, answer.json()["status"]) == (200, "customer_not_found")
    wait_until(lambda: "a lookup is not noted" in caplog.text)
    assert NOBODY not in caplog.text


def test_what_waited_longer_than_a_statement_does_is_kept_all_the_same(
    api: ApiClient, staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if staging.dialect.name == "postgresql":
        pytest.skip("a row is waited for without a limit")
    monkeypatch.setattr("loyalty_desk.staging.engine.BUSY_TIMEOUT_S", 0.1)
    forget_settings()  # the next connection waits so long
    with staging.begin():
        api.call("POST", LOOKUP, json={"email": NOBODY, "ticket_id": 4711})
        time.sleep(0.3)  # the time itself: it is refused twice at least

    wait_until(lambda: missed(staging))


def test_a_lookup_waits_for_no_writer_and_is_noted_after_it(
    api: ApiClient, staging: Engine, staged: str
) -> None:
    set_lookup(api, deadline_s=0)
    tickets = range(1, 2 * LIMIT_OF_THREADS)
    with staging.begin() as writing:
        writing.execute(text("DELETE FROM lookups_not_found"))
        if writing.dialect.name == "postgresql":
            writing.execute(text("LOCK TABLE lookups_not_found IN EXCLUSIVE MODE"))
        answers = [
            api.call("POST", LOOKUP, json={"email": NOBODY, "ticket_id": ticket})
            for ticket in tickets
        ]
        known = api.call("POST", LOOKUP, json={"email": EMAIL, "ticket_id": len(tickets) + 1})

    assert {answer.json()["status"] for answer in answers} == {"customer_not_found"}
    assert known.json()["points_balance"] == 800
    wait_until(lambda: len(missed(staging)) == len(tickets))
