"""Dates on a card are days that exist, however a platform or a file writes them."""

from __future__ import annotations

import pytest

from loyalty_desk.card.dates import find_date, read_birthday, read_date


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("March 05, 2026", "2026-03-05"),
        ("Mar 5, 2026", "2026-03-05"),
        ("2026-03-05", "2026-03-05"),
        ("2026-3-5", "2026-03-05"),
        ("2026-03-05T00:00:00.000Z", "2026-03-05"),
        ("2026-03-05T23:30:00-08:00", "2026-03-05"),
        ("2026-03-05 00:00:00 UTC", "2026-03-05"),
        ("05.03.2026", "2026-03-05"),
        ("31.12.2026 23:59", "2026-12-31"),
        ("12/31/2026", "2026-12-31"),
        ("31/12/2026", "2026-12-31"),
        ("05/05/2026", "2026-05-05"),
        ("05/03/2026", None),
        ("February 30, 2026", None),
        ("2026-02-30T00:00:00Z", None),
        ("2025-02-29", None),
        ("30.02.2026", None),
        ("2026-03-05x", None),
        ("0000-00-00", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_found_where_it_can_be_only_one(text: str | None, iso: str | None) -> None:
    assert find_date(text) == iso


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("12/31/2026", "2026-12-31"),
        ("05/03/2026", "05/03/2026"),
        ("end of May", "end of May"),
        ("Mai 5, 2026", "Mai 5, 2026"),
        ("02/30/2026", None),
        ("30.02.2026", None),
        ("2026-02-30", None),
        ("February 30, 2026", None),
        (None, None),
    ],
)
def test_what_may_be_a_date_stays_as_it_was_told(text: str | None, told: str | None) -> None:
    assert read_date(text) == told


@pytest.mark.parametrize(
    ("text", "birthday"),
    [
        ("1990-03-19T00:00:00Z", "1990-03-19"),
        ("1990-03-19", "1990-03-19"),
        ("19.03.1990", "1990-03-19"),
        ("03-19", "03-19"),
        ("3-9", "03-09"),
        ("--03-19", "03-19"),
        ("12-24", "12-24"),
        ("--12-24", "12-24"),
        ("24-12", "12-24"),
        ("04-03", "04-03"),
        ("02-29", "02-29"),
        ("29-02", "02-29"),
        ("1004-02-29T00:00:00Z", "02-29"),
        ("0000-03-19", "03-19"),
        ("0001-03-19T00:00:00", "03-19"),
        ("19 March", "19 March"),
        ("02-30", None),
        ("1990-02-30", None),
        ("1990-02-30T00:00:00Z", None),
        ("1989-02-29", None),
        ("1004-02-30", None),
        ("13-01", "01-13"),
        ("13-13", None),
        ("30-02", None),
        ("1004-24-12", None),
        ("0000-00-00", None),
        ("", None),
        (None, None),
    ],
)
def test_a_birthday_is_a_day_with_a_year_or_without(text: str | None, birthday: str | None) -> None:
    assert read_birthday(text) == birthday
