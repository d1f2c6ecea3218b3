"""What is told about a real Rivo stand-in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.platforms.base import Platform
from sandbox.running import Sandbox
from tests.http.rivo.booking import PLUS_EMAIL, order, spoil


def test_nothing_logged_or_raised_holds_an_email_or_a_note(
    sandbox: Sandbox, platform: Platform, member_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    to_email = order(PLUS_EMAIL, message="Sorry!")
    calls: list[Callable[[], Any]] = [
        lambda: platform.find_member(PLUS_EMAIL),
        lambda: platform.award(to_email),
        lambda: list(platform.iter_ledger(PLUS_EMAIL)),
    ]
    told = []
    for status in (400, 401, 422, 500):
        spoil(sandbox, "status", status=status, count=None)
        for call in calls:
            with pytest.raises(LoyaltyDeskError) as caught:
                call()
            assert caught.value.__context__ is None
            told.append(str(caught.value))
        sandbox.control("rivo", "DELETE", "faults")
    for call in calls:
        spoil(sandbox, "status", status=429, retry_after="1")
        call()

    everything = "\n".join([*told, caplog.text])
    assert "GET /customers/{customer_identifier}" in everything
    assert "next attempt" in caplog.text
    key = sandbox.rivo["api_key"]
    for hidden in ("mira", "@", "%40", "shop.example", "ld:", "goodwill", "Sorry", key):
        assert hidden not in everything
