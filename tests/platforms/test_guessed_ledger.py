"""A ledger whose place is a guess: a wrong guess must not have an award paid twice."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.platforms.account import Account
from tests.platforms.applying import award, ended, run
from tests.platforms.cases import CASES

GUESSING = [case for case in CASES if str(case) in {"trifft", "loyaltylion"}]


@pytest.fixture(params=GUESSING, ids=str)
def account(
    request: pytest.FixtureRequest,
    sandbox: Sandbox,
    set_connection: SetConnection,
    installed: None,
) -> Account:
    found = Account(request.param, sandbox, set_connection)
    found.connect()
    return found


def test_what_a_ledger_does_not_show_is_unknown_until_it_showed_something(
    account: Account, staging: Engine
) -> None:
    account.spoil_award("drop")
    award_id = award(account, staging, "k1")
    run(account, staging)

    assert ended(account, staging, award_id) == ("unknown", "not in the ledger, and not sent again")
    assert account.booked() == []


def test_after_one_was_seen_in_it_absence_counts(account: Account, staging: Engine) -> None:
    award(account, staging, "k1")
    account.spoil_award("drop")
    award_id = award(account, staging, "k2")
    run(account, staging)

    assert ended(account, staging, award_id)[0] == "applied"
    assert len(account.booked()) == 2


def test_what_one_table_learned_another_does_not_know(account: Account, staging: Engine) -> None:
    award(account, staging, "k1")
    other = {"trifft": {"entry.state": None}, "loyaltylion": {"transaction.pending": None}}
    account.connect(extra={"api": other[account.case.name]})
    account.spoil_award("drop")
    award_id = award(account, staging, "k2")
    run(account, staging)

    assert ended(account, staging, award_id)[0] == "unknown"


def test_a_ledger_without_the_field_of_the_marker_is_no_ledger(
    account: Account, staging: Engine
) -> None:
    field = {"trifft": "entry.own_id", "loyaltylion": "transaction.reason"}[account.case.name]
    award(account, staging, "k1")
    account.connect(extra={"api": {field: "elsewhere"}})
    account.spoil_award("drop", after=True)
    award_id = award(account, staging, "k2")
    run(account, staging)
    run(account, staging)

    state, detail = ended(account, staging, award_id)
    assert (state, detail) == ("applying", "the ledger cannot be read")
    assert len(account.booked()) == 2


def test_an_account_without_a_ledger_leaves_a_lost_answer_to_a_person(
    account: Account, staging: Engine
) -> None:
    account.connect(extra={"api": {"path.transactions": None}})
    account.spoil_award("drop", after=True)
    award_id = award(account, staging, "k1")
    run(account, staging)

    assert ended(account, staging, award_id) == ("unknown", "the platform shows no ledger")
    assert len(account.booked()) == 1
    assert ended(account, staging, award(account, staging, "k2"))[0] == "applied"
