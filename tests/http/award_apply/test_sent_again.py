"""What a person has sent again is looked for first, and the audit says what was found."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.ledger import TAKEN_BACK
from loyalty_desk.awards.queue import settle_unknown
from loyalty_desk.clock import utc_now
from loyalty_desk.records import AwardState
from sandbox.running import Sandbox
from tests.factories import STORE
from tests.http.award_apply.applying import (
    Apply,
    award,
    events_of,
    ledger,
    let_leases_end,
    spoil,
    state_of,
)

NOT_THERE = "looked first: not in the ledger"


def send_again(staging: Engine, award_id: str) -> None:
    with staging.begin() as connection:
        settle_unknown(
            connection, STORE, award_id, utc_now(), was_applied=False, actor="eve", why="not there"
        )


@pytest.fixture
def doubted(staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str) -> str:
    """An award that is booked, and unknown, as nobody could read the ledger for long."""
    award_id = award(staging)
    spoil(sandbox, "drop", after=True)
    spoil(sandbox, "status", status=404, method="GET", route="*points_events*", count=2)
    apply()
    let_leases_end(staging)
    apply("two", give_up_hours=1e-9)
    assert state_of(staging, award_id)[0] == "unknown"
    assert len(ledger(sandbox)) == 1
    return award_id


def test_one_that_is_booked_after_all_is_found_and_not_booked_again(
    staging: Engine, sandbox: Sandbox, apply: Apply, doubted: str
) -> None:
    send_again(staging, doubted)

    assert apply("three") == {AwardState.APPLIED: 1}

    assert state_of(staging, doubted) == ("applied", "found in the ledger")
    assert len(ledger(sandbox)) == 1


def test_one_that_was_taken_back_is_booked_again_on_a_persons_word(
    staging: Engine, sandbox: Sandbox, apply: Apply, doubted: str
) -> None:
    [entry] = ledger(sandbox)
    sandbox.control("rivo", "POST", f"ledger/{entry['id']}/revoke")
    send_again(staging, doubted)

    apply("three")

    assert state_of(staging, doubted)[0] == "applied"
    assert [entry["revoked"] for entry in ledger(sandbox)] == [True, False]
    assert TAKEN_BACK in [event.detail for event in events_of(staging, doubted)]


def test_one_that_is_not_there_is_booked_and_the_audit_says_so(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "drop", count=2)
    for name in ("one", "two", "three"):
        apply(name)
        let_leases_end(staging)
    send_again(staging, award_id)

    apply("four")

    assert state_of(staging, award_id)[0] == "applied"
    assert len(ledger(sandbox)) == 1
    assert NOT_THERE in [event.detail for event in events_of(staging, award_id)]


def test_nothing_is_sent_while_the_ledger_cannot_be_read(
    staging: Engine, sandbox: Sandbox, apply: Apply, doubted: str
) -> None:
    send_again(staging, doubted)
    spoil(sandbox, "status", status=404, method="GET", route="*points_events*")

    apply("three")

    assert state_of(staging, doubted) == ("queued", "the ledger cannot be read")
    assert len(ledger(sandbox)) == 1
    let_leases_end(staging)
    apply("four")
    assert state_of(staging, doubted) == ("applied", "found in the ledger")


def test_one_whose_member_is_gone_is_for_a_person_once_more(
    staging: Engine, sandbox: Sandbox, apply: Apply, doubted: str, member_id: str
) -> None:
    sandbox.control("rivo", "DELETE", f"members/{member_id}")
    send_again(staging, doubted)

    apply("three")

    assert state_of(staging, doubted)[0] in {"unknown", "applied"}
