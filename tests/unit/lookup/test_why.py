"""What is said of an order, by what movements tell: each answer, and that it is no other one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from loyalty_desk.lookup.problems import PROBLEMS, Problem
from loyalty_desk.lookup.why import Answer, Asked, Question, explain
from loyalty_desk.lookup.why_words import answer_text
from loyalty_desk.records import MemberStatus, Movement, MovementKind

ORDER = Question(order="1042")
MIRA = Asked(member_id="m1", status=MemberStatus.MEMBER, tells_orders=True)
OTHER = Asked(
    member_id="m2", status=MemberStatus.MEMBER, address="mira.holm@shop.example", is_other=True
)
BOOKED = "points are booked for order 1042, the last on 3 November 2026."
WAIT = "points for order 1042 wait and are no part of the balance yet"
NO_DAY = "the programme does not say until when."
TAKEN_BACK = (
    "points came for order 1042 and were taken back, as after a refund or by hand; the programme"
    " does not say why."
)


def row(points: int = 0, pending: int = 0, **values: Any) -> Movement:
    fields = {"movement_id": "1", "kind": MovementKind.ORDER, "orders": frozenset({"1042"})}
    at = "2026-11-03T08:00:00.000000Z"
    return Movement(**{**fields, "at_utc": at, "points": points, "pending": pending, **values})


def said(*people: Asked, question: Question = ORDER) -> str:
    return answer_text(question, explain(question, people))


def told(*rows: Movement, asked: Asked = MIRA) -> Asked:
    return replace(asked, movements=rows)


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([row(120)], "120 points are booked for order 1042, the last on 3 November 2026."),
        ([row(1, at_utc=None)], "1 point is booked for order 1042, the last."),
        (
            [row(120), row(-40)],
            f"80 {BOOKED} 40 points more were taken back.",
        ),
        (
            [row(0, 80, pending_until="2026-12-12")],
            f"80 {WAIT} until 12 December 2026.",
        ),
        (
            [row(0, 80)],
            f"80 {WAIT}; {NO_DAY}",
        ),
        (
            [row(0, 80), row(80, -80)],
            "80 points are booked for order 1042, the last on 3 November 2026.",
        ),
        (
            [row(20), row(0, 60)],
            f"20 {BOOKED} 60 {WAIT}; {NO_DAY}",
        ),
        (
            [row(120), row(-120)],
            f"120 {TAKEN_BACK}",
        ),
        (
            [row(0, 80), row(0, -80)],
            f"80 {TAKEN_BACK}",
        ),
        (
            [row(0, 80), row(80, -80), row(-80)],
            f"80 {TAKEN_BACK}",
        ),
        (
            [row(120, is_revoked=True)],
            f"120 {TAKEN_BACK}",
        ),
        ([row(-500)], "500 points were taken for order 1042, and none were given for it."),
        ([row(0)], "The programme knows order 1042 and has no points for it."),
    ],
)
def test_movements_of_the_order_say_how_many_points_it_has(
    rows: list[Movement], wanted: str
) -> None:
    assert said(told(*rows)) == wanted


def test_a_movement_of_another_order_is_none_of_this_one() -> None:
    other = row(120, orders=frozenset({"10421", "x1042"}), title="Order #10421, 1042.50 in all")

    assert said(told(other)) == "The programme tells nothing about order 1042."


@pytest.mark.parametrize("typed", ["1042", "#1042", " #1042 "])
def test_a_number_is_the_same_with_its_sign_or_without(typed: str) -> None:
    assert explain(Question(order=typed), [told(row(5))])[0].answer is Answer.BOOKED


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("Order #1042", True),
        ("Points for 1042.", True),
        ("ORDER 1042, thanks", True),
        ("Order #10420", False),
        ("Order 1042-2", False),
        ("Order A1042", False),
        ("spent 1042.50", False),
        ("[ld:7f1042ab]", False),
    ],
)
def test_a_text_that_names_the_number_is_quoted_and_not_believed(
    text: str, *, is_named: bool
) -> None:
    asked = replace(MIRA, movements=[row(120, orders=frozenset(), title=text)], tells_orders=False)
    sentences = said(asked)

    if is_named:
        assert sentences == (
            f"A movement names 1042 in its text: +120 points on 3 November 2026 (“{text}”). That it"
            " is for this order, the programme does not say."
        )
    else:
        assert sentences == (
            "The programme tells nothing about order 1042. Its movements do not say which order"
            " they are for."
        )


def test_a_note_for_staff_is_not_quoted() -> None:
    asked = told(row(5, orders=frozenset(), staff_note="1042 by eve@shop.example"))

    assert "eve" not in said(asked)
    assert "A movement names 1042" in said(asked)


def test_a_short_number_stands_in_many_texts_and_says_nothing_there() -> None:
    asked = told(row(5, orders=frozenset(), title="10 off, 2 gifts"))

    assert explain(Question(order="2"), [asked])[0].answer is Answer.NOTHING


def test_points_of_another_address_are_told_with_whose_they_are() -> None:
    sentences = said(MIRA, told(row(120), asked=OTHER))

    assert sentences == (
        "120 points are booked for order 1042, the last on 3 November 2026. That is member m2, by"
        " the address mira.holm@shop.example, and not the one matched to this customer."
    )


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (MemberStatus.GUEST, "The person is a guest of the programme and has not joined."),
        (MemberStatus.EXCLUDED, "The person is excluded from the programme."),
    ],
)
def test_what_is_so_of_the_person_is_said_beside_that_nothing_is_told(
    status: MemberStatus, wanted: str
) -> None:
    found = said(replace(MIRA, status=status))

    assert found == f"{wanted} The programme tells nothing about order 1042."
    assert wanted not in said(told(row(5), asked=replace(MIRA, status=status)))
    assert wanted not in said(MIRA, replace(OTHER, status=status)), "of another it says nothing"


@pytest.mark.parametrize(
    ("day", "is_before"), [(1, True), (2, False), (3, False), (4, False), (None, False)]
)
def test_before_joining_is_said_where_no_time_zone_can_make_it_wrong(
    day: int | None, *, is_before: bool
) -> None:
    question = Question(order="1042", ordered_on=date(2026, 11, day) if day else None)
    found = explain(question, [replace(MIRA, joined_on=date(2026, 11, 3))])

    assert (found[0].answer is Answer.BEFORE_JOINING) == is_before
    if is_before:
        assert answer_text(question, found).startswith(
            "The order is of 1 November 2026; the person joined on 3 November 2026."
        )


@pytest.mark.parametrize(
    ("day", "is_near"), [(31, False), (1, True), (3, True), (4, False)], ids=str
)
def test_where_no_order_is_named_what_came_soon_after_it_is_shown(
    day: int, *, is_near: bool
) -> None:
    ordered_on = date(2026, 10, 31) if day == 31 else date(2026, 11, day)
    rows = (row(120, orders=frozenset(), title="Purchase"), row(-9, orders=frozenset()))
    question = Question(order="1042", ordered_on=ordered_on)
    asked = replace(MIRA, movements=rows, tells_orders=False)

    sentences = said(asked, question=question)

    near = "+120 points were booked on 3 November 2026 (“Purchase”); for which order, the programme"
    assert (near in sentences) == is_near
    assert "-9" not in sentences
    assert "tells nothing about order 1042" in sentences
    assert near not in said(replace(asked, tells_orders=True), question=question)


def test_who_is_nobody_in_the_programme_is_not_known_to_it() -> None:
    nobody = Asked(address="mira@shop.example")

    assert said(nobody) == "The programme knows nobody by the addresses of this customer."
    assert said() == "This customer has no address by which the programme could be asked."


@pytest.mark.parametrize("problem", Problem)
def test_who_could_not_be_asked_is_neither_unknown_nor_without_points(problem: Problem) -> None:
    away = Asked(problem=problem)
    halfway = replace(MIRA, problem=problem)

    assert said(away) == PROBLEMS[problem]
    assert said(halfway) == PROBLEMS[problem]
    found = said(MIRA, replace(OTHER, problem=problem))
    assert found == (
        f"The programme tells nothing about order 1042. mira.holm@shop.example: {PROBLEMS[problem]}"
    )


def test_what_could_not_be_read_is_said_whatever_else_is() -> None:
    rest = "Not all movements could be read, so there may be more."

    assert said(replace(told(row(5)), unread=1)).endswith(rest)
    assert said(replace(MIRA, is_whole=False)).endswith(rest)
    assert rest not in said(told(row(5)))
