"""Who may do what: every route of the application, each with everybody who may come by.

The table is made from the application's own routes, so a route without a rule fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.http.transport import Transport
from loyalty_desk.records import Opens
from loyalty_desk.staging.schema import METADATA
from loyalty_desk.web import forms
from loyalty_desk.web.access import AwardingStore, LookupStore
from loyalty_desk.web.app import make_app
from loyalty_desk.web.forms import FIELD, read_form
from loyalty_desk.web.rights import Needs, Right, administers
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.airflow_users import cookie_of
from tests.http.api_client import MOUNT, new_token
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import ADA, GRACE

MAY = {
    "viewer": {Right.SEE},
    "agent": {Right.SEE, Right.AWARD},
    "switcher": {Right.SEE, Right.UNPAUSE},
    "manager": {Right.SEE, Right.AWARD, Right.SETTLE, Right.APPROVE},
    "admin": set(Right),
}
OPEN_TO_ANYBODY = {"/desk-static/{name}", "/api/v1/ready", "/api/v1/identity"}
ASKS_ITSELF = {"/desk"}
"""Shows to each user the stores that they may see."""
SIGNED = {"/api/v1/webhooks/{platform}/{store_name}"}
TOKEN_ENDPOINTS = {
    "/api/v1/awards",
    "/api/v1/awards/{award_id}",
    "/api/v1/awards/{award_id}/reversal",
    "/api/v1/awards/take-back",
    "/api/v1/lookup",
    "/api/v1/order",
}
VALUES = {
    "store": STORE,
    "side": "customer",
    "subject_id": str(ADA),
    "customer_id": str(GRACE),
    "award_id": "a1",
    "batch_id": "b1",
    "form": "csv",
    "token_id": "t1",
    "run_id": "scheduled__1",
    "file": "report.html",
    "path": "match/index.html",
    "name": "desk.css",
    "platform": "rivo",
    "store_name": STORE,
}
ROUTES = [route for route in make_app().routes if isinstance(route, APIRoute)]
PAGES = [route for route in ROUTES if route.path.startswith("/desk/")]


def calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)


def right_of(route: APIRoute) -> Right | None:
    asked = list(calls(route.dependant))
    rights = {call.right for call in asked if isinstance(call, Needs)}
    if administers in asked:  # of no store: for who may set one up
        rights.add(Right.SET_UP)
    assert len(rights) <= 1
    return next(iter(rights), None)


def address(route: APIRoute, store: str = STORE) -> str:
    return f"{MOUNT}{route.path.replace(':path', '').format(**{**VALUES, 'store': store})}"


def cases() -> list[Any]:
    return [
        pytest.param(route, method, id=f"{method} {route.path}")
        for route in PAGES
        for method in sorted(route.methods or ())
    ]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.methods} {route.path}")
def test_every_route_has_a_rule_and_every_form_its_guard(route: APIRoute) -> None:
    if route.path in OPEN_TO_ANYBODY | ASKS_ITSELF | SIGNED:
        assert right_of(route) is None
        return
    if route.path in TOKEN_ENDPOINTS:
        endpoints = {access.__metadata__[0].dependency for access in (AwardingStore, LookupStore)}
        assert endpoints & set(calls(route.dependant))
        return
    assert right_of(route) is not None, "a page asks for a right"
    if route.methods != {"GET"}:
        assert read_form in set(calls(route.dependant)), "a form is read by `OwnForm`"
        assert right_of(route) is not Right.SEE, "nothing is changed by who may only look"


@pytest.mark.parametrize(("route", "method"), cases())
def test_a_page_is_for_who_has_its_right_and_for_nobody_else(
    one_desk: DeskClient, route: APIRoute, method: str
) -> None:
    needed, path = right_of(route), address(route)
    found: dict[str, int] = {}
    for name, rights in MAY.items():
        client = one_desk.as_user(name)
        fields = {FIELD: client.token()} if method == "POST" else None
        found[name] = client.call(method, path, data=fields).status_code
        if "{store}" in route.path:
            elsewhere = client.call(method, address(route, "other"), data=fields).status_code
            assert name == "admin" or elsewhere == 404, "another store is as unknown as none"
        if needed in rights:
            assert found[name] not in {401, 403}, f"{name} may"
            assert found[name] < 500
        else:
            assert found[name] == 403, f"{name} may not"


@pytest.mark.parametrize(("route", "method"), cases())
def test_nobody_gets_in_without_being_logged_in(
    one_desk: DeskClient, route: APIRoute, method: str
) -> None:
    expired = cookie_of("admin", lives_s=-60)
    tokens = [new_token(STORE, endpoint) for endpoint in Opens] + [new_token("other")]
    strangers: list[dict[str, str]] = [{}, *({"Authorization": f"Bearer {one}"} for one in tokens)]
    path = address(route)

    answers = [one_desk.call(method, path, headers=headers) for headers in strangers]
    answers.append(replace(one_desk, cookie=expired).call(method, path))
    answers.append(replace(one_desk, cookie="no token at all").call(method, path))

    for answer in answers:
        assert answer.status_code in {303, 401, 403}
        if answer.status_code == 303:
            assert method == "GET"
            assert "/auth/login" in answer.headers["location"]
        assert STORE not in answer.text


@pytest.mark.parametrize(
    ("route", "method"),
    [
        pytest.param(route, method, id=f"{method} {route.path}")
        for route in ROUTES
        if route.path in TOKEN_ENDPOINTS
        for method in sorted(route.methods or ())
    ],
)
def test_an_endpoint_opens_to_its_token_alone(
    one_desk: DeskClient, route: APIRoute, method: str
) -> None:
    path = address(route)
    for name in MAY:
        assert one_desk.as_user(name).call(method, path).status_code == 401, "no cookie opens it"
    assert (
        replace(one_desk, cookie=cookie_of("admin", lives_s=-60)).call(method, path).status_code
        == 401
    )
    assert one_desk.call(method, path).status_code == 401
    opens, other = Opens.AWARDS, Opens.LOOKUP
    if route.path.endswith(("lookup", "order")):
        opens, other = other, opens
    found = [
        one_desk.call(method, path, headers={"Authorization": f"Bearer {token}"}).status_code
        for token in (new_token(STORE, other), new_token("other", opens), new_token(STORE, opens))
    ]
    assert found[0] == 403, "a token of another endpoint"
    assert found[1] not in {401, 403, 500}, "another store's token looks into that store alone"
    assert found[2] not in {401, 403, 500}
    body = one_desk.call(
        method, path, headers={"Authorization": f"Bearer {new_token('other', opens)}"}
    ).text
    assert "Ada" not in body


@pytest.mark.parametrize(
    ("name", "status"), [("nobody", 303), ("viewer", 303), ("agent", 303), ("admin", 200)]
)
def test_the_first_page_and_the_files_are_for_whom_they_are(
    one_desk: DeskClient, name: str, status: int
) -> None:
    client = one_desk if name == "nobody" else one_desk.as_user(name)

    first = client.call("GET", DESK)

    assert first.status_code == status
    if name == "nobody":
        assert "/auth/login" in first.headers["location"]
    assert client.call("GET", f"{DESK}-static/desk.css").status_code == 200
    assert client.call("GET", f"{DESK}-static/..%2Fapp.py").status_code == 404


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, set_connection: SetConnection) -> list[str]:
    """What was asked of Gorgias or of a platform, and is not answered."""
    for conn_id in (f"gorgias_{STORE}", f"rivo_{STORE}"):
        set_connection(conn_id, host="https://away.example", login="eve", password="x")
    found: list[str] = []

    def send(_: Transport, method: str, path: str, *__: Any, **___: Any) -> Any:
        found.append(f"{method} {path}")
        raise ApiUnavailableError("nobody answers in a test")

    monkeypatch.setattr(Transport, "send", send)
    return found


def test_whoever_may_only_look_asks_gorgias_and_the_platform_nothing(
    one_desk: DeskClient, sent: list[str]
) -> None:
    viewer = one_desk.as_user("viewer")
    asked = {
        route.path: viewer.call("GET", address(route), params={"now": "1"}).status_code
        for route in PAGES
        if "GET" in route.methods
    }

    assert sent == []
    assert asked["/desk/{store}/customers/{customer_id}"] == 403
    assert "Read Gorgias now" not in viewer.get(f"/customers/{GRACE}").text


@pytest.mark.parametrize("name", ["agent", "manager", "admin"])
def test_whoever_may_do_more_asks_gorgias_from_a_page_of_ours(
    one_desk: DeskClient, sent: list[str], name: str
) -> None:
    client, path = one_desk.as_user(name), f"{DESK}/{STORE}/customers/{GRACE}"
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert "Read Gorgias now" in client.call("GET", path).text
    assert client.call("GET", f"{path}?now=1", headers=elsewhere).status_code == 200
    assert sent == []

    assert client.call("GET", f"{path}?now=1").status_code == 502
    assert sent == [f"GET /api/customers/{GRACE}"]


@pytest.mark.parametrize("route", [one for one in ROUTES if "GET" in one.methods])
def test_no_redirect_leads_to_the_host_that_a_request_names(
    one_desk: DeskClient, route: APIRoute
) -> None:
    foreign = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    path = address(route)
    answers = [
        client.call("GET", one, headers=foreign)
        for client in (one_desk, one_desk.as_user("agent"))
        for one in (path, f"{path}/", f"{path}?q=x", f"{path}/?q=x")
    ]

    found = [answer.headers["location"] for answer in answers if answer.is_redirect]
    assert found or route.path in OPEN_TO_ANYBODY | TOKEN_ENDPOINTS
    assert [one for one in found if "evil" in one or not one.startswith("/")] == []


@pytest.mark.parametrize("route", [one for one in PAGES if one.methods == {"POST"}])
def test_a_form_of_another_site_or_user_changes_nothing(
    desk: DeskClient, staging: Engine, route: APIRoute
) -> None:
    admin, manager = desk.as_user("admin"), desk.as_user("manager")
    before = contents(staging)
    path = address(route)
    fields = {"action": "link", "member_id": "m1", "chosen": f"customer/{ADA}/m1", "label": "x"}

    forged: list[tuple[dict[str, str], dict[str, str]]] = [
        ({}, {}),
        ({FIELD: "guessed"}, {}),
        ({FIELD: manager.token()}, {}),
        ({FIELD: admin.token()}, {"Sec-Fetch-Site": "cross-site"}),
        ({FIELD: admin.token()}, {"Sec-Fetch-Site": "same-site"}),
    ]
    for extra, headers in forged:
        answer = admin.call("POST", path, data={**fields, **extra}, headers=headers)
        assert answer.status_code == 403

    assert contents(staging) == before


def contents(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select()).all()))
            for table in METADATA.sorted_tables
        }


@pytest.mark.parametrize(
    "path",
    [
        "/docs/../../stores.yaml",
        "/docs/..%2F..%2Fstores.yaml",
        "/docs/%2e%2e/%2e%2e/stores.yaml",
        "/docs/%00",
        "/docs//etc/passwd",
        "/runs/..%2F..%2F/report.html",
        "/runs/scheduled__1/..%2F..%2Fstores.yaml",
        "/runs/scheduled__1/report.html%00",
    ],
)
def test_no_path_leads_out_of_a_folder(one_desk: DeskClient, path: str) -> None:
    answer = one_desk.as_user("admin").get(path)

    assert answer.status_code == 404
    assert "platform: rivo" not in answer.text


TRICKS = [
    "' OR 1=1 --",
    "%'",
    "\0",
    "<script>alert(1)</script>",
    "9" * 300,
    "a@b'@c.d",
    "{{ visitor.store }}",
    "٣",
]


@pytest.mark.parametrize("words", TRICKS)
@pytest.mark.parametrize("path", ["/mismatches", "/awards", "/customers", "/quality"])
def test_tricks_in_a_filter_are_harmless(one_desk: DeskClient, path: str, words: str) -> None:
    names = ("q", "status", "class", "side", "sort", "page", "state", "run", "suggested")
    answer = one_desk.as_user("manager").get(path, **dict.fromkeys(names, words))

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "StoreSettings" not in answer.text


def test_a_form_too_large_or_without_a_length_is_refused(one_desk: DeskClient) -> None:
    manager = one_desk.as_user("manager")
    path = f"{DESK}/{STORE}/mismatches"

    large = manager.call("POST", path, data={"x": "y" * 2_100_000})
    endless = manager.call("POST", path, data=iter([b"a=b"]))

    assert (large.status_code, endless.status_code) == (413, 411)


def test_a_form_that_is_too_old_is_refused(
    one_desk: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = one_desk.as_user("manager")
    fields = {FIELD: manager.token()}
    monkeypatch.setattr(forms, "LIVES_S", -1)

    answer = manager.call("POST", f"{DESK}/{STORE}/mismatches", data=fields)

    assert (answer.status_code, "too old" in answer.text) == (403, True)
