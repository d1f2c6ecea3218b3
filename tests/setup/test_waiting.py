"""Waiting for something to be so, where no event tells of it."""

from __future__ import annotations

import pytest

from scripts.waiting import look_until


def test_what_was_waited_for_comes_back_as_soon_as_it_is_so() -> None:
    looks = iter([None, 0, "here", "too late"])

    assert look_until(lambda: next(looks), 60, pace_s=(0, 0)) == "here"


def test_what_was_seen_last_comes_back_when_time_is_up() -> None:
    assert look_until(lambda: "", 0, pace_s=(0, 0)) == ""


def test_whoever_waits_is_told_when_what_it_waits_for_has_died() -> None:
    def check() -> None:
        raise RuntimeError("it died")

    with pytest.raises(RuntimeError, match="it died"):
        look_until(lambda: False, 60, check)
