"""Tokens and stores: what opens the API, and what shows of another store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import Any
from urllib.parse import urlencode

from fastapi.routing import APIRoute
from sqlalchemy import Engine

from loyalty_desk.connect.tokens import revoke_token, token_id_of
from loyalty_desk.web.app import make_app
from tests.factories import LATER, STORE
from tests.http.api_client import AWARDS, MOUNT, OTHER_STORE, ApiClient, award_fields, new_token
from tests.http.awards_api.asking import (
    NO_AWARD,
    NO_TOKEN,
    Answer,
    rows,
    send_form,
    set_state,
    told,
)

OPEN = {"/api/v1/ready", "/api/v1/identity"}
"""They tell nobody more than whether this is the installation that asks, and whether it works."""
LET_IN_S = 0.5
"""How long a request that has begun takes to be let in."""


def test_every_route_wants_a_token(closed: ApiClient) -> None:
    """But for the desk's pages, whose rules are tested in `test_desk_rights`, and what is open."""
    app = make_app()
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert routes == app.routes, "say here how the new kind of route is closed"
    asked = [
        (method, re.sub(r"{[^}]*}", "x", route.path))
        for route in routes
        for method in route.methods
        if not route.path.startswith("/desk") and route.path not in OPEN
    ]
    statuses = {
        (method, path): closed.call(method, f"{MOUNT}{path}").status_code for method, path in asked
    }
    assert len(statuses) >= 3
    assert statuses == dict.fromkeys(asked, 401)


def test_what_is_no_token_in_use_is_refused_with_one_answer(
    closed: ApiClient, api: ApiClient, staging: Engine
) -> None:
    token, other, revoked = str(api.token), new_token(), new_token()
    with staging.begin() as connection:
        revoke_token(connection, STORE, token_id_of(revoked), LATER, revoked_by="eve")
    given = [
        *("", "Bearer", "Bearer ", token, f"Basic {token}", f"Token {token}", f"Bearer: {token}"),
        *(f"Bearer {NO_TOKEN}", f"Bearer {revoked}", f"Bearer {token[:-1]}", f"Bearer {token}x"),
        *(f"Bearer {token[:16]}{other[16:]}", f"Bearer {token[:16]}{'x' * 43}", "Bearer \xe9"),
        *(f"Bearer {token} {token}", f"Bearer {token}, {token}", f"Bearer {token.upper()}"),
        *("Bearer ld__", f"Bearer {token[3:]}", "Bearer ' OR 1=1 --", f"Bearer {'x' * 10_000}"),
    ]
    answers = [closed.award({"Authorization": header}) for header in given]
    answers.append(closed.award())
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.content for answer in answers}) == 1
    assert rows(staging) == []


def test_a_token_opens_whatever_the_case_of_its_scheme(closed: ApiClient) -> None:
    token = new_token()
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer "):
        assert closed.award({"Authorization": f"{scheme} {token}"}).status_code == 202


def test_a_token_revoked_between_two_requests_opens_nothing(
    api: ApiClient, staging: Engine
) -> None:
    assert api.award().status_code == 202
    with staging.begin() as connection:
        token_id = token_id_of(str(api.token))
        revoke_token(connection, STORE, token_id, LATER, revoked_by="eve")
    assert api.award(amount=51).status_code == 401


def test_a_token_revoked_while_its_request_comes_in_awards_nothing(
    api: ApiClient, staging: Engine
) -> None:
    """Whoever stole it may hold many requests open until then."""
    token = str(api.token)
    award_id = str(api.award(ticket_id=12).json()["id"])
    set_state(staging, award_id)

    def slowly(fields: dict[str, Any], hold: Barrier) -> Iterator[bytes]:
        content = json.dumps(fields).encode()
        yield content[:5]
        hold.wait()
        hold.wait()
        yield content[5:]

    asked = {
        AWARDS: award_fields(amount=7, ticket_id=13),
        f"{AWARDS}/{award_id}/reversal": {"agent": "eve", "note": "x"},
        f"{AWARDS}/take-back": {"agent": "ada", "ticket_id": 12},
    }
    hold = Barrier(len(asked) + 1)
    headers = {"Content-Type": "application/json"}
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = [
            pool.submit(api.call, "POST", path, data=slowly(fields, hold), headers=headers)
            for path, fields in asked.items()
        ]
        hold.wait()
        sleep(LET_IN_S)  # nobody is told that they were let in
        with staging.begin() as connection:
            revoke_token(connection, STORE, token_id_of(token), LATER, revoked_by="eve")
        hold.wait()
    assert [answer.result().status_code for answer in answers] == [401] * len(asked)
    assert [row.award_id for row in rows(staging)] == [award_id]


def test_another_store_is_unknown_whether_or_not_there_is_one(
    api: ApiClient, staging: Engine
) -> None:
    award_id = api.award().json()["id"]

    def answers(store: Any) -> list[Answer]:
        query = urlencode({"store": store})
        return [
            api.award(store=store),
            send_form(api, award_fields(store=store)),
            api.call("POST", f"{AWARDS}?{query}", json=award_fields()),
            api.call("GET", f"{AWARDS}/{award_id}?{query}"),
            api.call("POST", f"{AWARDS}/{award_id}/reversal?{query}", json={}),
            api.reverse(award_id, store=store),
        ]

    expected = told(answers("nowhere")[0])
    assert expected[0] == 404
    for store in (OTHER_STORE, "nowhere", "", "\x00", "ACME", [STORE], {"x": 1}, 7, True):
        assert [told(answer) for answer in answers(store)] == [expected] * 6
    assert len(rows(staging)) == 1


def test_an_award_of_another_store_is_not_found(api: ApiClient, staging: Engine) -> None:
    award_id = api.award().json()["id"]
    set_state(staging, award_id)
    stranger = api.of(OTHER_STORE)
    assert told(stranger.read(award_id)) == told(stranger.read(NO_AWARD))
    assert told(stranger.reverse(award_id)) == told(stranger.reverse(NO_AWARD))
    assert stranger.read(award_id).status_code == stranger.reverse(award_id).status_code == 404
    assert len(rows(staging)) == 1


def test_a_key_belongs_to_its_store(api: ApiClient) -> None:
    first = api.award(idempotency_key="k1").json()
    theirs = api.of(OTHER_STORE).award(idempotency_key="k1", amount=7)
    assert theirs.status_code == 202
    assert theirs.json()["id"] != first["id"]


def test_a_store_that_is_gone_or_whose_settings_are_wrong_is_not_found(
    api: ApiClient, staging: Engine
) -> None:
    award_id = api.award().json()["id"]
    for stores in ({OTHER_STORE: {}}, {STORE: {"colour": "red"}}, {}):
        api.set_stores(**stores)
        answers = [api.award(), api.read(award_id), api.reverse(award_id)]
        assert [answer.status_code for answer in answers] == [404] * 3
    (api.folder / "stores.yaml").unlink()
    assert api.award().status_code == 404
    assert len(rows(staging)) == 1
