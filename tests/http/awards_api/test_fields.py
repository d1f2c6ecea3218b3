"""Fields: whatever one holds, it is taken or refused by its name."""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import urlencode

from sqlalchemy import Engine

from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.web.bodies import FORM
from tests.http.api_client import ApiClient, award_fields
from tests.http.awards_api.asking import (
    NO_AWARD,
    Send,
    both_kinds,
    employ,
    is_refused,
    rows,
    send_json,
)

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


def test_what_is_no_amount_is_refused_by_the_fields_name(api: ApiClient, staging: Engine) -> None:
    for amount in BAD_AMOUNTS:
        body = json.dumps(award_fields(amount="@")).replace('"@"', amount)
        assert is_refused(api.send(body), "amount"), f"JSON {amount[:40]}"
        form = urlencode(award_fields(amount=amount.strip('"')))
        assert is_refused(api.send(form, FORM), "amount"), f"form {amount[:40]}"
    assert rows(staging) == []


def test_an_amount_is_taken_to_the_last_hundredth_as_it_was_written(
    api: ApiClient, staging: Engine
) -> None:
    amounts = {"0.1": 10, "0.07": 7, "-12.5": -1250, "1.10": 110, "49.99": 4999, "5": 500}
    for written in amounts:
        body = json.dumps(award_fields(amount="@", unit="credits")).replace('"@"', written)
        assert api.send(body).status_code == 202
    assert [award.amount for award in rows(staging)] == list(amounts.values())


NASTY = [
    *(True, False, 1.5, float("nan"), float("inf"), 0, -1, 10**39, 10**300, [], ["x"], {}),
    *({"x": {"x": ["x"]}}, "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\ufffe", "x" * 8_000),
    *("", " ", "'; DROP TABLE awards; --", "%s %(x)s :x {x} ${x}", "../../etc/passwd", "\r\nX: y"),
    *("\u202e", "\u0000\u0000", "\U0010ffff", "a@b", "a@b.example", "\ufdfa" * 300, "1" * 19),
]


def test_whatever_a_field_holds_it_is_taken_or_refused_and_never_a_failure(api: ApiClient) -> None:
    statuses: Counter[int] = Counter()
    for field in (*FIELDS, "other field"):
        for value in NASTY:
            fields = {**award_fields(member_id=None if field == "email" else "7"), field: value}
            statuses[send_json(api, fields).status_code] += 1
            form = urlencode(fields, errors="surrogatepass")
            statuses[api.send(form, FORM).status_code] += 1
    assert set(statuses) <= {202, 400, 422}
    assert sum(statuses.values()) == 2 * (len(FIELDS) + 1) * len(NASTY)


def test_every_wrong_field_is_named_at_once(api: ApiClient, staging: Engine) -> None:
    wrong = {field: {"x": 1} for field in FIELDS} | {"colour": "red"}
    assert is_refused(api.award(**wrong), *FIELDS, "(other)")
    assert is_refused(send_json(api, {}), "email", "amount", "agent", "reason")
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
    "Japanese space": "\u5c71\u7530\u3000\u592a\u90ce",
    "Thai": "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u200b\u0e04\u0e23\u0e31\u0e1a",
    "soft hyphen": "Gru\u00df\u00adkarten\u00a0\u2060!",
}


@both_kinds
def test_texts_are_taken_as_they_are(api: ApiClient, staging: Engine, send: Send) -> None:
    for key, content in TEXTS.items():
        answer = send(api, award_fields(note=content, message=content, idempotency_key=key))
        assert answer.status_code == 202, key
    kept = {award.idempotency_key: (award.note, award.message) for award in rows(staging)}
    lines = {name: content.replace("\r\n", "\n") for name, content in TEXTS.items()}
    assert kept == {name: (content, content) for name, content in lines.items()}


def test_a_text_comes_back_as_data(api: ApiClient, staging: Engine) -> None:
    names = ("HTML", "formula", "templates", "SQL", "right to left")
    employ(staging, *(TEXTS[name] for name in names))
    for name in names:
        award_id = api.award(agent=TEXTS[name]).json()["id"]
        answer = api.read(award_id)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["agent"] == TEXTS[name].casefold()


@both_kinds
def test_characters_that_cannot_be_shown_are_refused(
    api: ApiClient, staging: Engine, send: Send
) -> None:
    controls = {chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]} - set("\t\n")
    for character in [*sorted(controls), "\u2028"]:
        held = f"a{character}b"
        assert is_refused(send(api, award_fields(note=held, message=held)), "note", "message")
    assert rows(staging) == []


@both_kinds
def test_what_turns_text_around_is_taken_out(api: ApiClient, staging: Engine, send: Send) -> None:
    employ(staging, "ab")
    for number, character in enumerate(["\u202e", "\u2066", "\ufeff"], start=1):
        held = f"a{character}b"
        fields = award_fields(amount=number, agent=held, note=held, message=held)
        assert send(api, fields).status_code == 202
    assert {(award.agent, award.note, award.message) for award in rows(staging)} == {("ab",) * 3}


def test_what_is_no_id_of_an_award_is_not_found(api: ApiClient) -> None:
    for award_id in (NO_AWARD, "%00", "a%00b", "%FF", "%ED%A0%80", "x" * 20_000, "'--", "%20"):
        answers = [api.read(award_id), api.reverse(award_id)]
        assert [answer.status_code for answer in answers] == [404, 404], award_id[:40]
        assert {answer.json()["error"] for answer in answers} == {"the store has no such award"}
