"""Conformance, an address that two members have: nobody is awarded by it, whoever it finds."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.apply import Worker, apply_due
from loyalty_desk.awards.queue import Door, get_award, get_events, queue_award
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.clock import utc_now
from loyalty_desk.records import AwardState
from loyalty_desk.staging.statements import statement
from tests.factories import STORE
from tests.platforms.account import Account
from tests.platforms.applying import award
from tests.sql.staged import Staged
from tests.sql.test_awards import request

EMAIL = "two@shop.example"
SEES_BOTH = {"smile", "loyaltylion"}
"""Whose search shows all who have an address; the others answer with one."""


@pytest.fixture
def member_ids(account: Account) -> list[str]:
    return sorted(account.add_member(email=EMAIL) for _ in range(2))


def queue(staging: Engine, account: Account, **values: object) -> str:
    with staging.begin() as connection:
        wanted = request(**{"email": EMAIL, **values})
        queued = queue_award(connection, account.store(), wanted, utc_now(), door=Door.HTTP)
        return queued.award_id


def apply(staging: Engine, account: Account) -> dict[AwardState, int]:
    platform = account.platform(for_awards=True, max_wait_s=5)
    return apply_due(Worker(store=account.store(), engine=staging, platform=platform, name="one"))


def stage(staging: Engine, *member_ids: str) -> None:
    with staging.begin() as connection:
        for member_id in member_ids:
            Staged(connection).member(member_id, EMAIL)


@pytest.mark.parametrize("knows", ["both", "one", "none"])
def test_an_award_by_a_shared_address_is_refused_and_names_both(
    account: Account, staging: Engine, member_ids: list[str], knows: str
) -> None:
    """The sync may learn of them between queueing and applying, of both or of the other one."""
    if account.case.name not in SEES_BOTH and knows == "none":
        pytest.skip("neither the platform nor staging tells of the other")
    award_id = queue(staging, account)
    found = account.platform().find_member(EMAIL) if account.case.name not in SEES_BOTH else None
    other = [one for one in member_ids if found is None or one != found.member_id]
    stage(staging, *{"both": member_ids, "one": other[:1], "none": []}[knows])

    assert apply(staging, account) == {AwardState.REFUSED: 1}

    with staging.connect() as connection:
        award = get_award(connection, STORE, award_id)
        last = get_events(connection, STORE, award_id)[-1]
    assert award.detail == "ambiguous"
    assert json.loads(last.facts) == {"member_ids": member_ids}
    assert account.booked() == []


def test_one_that_may_be_booked_since_a_backup_is_for_a_person_at_once(
    account: Account, staging: Engine, member_ids: list[str]
) -> None:
    """Which of them it was sent for, if it was, staging does not know any more."""
    award(account, staging, "seen")
    award_id = queue(staging, account)
    stage(staging, *member_ids)
    with staging.begin() as connection:
        connection.execute(statement("restore/doubt_waiting_awards"))

    assert apply(staging, account) == {AwardState.UNKNOWN: 1}

    with staging.connect() as connection:
        assert get_award(connection, STORE, award_id).detail == "ambiguous"
    assert len(account.booked()) == 1


def test_an_award_by_an_address_that_staging_knows_of_two_is_refused_at_once(
    account: Account, staging: Engine, member_ids: list[str]
) -> None:
    stage(staging, *member_ids)

    with pytest.raises(SharedAwardError, match=", ".join(member_ids)):
        queue(staging, account)

    queue(staging, account, email=None, member_id=member_ids[1])
    assert apply(staging, account) == {AwardState.APPLIED: 1}
    assert [str(entry["member_id"]) for entry in account.booked()] == [member_ids[1]]
