"""Requests: what is asked for is taken exactly as it is, or refused by the names of its fields."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from loyalty_desk.awards.requests import (
    FIELDS,
    AwardFieldsError,
    AwardRequest,
    agent_key,
    read_request,
)
from loyalty_desk.records import Unit
from tests.factories import store_settings

AWARDS = store_settings().awards
NUMBER = "must be a number such as 50 or -12.50"
UNSHOWN = "holds a character that cannot be shown"


def fields(**values: Any) -> dict[str, Any]:
    """The fields of an award of 50 points to member 7; None leaves a field out."""
    given = {"member_id": "7", "amount": 50, "reason": "gesture", "agent": "ada", **values}
    return {name: value for name, value in given.items() if value is not None}


def read(**values: Any) -> AwardRequest:
    return read_request(fields(**values), AWARDS)


def problems(settings: Any = AWARDS, **values: Any) -> dict[str, str]:
    with pytest.raises(AwardFieldsError) as caught:
        read_request(fields(**values), settings)
    return caught.value.problems


def test_the_least_that_can_be_asked_for_is_points_without_note_or_key() -> None:
    assert read() == AwardRequest(
        email=None,
        member_id="7",
        amount=Decimal(50),
        unit=Unit.POINTS,
        reason="gesture",
        note=None,
        message=None,
        agent="ada",
        ticket_id=None,
        idempotency_key=None,
    )


def test_every_field_is_kept_without_the_spaces_around_it() -> None:
    request = read(
        member_id=None,
        email="  Ada@Shop.Example ",
        amount=" -12.5 ",
        unit=" credits ",
        reason=" other ",
        note=" late \n",
        message="\tsorry ",
        agent=" ada ",
        ticket_id=" 12 ",
        idempotency_key=" k1 ",
    )
    assert request == AwardRequest(
        email="ada@shop.example",
        member_id=None,
        amount=Decimal("-12.50"),
        unit=Unit.CREDITS,
        reason="other",
        note="late",
        message="sorry",
        agent="ada",
        ticket_id=12,
        idempotency_key="k1",
    )


def test_every_wrong_field_is_named_at_once_and_none_that_is_right() -> None:
    wrong = problems(
        member_id="a b",
        amount="many",
        unit="euros",
        reason="whim",
        note="see ld:1",
        message="\x00",
        agent="a" * 257,
        ticket_id="T-1",
        idempotency_key=["k"],
        colour="red",
    )
    assert set(wrong) == {*FIELDS, "(other)"} - {"email"}
    assert set(problems(email="ada", member_id=None)) == {"email"}


def test_a_request_without_anything_says_what_each_award_needs() -> None:
    with pytest.raises(AwardFieldsError) as caught:
        read_request({}, AWARDS)
    assert set(caught.value.problems) == {"email", "amount", "agent", "reason"}


def test_an_unknown_field_is_not_repeated_but_told_which_there_are() -> None:
    assert problems(points="5") == {"(other)": f"no such field; there are {', '.join(FIELDS)}"}


@pytest.mark.parametrize(
    ("amount", "unit", "read_as"),
    [
        ("+5", "points", "5"),
        ("5.00", "points", "5"),
        (5.0, "points", "5"),
        ("007", "points", "7"),
        (-3, "points", "-3"),
        ("999999999", "points", "999999999"),
        ("0.01", "credits", "0.01"),
        (-12.5, "credits", "-12.50"),
        ("999999999.99", "credits", "999999999.99"),
    ],
)
def test_an_amount_is_read_to_the_last_hundredth(amount: Any, unit: str, read_as: str) -> None:
    assert str(read(amount=amount, unit=unit).amount) == read_as


@pytest.mark.parametrize(
    "amount",
    [
        pytest.param("1" * 40, id="40 digits"),
        pytest.param(10**39, id="40 digits as a number"),
        pytest.param("1.234", id="three decimals"),
        pytest.param(0.1 + 0.2, id="a float that is no hundredth"),
        pytest.param("\u0665", id="Arabic digit"),
        pytest.param("\uff15", id="full-width digit"),
        pytest.param("\u00b2", id="superscript"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(float("inf"), id="inf"),
        pytest.param([5], id="list"),
        pytest.param(None, id="absent"),
        *[True, False, 1e16, "1e9", "NaN", "inf", "-Infinity", "1_000", "1,000", "1,5", "0x10"],
        *["1.000", "1 000", "1'000"],
        *["5.", ".5", "--5", "+-5", "- 5", "5 5", "\u22125", "", " ", "5\n5", "=5", "50 points"],
    ],
)
def test_what_is_no_plain_number_is_no_amount(amount: Any) -> None:
    assert problems(amount=amount, unit="credits") == {"amount": NUMBER}


@pytest.mark.parametrize("amount", [0, "0", "-0", "+0", "0.00", 0.0, -0.0])
@pytest.mark.parametrize("unit", list(Unit))
def test_nothing_cannot_be_awarded(amount: Any, unit: str) -> None:
    assert problems(amount=amount, unit=unit) == {"amount": "must not be 0"}


@pytest.mark.parametrize("amount", ["1.5", "-0.01", 1.5])
def test_points_have_no_decimals(amount: Any) -> None:
    assert problems(amount=amount) == {"amount": "must be whole: points have no decimals"}


def test_a_store_that_takes_nothing_away_refuses_negative_amounts_only() -> None:
    strict = store_settings(awards={"allow_negative": False}).awards
    assert "takes nothing away" in problems(strict, amount="-1")["amount"]
    assert "takes nothing away" in problems(strict, amount="-0.01", unit="credits")["amount"]
    assert read_request(fields(amount=1), strict).amount == 1
    assert read(amount=-1).amount == -1


@pytest.mark.parametrize(
    "who",
    [
        pytest.param({"member_id": None}, id="neither"),
        pytest.param({"member_id": " ", "email": ""}, id="both empty"),
        pytest.param({"email": "ada@shop.example"}, id="both"),
    ],
)
def test_an_award_is_for_one_email_or_one_member(who: dict[str, Any]) -> None:
    assert problems(**who) == {"email": "give either email or member_id"}


def test_an_email_is_kept_as_its_key() -> None:
    request = read(member_id=None, email="ADA@M\u00dcNCHEN.Example.")
    assert (request.email, request.member_id) == ("ada@xn--mnchen-3ya.example", None)


@pytest.mark.parametrize("email", ["ada", "@", "a b@shop.example", "<a@shop.example>", "a@b@c.d"])
def test_what_is_no_address_is_refused(email: str) -> None:
    assert problems(member_id=None, email=email) == {"email": "is not an e-mail address"}


@pytest.mark.parametrize(
    "member_id",
    ["7/../8", "7?x=1", "a b", "7%2F8", "\u0665", "\u00e4", "m" * 65, "a@b.example", "7\n8"],
)
def test_a_member_id_cannot_change_a_path(member_id: str) -> None:
    assert set(problems(member_id=member_id)) == {"member_id"}


@pytest.mark.parametrize("ticket_id", [1, "1", 10**18 - 1])
def test_a_ticket_is_a_number(ticket_id: Any) -> None:
    assert read(ticket_id=ticket_id).ticket_id == int(ticket_id)


@pytest.mark.parametrize("ticket_id", [0, -1, "01", "1.0", "\u0661", "#1", 10**18, 1.0, True])
def test_what_is_no_ticket_number_is_refused(ticket_id: Any) -> None:
    assert set(problems(ticket_id=ticket_id)) == {"ticket_id"}


@pytest.mark.parametrize("field", ["email", "note", "message", "agent", "idempotency_key"])
@pytest.mark.parametrize(
    "character",
    [
        pytest.param("\x00", id="NUL"),
        pytest.param("\x1b", id="escape"),
        pytest.param("\x7f", id="delete"),
        pytest.param("\r", id="carriage return alone"),
        pytest.param("\ud83d", id="lone surrogate"),
        pytest.param("\x07", id="bell"),
        pytest.param("\u2028", id="line separator"),
    ],
)
def test_a_character_that_cannot_be_shown_is_refused(field: str, character: str) -> None:
    assert problems(**{field: f"a{character}b"})[field] == UNSHOWN


@pytest.mark.parametrize("field", ["email", "agent", "reason", "idempotency_key"])
@pytest.mark.parametrize("character", ["\n", "\t"])
def test_who_and_key_are_one_line(field: str, character: str) -> None:
    assert problems(**{field: f"a{character}b"})[field] == UNSHOWN


@pytest.mark.parametrize("character", ["\u200d", "\u00a0", "\u202e", "\ufeff"])
def test_a_key_is_taken_as_it_is_or_not_at_all(character: str) -> None:
    assert problems(idempotency_key=f"a{character}b") == {"idempotency_key": UNSHOWN}


@pytest.mark.parametrize("character", ["\u200b", "\u200d", "\u202e", "\u2068", "\ufeff", "\u00ad"])
def test_who_is_read_without_anything_invisible(character: str) -> None:
    request = read(member_id=f"{character}7", agent=f"e{character}ve", ticket_id=f"1{character}2")
    assert (request.member_id, request.agent, request.ticket_id) == ("7", "eve", 12)
    assert agent_key(f"e{character}ve") == "eve"
    address = f"{character}ada{character}@shop.example"
    assert read(member_id=None, email=address).email == "ada@shop.example"


@pytest.mark.parametrize("space", ["\u3000", "\u00a0", "\u202f", "\u2009"])
def test_an_agents_name_may_have_any_space(space: str) -> None:
    assert read(agent=f"\u5c71\u7530{space}\u592a\u90ce").agent == "\u5c71\u7530 \u592a\u90ce"


@pytest.mark.parametrize("field", ["note", "message"])
def test_what_turns_prose_around_is_taken_out(field: str) -> None:
    assert getattr(read(**{field: "\ufeffa\u202eb\u2068c\u2069"}), field) == "abc"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<script>alert('x')</script> & <b>", id="HTML"),
        pytest.param('=HYPERLINK("http://x.example")', id="formula"),
        pytest.param("@SUM(A1) | +1 -1 %s {0} {{x}} ${y} :bind", id="template text"),
        pytest.param("'; DROP TABLE awards; --", id="SQL"),
        pytest.param("one\ntwo\tthree", id="lines"),
        pytest.param("D\u00e9sol\u00e9\u00a0! \u00c0 bient\u00f4t\u202f?", id="French spaces"),
        pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f", id="joined emoji"),
        pytest.param("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", id="Persian joiner"),
        pytest.param("\u5c71\u7530\u3000\u592a\u90ce\u69d8", id="Japanese space"),
        pytest.param(
            "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u200b\u0e04\u0e23\u0e31\u0e1a", id="Thai"
        ),
        pytest.param("Gru\u00df\u00adkarten", id="soft hyphen"),
        pytest.param("bold: gold: world:", id="words that end in ld"),
    ],
)
@pytest.mark.parametrize("field", ["note", "message"])
def test_prose_is_plain_text_and_taken_as_it_is(field: str, text: str) -> None:
    assert getattr(read(**{field: text}), field) == text


def test_lines_that_end_as_on_windows_are_lines() -> None:
    assert read(note="one\r\ntwo\r\n").note == "one\ntwo"


@pytest.mark.parametrize(
    "note", ["ld:1", "[ld:0f]", "see LD:1", "a\nld:", "x [Ld:", "l\u200bd:1", "[l\u00add:"]
)
def test_a_note_cannot_hold_a_marker(note: str) -> None:
    assert "must not hold `ld:`" in problems(note=note)["note"]


@pytest.mark.parametrize(
    ("field", "most"), [("note", 500), ("message", 500), ("agent", 256), ("idempotency_key", 256)]
)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(field: str, most: int) -> None:
    longest = "\u00e4" * most
    assert getattr(read(**{field: f" {longest} "}), field) == longest
    assert problems(**{field: f"{longest}x"})[field] == f"is longer than {most} characters"


def test_a_reason_is_one_of_the_stores() -> None:
    assert problems(reason="whim") == {
        "reason": "must be one of gesture, correction, late_delivery, damaged_item, other"
    }
    own = store_settings(awards={"reasons": ["birthday"]}).awards
    assert problems(own) == {"reason": "must be one of birthday"}
    assert read_request(fields(reason="birthday"), own).reason == "birthday"


@pytest.mark.parametrize("field", [*FIELDS])
@pytest.mark.parametrize("value", [True, ["sEcret"], {"sEcret": 1}, b"sEcret", 1.25, object()])
def test_what_is_no_text_is_refused_by_name(field: str, value: Any) -> None:
    wrong = problems(**({"member_id": None} if field == "email" else {}), **{field: value})
    assert field in wrong


@pytest.mark.parametrize("secret", ["sEcret", "sEcret\x00", "sEcret ld:9", "sEcret" * 100])
def test_no_message_holds_what_was_given(secret: str) -> None:
    for who in ("email", "member_id"):
        given = dict.fromkeys(set(FIELDS) - {"email", "member_id"}, secret) | {who: secret}
        with pytest.raises(AwardFieldsError) as caught:
            read_request(given, AWARDS)
        assert {"amount", "unit", "reason", "ticket_id"} <= set(caught.value.problems)
        assert "sEcret" not in f"{caught.value} {caught.value.problems} {caught.value!r}"


ONE = AwardRequest(
    email=None,
    member_id="7",
    amount=Decimal(50),
    unit=Unit.POINTS,
    reason="gesture",
    note=None,
    message=None,
    agent="ada",
    ticket_id=None,
    idempotency_key=None,
)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"email": "7", "member_id": None}, id="email instead of member"),
        *[{"member_id": "8"}, {"amount": Decimal(-50)}, {"unit": Unit.CREDITS}, {"note": "50"}],
        *[{"reason": "other"}, {"message": "50"}, {"agent": "eve"}, {"ticket_id": 1}],
    ],
    ids=str,
)
def test_a_request_that_differs_has_another_hash(other: dict[str, Any]) -> None:
    assert replace(ONE, **other).content_hash() != ONE.content_hash()


def test_a_text_that_moves_to_another_field_has_another_hash() -> None:
    moved = [replace(ONE, note="x"), replace(ONE, message="x"), replace(ONE, reason="x")]
    assert len({request.content_hash() for request in moved}) == 3


def test_the_key_is_no_content() -> None:
    assert replace(ONE, idempotency_key="k").content_hash() == ONE.content_hash()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"amount": 50}, {"amount": "+50.00"}, id="points"),
        pytest.param(
            {"amount": 5, "unit": "credits"}, {"amount": "5.00", "unit": "credits"}, id="credits"
        ),
        pytest.param(
            {"amount": 5.5, "unit": "credits"}, {"amount": "5.50", "unit": "credits"}, id="halves"
        ),
        pytest.param({"ticket_id": 1}, {"ticket_id": "1"}, id="ticket"),
        pytest.param({"note": ""}, {"note": " "}, id="no note"),
        pytest.param(
            {"member_id": None, "email": "A@shop.example"},
            {"member_id": None, "email": "a@SHOP.example "},
            id="email",
        ),
    ],
)
def test_one_request_has_one_hash_however_it_is_spelled(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert read(**one).content_hash() == read(**other).content_hash()


def test_a_key_of_our_own_is_nobody_elses() -> None:
    said = "must not begin with `incident:`, as keys of ours do"
    assert problems(idempotency_key="incident:late:1:m1") == {"idempotency_key": said}
    assert read(idempotency_key="an incident:late").idempotency_key == "an incident:late"
