"""The HTTP door of awards over real HTTP: what it lets in, what it refuses, what it never tells."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from fastapi.routing import APIRoute
from sqlalchemy import Engine, Row, make_url, text

from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.connect.tokens import revoke_token, token_id_of
from loyalty_desk.records import AwardState
from loyalty_desk.staging import award_schema, installed
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.web.app import make_app
from loyalty_desk.web.bodies import FORM, JSON, MOST_BYTES
from tests.databases import run_sql
from tests.factories import LATER, STORE
from tests.http.door import (
    AWARDS,
    MOUNT,
    OTHER_STORE,
    Door,
    all_at_once,
    award_fields,
    forget_settings,
    new_client,
    new_token,
    serving,
)
from tests.sql.staged import Staged

CLIENTS = 50
NO_AWARD = "0" * 32
NO_TOKEN = f"ld_{'0' * 12}_{'x' * 43}"
Answer = requests.Response
OpenDoor = Callable[[str], Door]
Send = Callable[[Door, dict[str, Any]], Answer]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One server for all tests: it reads its settings anew for each."""
    with serving() as url:
        yield url


@pytest.fixture
def open_door(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDoor]:
    """Has the server use the database of a URL; the door that it gives sends no token."""
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    with new_client() as session:
        door = Door(url=server, folder=tmp_path, session=session)

        def use(staging_url: str) -> Door:
            monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
            forget_settings()
            door.set_awards()
            return door

        yield use
        forget_settings()


@pytest.fixture
def closed(open_door: OpenDoor, staging: Engine, staging_url: str) -> Door:
    """The door without a token."""
    return open_door(staging_url)


@pytest.fixture
def door(closed: Door) -> Door:
    """The door with a token of the store."""
    return closed.of(STORE)


def send_json(door: Door, fields: dict[str, Any]) -> Answer:
    return door.send(json.dumps(fields))


def send_form(door: Door, fields: dict[str, Any]) -> Answer:
    return door.send(urlencode(fields), FORM)


both_kinds = pytest.mark.parametrize("send", [send_json, send_form], ids=["json", "form"])


def rows(staging: Engine) -> list[Row[Any]]:
    with reading(staging) as connection:
        return list(connection.execute(text("SELECT * FROM awards ORDER BY queued_at_utc")).all())


def set_state(staging: Engine, award_id: str, state: AwardState = AwardState.APPLIED) -> None:
    with staging.begin() as connection:
        key = {"award_id": award_id}
        Staged(connection).update(award_schema.awards, key, state=state.value)


