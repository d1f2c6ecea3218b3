"""Conformance, an answer about somebody else: nobody is shown or awarded what is another's.

A cache in between may take one request for another, and a platform may answer with whoever survived
a merge.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.awards.apply import NOT_THEIRS, Worker, apply_due
from loyalty_desk.awards.queue import Door, get_award, queue_award
from loyalty_desk.awards.recipients import ANOTHER
from loyalty_desk.clock import utc_now
from loyalty_desk.lookup.fresh import Lookup
from loyalty_desk.records import AwardState
from loyalty_desk.refresh import CardShower
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_members
from loyalty_desk.staging.statements import statement
from tests.factories import STORE
from tests.platforms.account import Account, found, markers_of
from tests.platforms.applying import award, ended, run
from tests.platforms.cases import CASES
from tests.sql.test_awards import request

MIRA, NORA = "mira@shop.example", "nora@shop.example"
LOOKED_THROUGH = {("smile", "email"), ("loyaltylion", "email"), ("loyaltylion", "member_id")}
"""Where a list is answered, which is looked through for whom was asked: the other is nobody."""


@pytest.fixture
def mira(account: Account) -> str:
    return account.add_member(email=MIRA, points_tally=100)


@pytest.fixture
def nora(account: Account) -> str:
    return account.add_member(email=NORA, points_tally=9000)


def mix_up(account: Account, first: str) -> None:
    """From now on every question about a member is answered as one about the first."""
    account.spoil("mix_up", method="GET", route=account.case.member_route, count=None)
    found(account.platform(), first)


@pytest.mark.parametrize("is_staged", [True, False], ids=["known", "unknown"])
def test_a_lookup_shows_no_card_of_somebody_else(
    account: Account, staging: Engine, mira: str, nora: str, *, is_staged: bool
) -> None:
    if is_staged:
        with staging.begin() as connection:
            member = found(account.platform(), mira)
            stage_members(connection, STORE, [member], utc_now(), first_load=False)
    mix_up(account, nora if is_staged else NORA)
    store = account.store(lookup={"deadline_s": 4, "requests_per_s": 1000})
    lookup = Lookup(store, staging, account.for_lookups)

    answer = lookup.find(MIRA)
    lookup.close()

    told = json.dumps(answer.content())
    assert nora not in told
    assert "9000" not in told
    is_known = is_staged and (account.case.name, "member_id") not in LOOKED_THROUGH
    assert answer.found.member_id == (mira if is_known else None)
    with staging.connect() as connection:  # nor is anything taken for news
        known = set(connection.execute(select(schema.members.c.member_id)).scalars())
        news = connection.execute(select(schema.cards_to_show)).all()
    assert known == ({mira} if is_staged else set())
    assert news == []


def test_a_member_who_is_read_again_is_not_taken_for_somebody_else(
    account: Account, staging: Engine, mira: str, nora: str
) -> None:
    mix_up(account, nora)
    gorgias: Any = None  # it is not asked
    shower = CardShower(account.store(), staging, account.platform(), gorgias)

    assert shower.reread_member(mira) is None
    with staging.connect() as connection:
        assert connection.execute(select(schema.members)).all() == []


@pytest.mark.parametrize("asked_by", ["email", "member_id"])
def test_an_award_is_not_booked_for_somebody_else(
    account: Account, staging: Engine, mira: str, nora: str, asked_by: str
) -> None:
    whom = {"email": MIRA} if asked_by == "email" else {"email": None, "member_id": mira}
    with staging.begin() as connection:
        wanted = request(**whom)
        queued = queue_award(connection, account.store(), wanted, utc_now(), door=Door.HTTP)
    mix_up(account, NORA if asked_by == "email" else nora)
    platform = account.platform(for_awards=True, max_wait_s=5)

    worker = Worker(store=account.store(), engine=staging, platform=platform, name="one")
    counts = apply_due(worker)

    assert account.booked() == []
    assert counts == {AwardState.REFUSED: 1}
    with staging.connect() as connection:
        detail = get_award(connection, STORE, queued.award_id).detail
    is_nobody = (account.case.name, asked_by) in LOOKED_THROUGH
    assert detail == ("customer_not_found" if is_nobody else ANOTHER)


@pytest.mark.parametrize("case", [case for case in CASES if case.name != "trifft"], ids=str)
def test_what_another_s_ledger_does_not_show_is_not_sent_again(
    account: Account, staging: Engine
) -> None:
    """TRIFFT's entries are not known to tell whose they are."""
    award(account, staging, "nora")
    account.spoil_award("drop", after=True)
    account.spoil("status", method="GET", route=account.case.ledger_route, status=404)
    award_id = award(account, staging, "mira")
    assert ended(account, staging, award_id)[0] == "applying", "nobody could look at once"

    account.spoil("mix_up", method="GET", route=account.case.ledger_route, count=2)
    platform = account.platform()
    assert list(platform.iter_ledger(found(platform, NORA).member_id))
    run(account, staging)

    assert ended(account, staging, award_id) == ("unknown", NOT_THEIRS)
    assert sum(f"ld:{award_id}" in markers_of(entry) for entry in account.booked()) == 1


def test_what_was_sent_to_nobody_knows_whom_is_not_looked_for_at_another(
    account: Account, staging: Engine, mira: str, nora: str
) -> None:
    """After a restore an award by e-mail may have been sent, and does not say to whom."""
    award(account, staging, "seen")
    with staging.begin() as connection:
        wanted = request(email=MIRA)
        queued = queue_award(connection, account.store(), wanted, utc_now(), door=Door.HTTP)
        connection.execute(statement("restore/doubt_waiting_awards"))
    account.spoil("mix_up", method="GET", route=account.case.member_route, count=2)
    found(account.platform(), NORA)

    run(account, staging)

    assert ended(account, staging, queued.award_id)[0] == "unknown"
    assert len(account.booked()) == 1
