"""Bodies: what is taken, what is refused, and how large one may be."""

from __future__ import annotations

import json
import logging
import socket
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine

from loyalty_desk.web.bodies import FORM, JSON, MOST_BYTES
from tests.http.api_client import AWARDS, ApiClient, award_fields
from tests.http.awards_api.asking import is_refused, rows

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


def test_a_body_that_is_not_what_its_type_says_is_refused(api: ApiClient, staging: Engine) -> None:
    for name, (kind, body) in BAD_BODIES.items():
        assert is_refused(api.send(body, kind)), name
    assert rows(staging) == []


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(api: ApiClient, staging: Engine) -> None:
    body = json.dumps(award_fields()).encode()
    parts = {"data": iter([b" " * 1_000] * 100), "headers": {"Content-Type": JSON}}
    too_large = [
        api.send(body.ljust(MOST_BYTES + 1)),
        api.send(b"note=".ljust(MOST_BYTES + 1, b"x"), FORM),
        api.send(b" " * 5_000_000),
        api.call("POST", AWARDS, **parts),
    ]
    assert [answer.status_code for answer in too_large] == [413] * 4
    assert rows(staging) == []
    assert api.send(body.ljust(MOST_BYTES)).status_code == 202


def test_a_body_is_json_or_a_form(api: ApiClient, staging: Engine) -> None:
    body = json.dumps(award_fields())
    others = ["", "text/plain", "text/json", "application/jsonx", "multipart/form-data; boundary=b"]
    assert [api.send(body, kind).status_code for kind in others] == [415] * len(others)
    assert api.call("POST", AWARDS, data=body.encode()).status_code == 415
    assert rows(staging) == []
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"):
        assert api.send(body, kind).status_code == 202


def test_a_client_that_goes_away_while_it_sends_is_no_failure_of_ours(
    api: ApiClient, staging: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        f"POST {AWARDS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 100\r\n\r\n"
    )
    with caplog.at_level(logging.DEBUG):
        place = urlsplit(api.url)
        with socket.create_connection((str(place.hostname), place.port or 0)) as client:
            client.sendall(head.encode() + b'{"amou')
            client.shutdown(socket.SHUT_WR)
            client.recv(1_000)
        assert api.award().status_code == 202
    assert "Traceback" not in caplog.text
    assert len(rows(staging)) == 1
