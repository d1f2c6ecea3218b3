"""Awards against a real Rivo stand-in: each is booked, or refused with its reason."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyalty_desk.records import AwardState, Unit
from sandbox.running import Sandbox
from tests.http.award_apply.applying import Apply, award, ledger, spoil, state_of


@pytest.mark.parametrize(
    ("amount", "unit"),
    [("50", Unit.POINTS), ("-20", Unit.POINTS), ("12.50", Unit.CREDITS), ("-3", Unit.CREDITS)],
)
def test_an_award_is_booked_with_its_marker_and_its_message(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str, amount: str, unit: Unit
) -> None:
    apply_first = award(staging, "100", idempotency_key="first")
    award(staging, "50", unit=Unit.CREDITS, idempotency_key="second")
    apply()
    award_id = award(staging, amount, unit=unit, note="sorry", message="Thank you")
    counts = apply()
    entry = ledger(sandbox)[-1]
    assert counts == {AwardState.APPLIED: 1}
    assert entry["member_id"] == int(member_id)
    assert state_of(staging, award_id) == ("applied", None)
    assert state_of(staging, apply_first) == ("applied", None)
    assert f"[ld:{award_id}]" in entry["internal_note"]
    assert entry["external_note"] == "Thank you"
    assert "sorry" in entry["internal_note"]


def test_nobody_by_that_e_mail_is_refused(staging: Engine, sandbox: Sandbox, apply: Apply) -> None:
    award_id = award(staging, email="nobody@shop.example")
    apply()
    assert state_of(staging, award_id) == ("refused", "customer_not_found")
    assert ledger(sandbox) == []


@pytest.mark.parametrize(
    ("status", "setting"), [("guest", "allow_guests"), ("excluded", "allow_excluded")]
)
@pytest.mark.parametrize("allowed", [True, False])
def test_guests_and_excluded_members_are_awarded_if_a_setting_allows_it(
    staging: Engine,
    sandbox: Sandbox,
    apply: Apply,
    member_id: str,
    status: str,
    setting: str,
    *,
    allowed: bool,
) -> None:
    sandbox.control("rivo", "PATCH", f"members/{member_id}", {"status": status})
    award_id = award(staging)
    apply(**{setting: allowed})
    expected = ("applied", None) if allowed else ("refused", status)
    assert state_of(staging, award_id) == expected
    assert len(ledger(sandbox)) == allowed


def test_what_the_platform_refuses_is_refused_with_its_status(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "status", status=422)
    apply()
    assert state_of(staging, award_id) == ("refused", "the platform answered 422")
