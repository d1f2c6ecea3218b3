"""What pages of the desk say: times by a zone, spans in words, and no word of the program."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from loyalty_desk.awards.queue import Door
from loyalty_desk.clock import in_zone
from loyalty_desk.web.pages import templates
from loyalty_desk.web.wording import (
    DOORS,
    as_of,
    grouped,
    key_label,
    plain,
    span,
    started,
)

AT = datetime(2026, 11, 3, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Oslo", "3 Nov 2026, 14:05 CET"),
        ("America/Sao_Paulo", "3 Nov 2026, 10:05 UTC-03:00"),
        ("Asia/Kathmandu", "3 Nov 2026, 18:50 UTC+05:45"),
        ("UTC", "3 Nov 2026, 13:05 UTC"),
    ],
)
def test_a_time_is_said_by_the_zone_with_its_sign(zone: str, said: str) -> None:
    assert in_zone(AT, zone) == said


def test_clocks_that_are_changed_change_the_sign() -> None:
    assert in_zone(AT.replace(month=7), "Europe/Oslo") == "3 Jul 2026, 15:05 CEST"


def test_the_moment_of_a_page_names_the_zone_whole() -> None:
    assert as_of(AT, "Europe/Oslo") == "14:05 Europe/Oslo"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (29.7, "less than a minute"),
        (60, "1 minute"),
        (3_599.8, "1 hour"),
        (3_660, "1 hour 1 minute"),
        (9 * 3_600 + 120, "9 hours 2 minutes"),
        (86_400 + 300, "1 day"),
        (2 * 86_400 + 7 * 3_600, "2 days 7 hours"),
        (86_400 * 1_157, "1,157 days"),
    ],
)
def test_a_span_of_time_is_said_in_the_units_that_matter(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_words_of_the_program_become_those_of_people_and_names_stay_as_they_are() -> None:
    text = "<b> points_balance: customer_not_found, see awards.max_points_per_award and `airflow x`"

    assert plain(text) == (
        "&lt;b&gt; points balance: customer not found, see <code>awards.max_points_per_award</code>"
        " and <code>airflow x</code>"
    )


def test_every_way_in_has_its_words() -> None:
    assert set(DOORS) == set(Door)


def test_a_run_says_how_it_began_as_far_as_its_id_tells() -> None:
    assert started("scheduled__2026-11-03T05:00:00+00:00") == "by schedule"
    assert started("of-somebody-else") == ""


def test_numbers_have_their_thousands_marked_and_texts_stay() -> None:
    assert [grouped(1450), grouped("unknown"), grouped(None)] == ["1,450", "unknown", ""]


def test_keys_of_the_card_are_said_as_the_widget_says_them() -> None:
    assert (key_label("points_balance"), key_label("new_thing")) == ("Points", "New thing")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (20.0, "rate", "20.00"),
        (1234.5, "rate", "1,234.50"),
        (0.125, "share", "12.5%"),
        (1234, "number", "1,234"),
        (None, "rate", "—"),
    ],
)
def test_a_number_of_goodwill_has_as_many_digits_as_those_above_it(
    value: float | None, kind: str, text: str
) -> None:
    assert templates().filters["cell"](value, kind) == text
