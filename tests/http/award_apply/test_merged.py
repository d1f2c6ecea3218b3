"""The platform answers with another member than was asked for, as after a merge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.apply import NOT_THEIRS, Worker, apply_due
from loyalty_desk.awards.queue import settle_unknown
from loyalty_desk.awards.recipients import ANOTHER
from loyalty_desk.clock import utc_now
from loyalty_desk.platforms.base import Platform
from loyalty_desk.records import AwardState, Member
from sandbox.running import Sandbox
from tests.factories import STORE, store_settings
from tests.http.award_apply.applying import (
    EMAIL,
    Apply,
    award,
    events_of,
    ledger,
    let_leases_end,
    spoil,
    state_of,
)
from tests.http.conftest import SPEED


def test_an_award_whose_member_is_gone_after_it_was_sent_waits_for_a_person(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "drop")
    apply()
    sandbox.control("rivo", "DELETE", f"members/{member_id}")
    let_leases_end(staging)
    apply("two")
    assert state_of(staging, award_id)[0] == "unknown"


class Merged:
    """The real platform, but for a member whom it answers with the one that survived a merge."""

    def __init__(self, platform: Platform, gone: str, survivor: str) -> None:
        self._platform, self._gone, self._survivor = platform, gone, survivor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)

    def find_member(self, identifier: str) -> Member | None:
        return self._platform.find_member(self._now(identifier))

    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Any:
        return self._platform.iter_ledger(self._now(member_id), since)

    def _now(self, identifier: str) -> str:
        return self._survivor if identifier == self._gone else identifier


@pytest.fixture
def survivor(sandbox: Sandbox) -> str:
    content = {"email": "survivor@shop.example"}
    return str(sandbox.control("rivo", "POST", "members", content)["id"])


@pytest.mark.parametrize("asked_by", ["email", "member_id"])
def test_what_was_sent_to_a_member_that_was_merged_since_is_not_sent_to_the_other(
    staging: Engine,
    sandbox: Sandbox,
    apply: Apply,
    platform: Platform,
    member_id: str,
    survivor: str,
    asked_by: str,
) -> None:
    whom = {"email": EMAIL} if asked_by == "email" else {"email": None, "member_id": member_id}
    award_id = award(staging, **whom)
    spoil(sandbox, "drop", after=True)
    spoil(sandbox, "status", status=404, method="GET", route="*points_events*")
    apply()
    assert state_of(staging, award_id)[0] == "applying"
    let_leases_end(staging)

    merged = Merged(platform, member_id, survivor)
    worker = Worker(
        store=store_settings(), engine=staging, platform=merged, name="two", speed=SPEED
    )
    apply_due(worker)

    assert state_of(staging, award_id) == ("unknown", ANOTHER)
    assert len(ledger(sandbox)) == 1


@pytest.mark.parametrize("asked_by", ["email", "member_id"])
def test_before_anything_was_sent_nothing_is_booked_for_the_other(
    staging: Engine,
    sandbox: Sandbox,
    platform: Platform,
    member_id: str,
    survivor: str,
    asked_by: str,
) -> None:
    whom = {"email": EMAIL} if asked_by == "email" else {"email": None, "member_id": member_id}
    award_id = award(staging, **whom)
    merged = Merged(platform, whom.get("member_id") or EMAIL, survivor)
    worker = Worker(
        store=store_settings(), engine=staging, platform=merged, name="one", speed=SPEED
    )

    assert apply_due(worker) == {AwardState.REFUSED: 1}
    assert state_of(staging, award_id) == ("refused", ANOTHER)
    assert ledger(sandbox) == []


def test_on_a_persons_word_it_is_sent_to_the_other_and_the_audit_says_so(
    staging: Engine,
    sandbox: Sandbox,
    apply: Apply,
    platform: Platform,
    member_id: str,
    survivor: str,
) -> None:
    award_id = award(staging)
    spoil(sandbox, "drop")
    apply()
    let_leases_end(staging)
    merged = Merged(platform, member_id, survivor)
    worker = Worker(
        store=store_settings(), engine=staging, platform=merged, name="two", speed=SPEED
    )
    apply_due(worker)
    assert state_of(staging, award_id) == ("unknown", ANOTHER)
    with staging.begin() as connection:
        settle_unknown(
            connection,
            STORE,
            award_id,
            utc_now(),
            was_applied=False,
            actor="eve",
            why="not in the ledger of either",
        )

    assert apply_due(worker) == {AwardState.APPLIED: 1}

    said = [event for event in events_of(staging, award_id) if event.detail == ANOTHER]
    assert [event.state for event in said] == ["unknown", "applying"]
    assert EMAIL not in said[1].facts
    assert [str(entry["member_id"]) for entry in ledger(sandbox)] == [survivor]


def test_on_a_persons_word_the_ledger_of_the_other_in_place_of_the_gone_one_s_is_no_hindrance(
    staging: Engine,
    sandbox: Sandbox,
    apply: Apply,
    platform: Platform,
    member_id: str,
    survivor: str,
) -> None:
    award(staging, email=None, member_id=survivor, idempotency_key="other")
    apply()
    award_id = award(staging)
    spoil(sandbox, "drop")
    apply()
    let_leases_end(staging)
    merged = Merged(platform, member_id, survivor)
    worker = Worker(
        store=store_settings(), engine=staging, platform=merged, name="two", speed=SPEED
    )
    apply_due(worker)
    assert state_of(staging, award_id) == ("unknown", NOT_THEIRS)
    with staging.begin() as connection:
        settle_unknown(
            *(connection, STORE, award_id, utc_now()),
            was_applied=False,
            actor="eve",
            why="not in the ledger of either",
        )

    assert apply_due(worker) == {AwardState.APPLIED: 1}
    assert [str(entry["member_id"]) for entry in ledger(sandbox)] == [survivor, survivor]
