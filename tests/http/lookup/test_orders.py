"""The order API, asked as a helpdesk would ask it, with Rivo behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.records import Opens
from loyalty_desk.staging import schema
from loyalty_desk.staging.kept_out import EMAIL as EMAIL_KEY
from loyalty_desk.staging.kept_out import MEMBER, keep_out
from sandbox.running import Sandbox
from tests.factories import STORE, customer
from tests.http.api_client import API, ApiClient
from tests.http.lookup.asking import EMAIL, NOBODY, stage

ORDER = f"{API}/order"
NAMED = "A movement names 1042 in its text: +120 points on"


def ask(api: ApiClient, **query: str) -> dict[str, Any]:
    answer = api.call("GET", ORDER, params={"email": EMAIL, "order": "1042", **query})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def book(sandbox: Sandbox, member_id: str, **entry: Any) -> None:
    path = f"members/{member_id}/ledger"
    sandbox.control("rivo", "POST", path, {"points": 120, "title": "Order #1042", **entry})


def test_an_order_is_answered_in_words_and_in_a_word(
    api: ApiClient, sandbox: Sandbox, staged: str
) -> None:
    book(sandbox, staged)

    content = ask(api, order="#1042")

    assert content == api.call("POST", ORDER, json={"email": EMAIL, "order": "#1042"}).json()
    assert content["order"] == "1042"
    assert content["found"] == ["named"]
    assert content["answer"].startswith(NAMED)


def test_who_is_not_staged_yet_is_asked_for_by_the_address(
    api: ApiClient, sandbox: Sandbox, member_id: str
) -> None:
    book(sandbox, member_id)

    assert ask(api)["found"] == ["named"]
    assert ask(api, order="1043")["found"] == ["nothing"]
    assert ask(api, email=NOBODY)["found"] == ["not_known"]
    assert ask(api, email="")["found"] == ["nobody_to_ask"]


def test_a_further_address_of_the_customer_is_asked_for_too(
    api: ApiClient, sandbox: Sandbox, staging: Engine, staged: str
) -> None:
    further = "mira.holm@shop.example"
    fields = {"email": further, "first_name": "Mira"}
    other = str(sandbox.control("rivo", "POST", "members", fields)["id"])
    book(sandbox, other)
    stage(staging, customers=(customer(7, email=EMAIL),))
    with staging.begin() as connection:
        channel = {"store": STORE, "customer_id": 7, "email_key": further}
        connection.execute(schema.customer_channels.insert().values(**channel))

    content = ask(api)

    assert content["found"] == ["named"]
    assert f"That is member {other}, by the address {further}," in content["answer"]


def test_a_platform_that_is_away_is_an_answer_too(
    api: ApiClient, sandbox: Sandbox, staged: str
) -> None:
    rule = {"effect": "status", "method": "GET", "route": "*", "count": 5}
    sandbox.control("rivo", "POST", "faults", rule)

    content = ask(api)

    assert content["found"] == ["not_told"]
    assert content["answer"] == "The programme does not answer now. Try again in a minute."


@pytest.mark.parametrize(
    ("query", "field"), [({"order": " # "}, "order"), ({"day": "3 Nov"}, "day")], ids=str
)
def test_a_question_that_is_none_is_refused(
    api: ApiClient, query: dict[str, str], field: str
) -> None:
    params = {"email": EMAIL, "order": "1042", **query}

    answer = api.call("GET", ORDER, params=params)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_it_takes_a_token_for_lookups(api: ApiClient) -> None:
    asked = {"params": {"email": EMAIL, "order": "1042"}}

    named = {"json": {"email": EMAIL, "order": "1042", "store": "other"}}
    assert api.call("POST", ORDER, **named).status_code == 404
    assert api.of(STORE, Opens.AWARDS).call("GET", ORDER, **asked).status_code == 403
    assert replace(api, token="ld_nobody_x").call("GET", ORDER, **asked).status_code == 401


@pytest.mark.parametrize("kind", [MEMBER, EMAIL_KEY])
def test_of_who_was_erased_nothing_is_told(
    api: ApiClient, sandbox: Sandbox, staging: Engine, member_id: str, kind: str
) -> None:
    book(sandbox, member_id)
    value = member_id if kind == MEMBER else EMAIL
    with staging.begin() as connection:
        keep_out(connection, STORE, [(kind, value)], utc_now())

    assert ask(api)["found"] == ["not_known"]
