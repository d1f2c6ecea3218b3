"""What makes time and people trying: bookings that show late, another clock, and merges."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from sandbox.running import Sandbox, SandboxError
from tests.sandbox.calls import Call, members_of

DAY_S = 86_400.0


@pytest.fixture
def member_id(sandbox: Sandbox) -> str:
    return str(sandbox.control("rivo", "POST", "members", {"email": "mira@shop.example"})["id"])


def book(rivo: Call, member_id: str) -> dict[str, Any]:
    """Book five points; the entry's attributes."""
    form = {"customer_identifier": member_id, "source": "manual", "points_amount": "5"}
    answer = rivo("POST", "/points_events", data=form)
    assert answer.status_code == 201
    attributes: dict[str, Any] = answer.json()["data"]["attributes"]
    return attributes


def test_what_a_day_would_bring_is_there_once_a_day_is_skipped(
    sandbox: Sandbox, rivo: Call, member_id: str
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_event_visible_after_s": DAY_S})
    book(rivo, member_id)
    assert sandbox.control("rivo", "GET", "ledger")["unseen"] == 1

    sandbox.control("rivo", "POST", "clock", {"skip_s": DAY_S})

    assert sandbox.control("rivo", "GET", "ledger")["unseen"] == 0


@pytest.mark.parametrize("ahead_s", [-DAY_S, DAY_S])
def test_the_platform_s_clock_may_be_another(
    sandbox: Sandbox, rivo: Call, member_id: str, ahead_s: float
) -> None:
    ours = datetime.fromisoformat(book(rivo, member_id)["applied_at"])

    sandbox.control("rivo", "POST", "switches", {"programme_clock_ahead_s": ahead_s})

    theirs = datetime.fromisoformat(book(rivo, member_id)["applied_at"])
    assert ahead_s <= (theirs - ours).total_seconds() < ahead_s + 60


def test_whoever_was_merged_is_gone_or_answers_as_the_other(
    sandbox: Sandbox, rivo: Call, member_id: str
) -> None:
    other = str(members_of(sandbox, limit=1)[0]["id"])
    book(rivo, member_id)

    sandbox.control("rivo", "POST", f"members/{member_id}/merge", {"into": other})

    assert rivo("GET", f"/customers/{member_id}").status_code == 404
    assert rivo("GET", "/customers/mira%40shop.example").status_code == 404
    sandbox.control("rivo", "POST", "switches", {"programme_merged_answers": "survivor"})
    assert str(rivo("GET", f"/customers/{member_id}").json()["data"]["id"]) == other
    book(rivo, member_id)
    booked = sandbox.control("rivo", "GET", "ledger")["data"]
    assert [str(one["member_id"]) for one in booked] == [member_id, other]


def test_nobody_is_merged_into_nobody(sandbox: Sandbox, member_id: str) -> None:
    for into in (member_id, "1", None):
        with pytest.raises(SandboxError):
            sandbox.control("rivo", "POST", f"members/{member_id}/merge", {"into": into})