def told(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer by which it could be told from another one."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status_code, answer.content, {**headers, "date": ""}


def is_refused(answer: Answer, *fields: str) -> bool:
    """Whether it is a 400 that names these fields and no other."""
    return answer.status_code == 400 and set(answer.json().get("fields", ())) == set(fields)


# --- asked for and followed ------------------------------------------------------------------


@both_kinds
def test_an_award_is_queued_and_followed_by_its_address(
    door: Door, staging: Engine, send: Send
) -> None:
    answer = send(door, award_fields(note="late parcel", ticket_id=12))
    (award,) = rows(staging)
    address = f"{AWARDS}/{award.award_id}"
    assert answer.status_code == 202
    assert answer.headers["Location"] == address
    assert answer.json() == {
        "id": award.award_id,
        "state": "queued",
        "status_url": address,
        "repeats": None,
    }
    followed = door.call("GET", address)
    assert followed.status_code == 200
    assert followed.json() == {
        "id": award.award_id,
        "state": "queued",
        "detail": None,
        "amount": "50",
        "unit": "points",
        "reason": "gesture",
        "agent": "ada",
        "ticket_id": 12,
        "member_id": "7",
        "reverses": None,
        "queued_at": award.queued_at_utc,
        "settled_at": None,
    }
    assert (award.door, award.note, award.store) == ("http", "late parcel", STORE)


def test_what_becomes_of_an_award_shows_at_its_address(door: Door, staging: Engine) -> None:
    award_id = door.award(amount="12.5", unit="credits").json()["id"]
    set_state(staging, award_id, AwardState.REFUSED)
    shown = door.read(award_id).json()
    assert (shown["state"], shown["amount"], shown["unit"]) == ("refused", "12.50", "credits")


def test_an_award_that_needs_approval_says_so(door: Door) -> None:
    door.set_awards(approval_above_points=40)
    assert door.award().json()["state"] == "needs_approval"


def test_the_address_of_an_award_holds_where_airflow_has_a_base_path(
    door: Door, staging: Engine
) -> None:
    with serving("/airflow") as url:
        answer = door.session.post(
            f"{url}/airflow{AWARDS}",
            json=award_fields(),
            headers={"Authorization": f"Bearer {door.token}"},
            timeout=10,
        )
        address = answer.json()["status_url"]
        assert address == f"/airflow{AWARDS}/{rows(staging)[0].award_id}"
        followed = door.session.get(
            f"{url}{address}", headers={"Authorization": f"Bearer {door.token}"}, timeout=10
        )
        assert followed.status_code == 200


def test_the_store_may_be_named_if_it_is_the_tokens(door: Door) -> None:
    assert door.award(store=STORE).status_code == 202
    assert send_form(door, award_fields(store=STORE)).status_code == 202
    assert door.call("POST", f"{AWARDS}?store={STORE}", json=award_fields()).status_code == 202


# --- once ------------------------------------------------------------------------------------


def test_a_key_in_the_header_and_in_the_body_is_the_same_key(door: Door, staging: Engine) -> None:
    header = {"Idempotency-Key": "k1"}
    first = door.award(header).json()
    again = [
        door.award(idempotency_key="k1").json(),
        door.award(header, idempotency_key="k1").json(),
        door.award(header, idempotency_key="").json(),
        send_form(door, award_fields(idempotency_key="k1")).json(),
        door.call("POST", AWARDS, data=award_fields(), headers=header).json(),
    ]
    assert first["repeats"] is None
    assert again == [{**first, "repeats": "key"}] * 5
    assert [award.idempotency_key for award in rows(staging)] == ["k1"]


def test_two_keys_that_differ_are_refused(door: Door, staging: Engine) -> None:
    for in_body in ("k2", "K1", 1, ["k1"]):
        answer = door.award({"Idempotency-Key": "k1"}, idempotency_key=in_body)
        assert is_refused(answer, "idempotency_key")
    assert rows(staging) == []


def test_a_key_that_is_too_long_or_cannot_be_shown_is_refused(door: Door, staging: Engine) -> None:
    for key in ("k" * 257, "k\x85k", "k\xa0k"):
        assert is_refused(door.award({"Idempotency-Key": key}), "idempotency_key")
    assert rows(staging) == []


def test_a_key_with_other_content_is_a_conflict(door: Door, staging: Engine) -> None:
    header = {"Idempotency-Key": "k1"}
    award_id = door.award(header).json()["id"]
    for other in ({"amount": 51}, {"note": "sorry"}, {"member_id": "8"}, {"agent": "eve"}):
        answer = door.award(header, **other)
        assert answer.status_code == 409
        assert award_id in answer.json()["error"]
    assert len(rows(staging)) == 1


def test_without_a_key_a_double_click_is_one_award(door: Door, staging: Engine) -> None:
    first = door.award().json()
    assert door.award().json() == {**first, "repeats": "double_click"}
    assert door.award(amount=51).json()["repeats"] is None
    door.set_awards(same_award_minutes=0)
    assert door.award().json()["repeats"] is None
    assert len(rows(staging)) == 3


@pytest.mark.parametrize("key", ["k1", None])
def test_one_award_that_many_clients_send_at_once_is_one_row_and_one_id(
    door: Door, staging: Engine, key: str | None
) -> None:
    fields = award_fields(idempotency_key=key)
    answers = all_at_once(
        door,
        CLIENTS,
        lambda client, number: (send_form if number % 2 else send_json)(client, fields),
    )
    assert {answer.status_code for answer in answers} == {202}
    assert Counter(answer.json()["repeats"] for answer in answers) == {
        None: 1,
        "key" if key else "double_click": CLIENTS - 1,
    }
    (award,) = rows(staging)
    assert {answer.json()["id"] for answer in answers} == {award.award_id}


def test_the_first_requests_of_a_server_share_one_engine(
    door: Door, staging_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def open_one(url: str) -> Engine:
        opened.append(url)
        return open_engine(url)

    monkeypatch.setattr(installed, "open_engine", open_one)
    forget_settings()
    answers = all_at_once(door, CLIENTS, lambda client, number: client.read(NO_AWARD))
    assert {answer.status_code for answer in answers} == {404}
    assert opened == [staging_url]


# --- limits ----------------------------------------------------------------------------------


def test_an_award_over_a_limit_is_refused_by_the_limits_name(door: Door, staging: Engine) -> None:
    for limit, amount, unit in [
        ("max_points_per_award", 1_001, "points"),
        ("max_points_per_award", -1_001, "points"),
        ("max_credits_per_award", "50.01", "credits"),
    ]:
        answer = door.award(amount=amount, unit=unit)
        assert (answer.status_code, set(answer.json()["fields"])) == (422, {limit})
    assert rows(staging) == []


@pytest.mark.parametrize(
    ("limit", "person"),
    [
        ("max_points_per_agent_per_day", {"agent": "ada"}),
        ("max_points_per_member_per_day", {"member_id": "7"}),
    ],
)
def test_a_daily_limit_holds_against_many_clients_at_once(
    door: Door, staging: Engine, limit: str, person: dict[str, str]
) -> None:
    door.set_awards(**{limit: 500})

    def award(client: Door, number: int) -> Answer:
        others = {"agent": f"agent-{number}", "member_id": f"m{number}"}
        sign = -1 if number % 2 else 1
        key = {"Idempotency-Key": f"k{number}"}
        return client.award(key, **{**others, **person, "amount": 50 * sign})

    answers = all_at_once(door, CLIENTS, award)
    assert Counter(answer.status_code for answer in answers) == {202: 10, 422: CLIENTS - 10}
    refused = [answer.json()["fields"] for answer in answers if answer.status_code == 422]
    assert {name for fields in refused for name in fields} == {limit}
    assert sum(abs(award.amount) for award in rows(staging)) == 500


# --- bodies ----------------------------------------------------------------------------------

BAD_BODIES: dict[str, tuple[str, bytes]] = {
    "nothing as JSON": (JSON, b""),
    "no JSON": (JSON, b"award me"),
    "JSON cut off": (JSON, b'{"amount": 50'),
    "JSON with a comment": (JSON, b'{"amount": 50} // please'),
    "two objects": (JSON, b"{}{}"),
    "a field twice": (JSON, b'{"amount": 5, "agent": "ada", "amount": 50}'),
    "a field twice, once escaped": (JSON, b'{"amount": 5, "\\u0061mount": 50}'),
    "a field twice further in": (JSON, b'{"note": {"a": 1, "a": 2}}'),
    "deep lists": (JSON, b"[" * MOST_BYTES),
    "deep objects": (JSON, b'{"a":' * (MOST_BYTES // 5)),
    "an array": (JSON, b'[{"amount": 50}]'),
    "a text": (JSON, b'"amount"'),
    "a number": (JSON, b"50"),
    "null": (JSON, b"null"),
    "JSON in Latin-1": (JSON, '{"note": "\xe9"}'.encode("latin-1")),
    "JSON in UTF-16": (JSON, '{"note": "x"}'.encode("utf-16")),
    "JSON with a byte order mark": (JSON, b'\xef\xbb\xbf{"amount": 50}'),
    "JSON with an overlong NUL": (JSON, b'{"note": "\xc0\x80"}'),
    "JSON with a surrogate": (JSON, b'{"note": "\xed\xa0\x80"}'),
    "a form field twice": (FORM, b"amount=5&agent=ada&amount=50"),
    "a form field twice, once escaped": (FORM, b"amount=5&%61mount=50"),
    "a form in Latin-1": (FORM, b"note=\xe9"),
    "a form escaped in Latin-1": (FORM, b"note=%E9"),
    "a form with a surrogate": (FORM, b"note=%ED%A0%80"),
    "51 form fields": (FORM, "&".join(f"f{number}=1" for number in range(51)).encode()),
    "8,000 form fields": (FORM, b"&a" * 8_000),
}


def test_a_body_that_is_not_what_its_type_says_is_refused(door: Door, staging: Engine) -> None:
    for name, (kind, body) in BAD_BODIES.items():
        assert is_refused(door.send(body, kind)), name
    assert rows(staging) == []


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(door: Door, staging: Engine) -> None:
    body = json.dumps(award_fields()).encode()
    parts = {"data": iter([b" " * 1_000] * 100), "headers": {"Content-Type": JSON}}
    too_large = [
        door.send(body.ljust(MOST_BYTES + 1)),
        door.send(b"note=".ljust(MOST_BYTES + 1, b"x"), FORM),
        door.send(b" " * 5_000_000),
        door.call("POST", AWARDS, **parts),
    ]
    assert [answer.status_code for answer in too_large] == [413] * 4
    assert rows(staging) == []
    assert door.send(body.ljust(MOST_BYTES)).status_code == 202


def test_a_body_is_json_or_a_form(door: Door, staging: Engine) -> None:
    body = json.dumps(award_fields())
    others = ["", "text/plain", "text/json", "application/jsonx", "multipart/form-data; boundary=b"]
    assert [door.send(body, kind).status_code for kind in others] == [415] * len(others)
    assert door.call("POST", AWARDS, data=body.encode()).status_code == 415
    assert rows(staging) == []
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"):
        assert door.send(body, kind).status_code == 202


def test_a_client_that_goes_away_while_it_sends_is_no_failure_of_ours(
    door: Door, staging: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        f"POST {AWARDS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.token}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 100\r\n\r\n"
    )
    with caplog.at_level(logging.DEBUG):
        place = urlsplit(door.url)
        with socket.create_connection((str(place.hostname), place.port or 0)) as client:
            client.sendall(head.encode() + b'{"amou')
            client.shutdown(socket.SHUT_WR)
            client.recv(1_000)
        assert door.award().status_code == 202
    assert "Traceback" not in caplog.text
    assert len(rows(staging)) == 1


# --- fields ----------------------------------------------------------------------------------

BAD_AMOUNTS = [
    *("0", "-0", "0.0", "-0.0", "1e9", "1E1", "1e400", "NaN", "Infinity", "-Infinity"),
    *(
        "1.5",
        "-0.01",
        "1.000",
        "1" * 40,
        "1" * 16_000,
        "-" + "1" * 16_000,
        "0." + "0" * 5_000 + "1",
    ),
    *("true", "false", "null", "[50]", '{"points": 50}', "[[[[50]]]]", "[]", "{}"),
    *('"\u0663"', '"\uff15"', '"NaN"', '"inf"', '"1e9"', '"1_000"', '"1,5"', '""', '" "', '"0x10"'),
    *('"=5"', '"50 points"', '"50\\u0000"', '"\\ud800"', '"' + "9" * 5_000 + '"'),
]


def test_what_is_no_amount_is_refused_by_the_fields_name(door: Door, staging: Engine) -> None:
    for amount in BAD_AMOUNTS:
        body = json.dumps(award_fields(amount="@")).replace('"@"', amount)
        assert is_refused(door.send(body), "amount"), f"JSON {amount[:40]}"
        form = urlencode(award_fields(amount=amount.strip('"')))
        assert is_refused(door.send(form, FORM), "amount"), f"form {amount[:40]}"
    assert rows(staging) == []


def test_an_amount_is_taken_to_the_last_hundredth_as_it_was_written(
    door: Door, staging: Engine
) -> None:
    amounts = {"0.1": 10, "0.07": 7, "-12.5": -1250, "1.10": 110, "49.99": 4999, "5": 500}
    for written in amounts:
        body = json.dumps(award_fields(amount="@", unit="credits")).replace('"@"', written)
        assert door.send(body).status_code == 202
    assert [award.amount for award in rows(staging)] == list(amounts.values())


NASTY = [
    *(True, False, 1.5, float("nan"), float("inf"), 0, -1, 10**39, 10**300, [], ["x"], {}),
    *({"x": {"x": ["x"]}}, "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\ufffe", "x" * 8_000),
    *("", " ", "'; DROP TABLE awards; --", "%s %(x)s :x {x} ${x}", "../../etc/passwd", "\r\nX: y"),
    *("\u202e", "\u0000\u0000", "\U0010ffff", "a@b", "a@b.example", "\ufdfa" * 300, "1" * 19),
]


def test_whatever_a_field_holds_it_is_taken_or_refused_and_never_a_failure(door: Door) -> None:
    statuses: Counter[int] = Counter()
    for field in (*FIELDS, "other field"):
        for value in NASTY:
            fields = {**award_fields(member_id=None if field == "email" else "7"), field: value}
            statuses[send_json(door, fields).status_code] += 1
            form = urlencode(fields, errors="surrogatepass")
            statuses[door.send(form, FORM).status_code] += 1
    assert set(statuses) <= {202, 400, 422}
    assert sum(statuses.values()) == 2 * (len(FIELDS) + 1) * len(NASTY)


def test_every_wrong_field_is_named_at_once(door: Door, staging: Engine) -> None:
    wrong = {field: {"x": 1} for field in FIELDS} | {"colour": "red"}
    assert is_refused(door.award(**wrong), *FIELDS, "(other)")
    assert is_refused(send_json(door, {}), "email", "amount", "agent", "reason")
    assert rows(staging) == []


TEXTS = {
    "combining marks": "cafe\u0301 n\u0303 Z\u0351\u036b\u0343a\u0321\u034alg\u0322o",
    "right to left": "\u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627 \u06f1\u06f2",
    "joined emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f \U0001f1eb\U0001f1f7",
    "emoji of this year": "\U0001fae8 \U0001fae9 \U0001fac8",
    "all kinds of letters": "\u65e5\u672c\u8a9e \ud55c\uae00 \u0e44\u0e17\u0e22 \U00020000 \u00df",
    "HTML": "<script>alert('x')</script><img src=x onerror=alert(1)> &amp;",
    "formula": '=HYPERLINK("http://x.example","x")+cmd|\' /C calc\'!A0',
    "templates": "{{ 7*7 }} ${7*7} %(x)s %s :store #{x}",
    "SQL": "'; DROP TABLE awards; --",
    "lines": "one\ntwo\tthree\r\nfour",
}


@both_kinds
def test_texts_are_taken_as_they_are(door: Door, staging: Engine, send: Send) -> None:
    for key, content in TEXTS.items():
        answer = send(door, award_fields(note=content, message=content, idempotency_key=key))
        assert answer.status_code == 202, key
    kept = {award.idempotency_key: (award.note, award.message) for award in rows(staging)}
    lines = {name: content.replace("\r\n", "\n") for name, content in TEXTS.items()}
    assert kept == {name: (content, content) for name, content in lines.items()}


def test_a_text_comes_back_as_data(door: Door) -> None:
    for name in ("HTML", "formula", "templates", "SQL", "right to left"):
        award_id = door.award(agent=TEXTS[name]).json()["id"]
        answer = door.read(award_id)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["agent"] == TEXTS[name].casefold()


@both_kinds
def test_characters_that_cannot_be_shown_are_refused(
    door: Door, staging: Engine, send: Send
) -> None:
    controls = {chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]} - set("\t\n")
    for character in [*sorted(controls), "\u202e", "\u2066", "\ufeff", "\u2028"]:
        held = f"a{character}b"
        assert is_refused(send(door, award_fields(note=held, message=held)), "note", "message")
    assert rows(staging) == []


def test_what_is_no_id_of_an_award_is_not_found(door: Door) -> None:
    for award_id in (NO_AWARD, "%00", "a%00b", "%FF", "%ED%A0%80", "x" * 20_000, "'--", "%20"):
        answers = [door.read(award_id), door.reverse(award_id)]
        assert [answer.status_code for answer in answers] == [404, 404], award_id[:40]
        assert {answer.json()["error"] for answer in answers} == {"the store has no such award"}


# --- tokens and stores -----------------------------------------------------------------------


def test_every_route_wants_a_token(closed: Door) -> None:
    """But for the desk's pages, whose rules are tested in `test_desk_rights`, and for readiness."""
    app = make_app()
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert routes == app.routes, "say here how the new kind of route is closed"
    asked = [
        (method, re.sub(r"{[^}]*}", "x", route.path))
        for route in routes
        for method in route.methods
        if not route.path.startswith("/desk") and route.path != "/api/v1/ready"
    ]
    statuses = {
        (method, path): closed.call(method, f"{MOUNT}{path}").status_code for method, path in asked
    }
    assert len(statuses) >= 3
    assert statuses == dict.fromkeys(asked, 401)


def test_what_is_no_token_in_use_is_refused_with_one_answer(
    closed: Door, door: Door, staging: Engine
) -> None:
    token, other, revoked = str(door.token), new_token(), new_token()
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


def test_a_token_opens_whatever_the_case_of_its_scheme(closed: Door) -> None:
    token = new_token()
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer "):
        assert closed.award({"Authorization": f"{scheme} {token}"}).status_code == 202


def test_a_token_revoked_between_two_requests_opens_nothing(door: Door, staging: Engine) -> None:
    assert door.award().status_code == 202
    with staging.begin() as connection:
        token_id = token_id_of(str(door.token))
        revoke_token(connection, STORE, token_id, LATER, revoked_by="eve")
    assert door.award(amount=51).status_code == 401


def test_another_store_is_unknown_whether_or_not_there_is_one(door: Door, staging: Engine) -> None:
    award_id = door.award().json()["id"]

    def answers(store: Any) -> list[Answer]:
        query = urlencode({"store": store})
        return [
            door.award(store=store),
            send_form(door, award_fields(store=store)),
            door.call("POST", f"{AWARDS}?{query}", json=award_fields()),
            door.call("GET", f"{AWARDS}/{award_id}?{query}"),
            door.call("POST", f"{AWARDS}/{award_id}/reversal?{query}", json={}),
            door.reverse(award_id, store=store),
        ]

    expected = told(answers("nowhere")[0])
    assert expected[0] == 404
    for store in (OTHER_STORE, "nowhere", "", "\x00", "ACME", [STORE], {"x": 1}, 7, True):
        assert [told(answer) for answer in answers(store)] == [expected] * 6
    assert len(rows(staging)) == 1


def test_an_award_of_another_store_is_not_found(door: Door, staging: Engine) -> None:
    award_id = door.award().json()["id"]
    set_state(staging, award_id)
    stranger = door.of(OTHER_STORE)
    assert told(stranger.read(award_id)) == told(stranger.read(NO_AWARD))
    assert told(stranger.reverse(award_id)) == told(stranger.reverse(NO_AWARD))
    assert stranger.read(award_id).status_code == stranger.reverse(award_id).status_code == 404
    assert len(rows(staging)) == 1


def test_a_key_belongs_to_its_store(door: Door) -> None:
    first = door.award(idempotency_key="k1").json()
    theirs = door.of(OTHER_STORE).award(idempotency_key="k1", amount=7)
    assert theirs.status_code == 202
    assert theirs.json()["id"] != first["id"]


def test_a_store_that_is_gone_or_whose_settings_are_wrong_is_not_found(
    door: Door, staging: Engine
) -> None:
    award_id = door.award().json()["id"]
    for stores in ({OTHER_STORE: {}}, {STORE: {"colour": "red"}}, {}):
        door.set_stores(**stores)
        answers = [door.award(), door.read(award_id), door.reverse(award_id)]
        assert [answer.status_code for answer in answers] == [404] * 3
    (door.folder / "stores.yaml").unlink()
    assert door.award().status_code == 404
    assert len(rows(staging)) == 1


# --- taking back -----------------------------------------------------------------------------


def test_an_applied_award_is_taken_back_once(door: Door, staging: Engine) -> None:
    award_id = door.award(ticket_id=12).json()["id"]
    set_state(staging, award_id)
    answer = door.reverse(award_id)
    assert answer.status_code == 202
    reversal = door.call("GET", answer.headers["Location"]).json()
    assert reversal["id"] == answer.json()["id"] != award_id
    assert (reversal["amount"], reversal["reverses"]) == ("-50", award_id)
    assert (reversal["agent"], reversal["reason"]) == ("eve", "reversal")
    again = door.reverse(award_id)
    assert again.status_code == 409
    assert reversal["id"] in again.json()["error"]
    set_state(staging, reversal["id"])
    assert door.reverse(reversal["id"]).status_code == 409
    assert len(rows(staging)) == 2


def test_an_award_that_is_not_applied_is_not_taken_back(door: Door, staging: Engine) -> None:
    award_id = door.award().json()["id"]
    for state in set(AwardState) - {AwardState.APPLIED}:
        set_state(staging, award_id, state)
        assert door.reverse(award_id).status_code == 409
    assert len(rows(staging)) == 1


def test_who_takes_back_says_why(door: Door, staging: Engine) -> None:
    award_id = door.award().json()["id"]
    set_state(staging, award_id)
    for field, wrong in [("note", None), ("note", " "), ("note", "see ld:1"), ("note", ["x"])]:
        assert is_refused(door.reverse(award_id, **{field: wrong}), field)
    assert is_refused(door.reverse(award_id, agent=None), "agent")
    assert is_refused(door.reverse(award_id, amount=5), "(other)")
    assert len(rows(staging)) == 1


def test_an_award_that_many_clients_take_back_at_once_is_taken_back_once(
    door: Door, staging: Engine
) -> None:
    award_id = door.award().json()["id"]
    set_state(staging, award_id)
    answers = all_at_once(door, CLIENTS, lambda client, number: client.reverse(award_id))
    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: CLIENTS - 1}
    assert len(rows(staging)) == 2


# --- the database ----------------------------------------------------------------------------


def is_closed(answer: Answer) -> bool:
    """Whether it says to come again, and nothing else."""
    says = {"error": "not available now, try again"}
    return (
        answer.status_code == 503
        and int(answer.headers["Retry-After"]) > 0
        and answer.json() == says
    )


def is_closed_to_all(door: Door) -> bool:
    return all(map(is_closed, [door.award(), door.read(NO_AWARD), door.reverse(NO_AWARD)]))


def test_without_its_tables_the_door_is_closed(open_door: OpenDoor, empty_url: str) -> None:
    assert is_closed_to_all(replace(open_door(empty_url), token=NO_TOKEN))


@pytest.mark.parametrize("url", ["sqlite:///{folder}", "postgresql://ada:pw@127.0.0.1:1/none"])
def test_without_its_database_the_door_is_closed(
    open_door: OpenDoor, tmp_path: Path, url: str
) -> None:
    assert is_closed_to_all(replace(open_door(url.format(folder=tmp_path)), token=NO_TOKEN))


@contextmanager
def without(staging: Engine, table: str) -> Iterator[None]:
    """As if somebody had dropped the table."""
    with staging.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
    try:
        yield
    finally:
        with staging.begin() as connection:
            connection.execute(text(f"ALTER TABLE gone RENAME TO {table}"))


def test_a_table_that_is_missing_closes_the_door_until_it_is_back(
    door: Door, staging: Engine
) -> None:
    with without(staging, "awards"):
        assert is_closed_to_all(door)
    assert door.award().status_code == 202


@pytest.mark.parametrize("staging_url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_closes_the_door_until_it_is_back(
    door: Door, staging_url: str, postgresql_url: str
) -> None:
    name = make_url(staging_url).database
    assert door.award().status_code == 202
    try:
        run_sql(
            postgresql_url,
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        assert is_closed_to_all(door)
    finally:
        run_sql(postgresql_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert door.award().json()["repeats"] == "double_click"


# --- what is never told ----------------------------------------------------------------------

HIDDEN = "qzx7"
"""In every value that a test sends, and nowhere else."""


@pytest.fixture
def all_logs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> pytest.LogCaptureFixture:
    """Every logger at DEBUG, but for SQLAlchemy's: at that level they are there to show rows."""
    for name in (None, *logging.root.manager.loggerDict):
        if not str(name).startswith("sqlalchemy"):
            logger = logging.getLogger(name)
            monkeypatch.setattr(logger, "disabled", False)
            monkeypatch.setattr(logger, "propagate", True)
            caplog.set_level(logging.DEBUG, name)
    return caplog


def test_neither_a_log_nor_a_refusal_holds_anything_that_was_sent(
    door: Door,
    staging: Engine,
    all_logs: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    texts = {
        "member_id": None,
        "email": f"{HIDDEN}@shop.example",
        "note": f"{HIDDEN} note",
        "message": f"{HIDDEN} message",
        "agent": f"{HIDDEN} agent",
        "idempotency_key": f"{HIDDEN}-key",
    }
    stranger = f"Bearer {NO_TOKEN[:16]}{HIDDEN.ljust(43, 'x')}"
    unlucky = door.award(**{**texts, "idempotency_key": f"{HIDDEN}-2", "amount": 51}).json()["id"]
    accepted = [door.award(**texts), door.award(**texts), send_form(door, award_fields(**texts))]
    set_state(staging, unlucky)
    accepted.append(door.reverse(unlucky, agent=f"{HIDDEN} agent", note=f"{HIDDEN} why"))
    refused = [
        door.award(**{**texts, "amount": 52}),
        door.award(**{**texts, "amount": 5_000, "idempotency_key": f"{HIDDEN}-3"}),
        door.award(**dict.fromkeys(FIELDS, HIDDEN)),
        door.award(**dict.fromkeys(FIELDS, f"{HIDDEN}\x00")),
        door.award(**{field: [HIDDEN] for field in FIELDS}),
        door.award(**{**texts, HIDDEN: HIDDEN}),
        door.award({"Idempotency-Key": f"{HIDDEN}-4"}, **texts),
        door.award(**texts, store=HIDDEN),
        door.award({"Authorization": stranger}, **texts),
        door.award({"Authorization": f"Basic {HIDDEN}"}, **texts),
        *(
            door.send(f"{HIDDEN} {body}", kind)
            for kind in (JSON, FORM)
            for body in ("", "[" * 9_000)
        ),
        door.send(f'{{"note": "{HIDDEN}", "note": "{HIDDEN}"}}'),
        door.send(f'{{"{HIDDEN}": {{"{HIDDEN}": 1, "{HIDDEN}": 2}}}}'),
        door.send(f'{{"note": "{HIDDEN}'.encode() + b"\xff"),
        door.send(f"note={HIDDEN}&note={HIDDEN}&x=%ff", FORM),
        door.send(HIDDEN * MOST_BYTES),
        door.send(HIDDEN, "text/plain"),
        door.send(HIDDEN, HIDDEN),
        door.reverse(unlucky, agent=f"{HIDDEN} agent", note=f"{HIDDEN} why"),
        door.reverse(unlucky, agent=f"{HIDDEN}\x00", note=f"{HIDDEN} ld:"),
        door.reverse(NO_AWARD, note=HIDDEN),
    ]
    with without(staging, "award_events"):
        refused.append(door.award(**{**texts, "idempotency_key": f"{HIDDEN}-5"}))

    assert {answer.status_code for answer in accepted} == {202}
    assert {answer.status_code for answer in refused} == {400, 401, 404, 409, 413, 415, 422, 503}
    answers = [f"{answer.headers} {answer.text}" for answer in [*accepted, *refused]]
    assert [answer for answer in answers if HIDDEN in answer.casefold()] == []

    loggers = {record.name for record in all_logs.records}
    assert {"uvicorn.access", "loyalty_desk.web.app"} <= loggers
    printed = capfd.readouterr()
    logs = f"{all_logs.text} {printed.out} {printed.err}"
    assert str(door.token)[16:] not in logs
    assert [line for line in logs.splitlines() if HIDDEN in line.casefold()] == []
