"""How a platform is asked for a person who waits, and how it is said that it told nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.lookup import asking
from loyalty_desk.lookup.asking import Asking, NotToldError, Told, asking_of
from loyalty_desk.lookup.problems import Problem
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.store_state import StateKey, keep_state
from tests.factories import STORE
from tests.forget import forget_lookups
from tests.platforms.account import Account

MIRA = "mira@shop.example"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    forget_lookups()


def asking_at(account: Account) -> Asking:
    return asking_of(account.store(lookup={"requests_per_s": 1000}))


def ask(account: Account, member_id: str, *, most: int | None = None, wait_s: float = 5) -> Told:
    return asking_at(account).movements(member_id, None, Deadline.after(wait_s), most=most)


def problem_of(account: Account, member_id: str, *, wait_s: float = 5) -> Problem:
    with pytest.raises(NotToldError) as caught:
        ask(account, member_id, wait_s=wait_s)
    return caught.value.problem


def member_with(account: Account, *points: int) -> str:
    member_id = account.add_member(email=MIRA)
    for number in points:
        account.control("POST", f"members/{member_id}/ledger", {"points": number})
    return member_id


def test_the_last_few_are_the_newest_wherever_they_are_listed(account: Account) -> None:
    member_id = member_with(account, 1, 2, 3, 4, 5)

    told = ask(account, member_id, most=2)

    assert [one.points for one in told.movements] == [5, 4]


def test_of_very_many_the_first_ones_are_not_taken_for_the_last(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_READ", 3)
    member_id = member_with(account, 1, 2, 3, 4, 5)

    told = ask(account, member_id)

    newest_first = account.platform().newest_first
    assert [one.points for one in told.movements] == ([5, 4, 3] if newest_first else [])
    assert not told.is_whole
    monkeypatch.setattr(asking, "MOST_READ", 5)
    assert ask(account, member_id).is_whole


def test_an_account_without_a_ledger_tells_none(account: Account) -> None:
    if account.case.name not in {"trifft", "loyaltylion"}:
        assert account.capabilities.tells_movements
        return
    api = {**account.options["api"], "path.transactions": None}
    account.connect(extra={"api": api})
    before = account.requests_made()

    assert problem_of(account, "7") is Problem.TELLS_NONE
    assert account.requests_made() == before


def test_trifft_tells_none_without_the_place_of_points(account: Account) -> None:
    if account.case.name != "trifft":
        return
    account.connect(extra={"api": {**account.options["api"], "entry.points": None}})

    assert problem_of(account, "mem-000001") is Problem.TELLS_NONE


@pytest.mark.parametrize("count", [1, 5])
def test_a_platform_that_is_away_is_asked_once_and_not_waited_for(
    account: Account, count: int
) -> None:
    member_id = member_with(account, 5)
    account.spoil("status", method="GET", count=count)
    before = account.requests_made()

    assert problem_of(account, member_id) is Problem.AWAY
    assert account.requests_made() == before + 1


def test_what_takes_too_long_is_slow_and_a_key_that_is_refused_is_the_connection(
    account: Account,
) -> None:
    member_id = member_with(account, 5)
    assert problem_of(account, member_id, wait_s=0) is Problem.SLOW
    forget_lookups()  # the key that is known goes on until it is refused
    account.connect(password="wrong")

    assert problem_of(account, member_id) is Problem.CONNECTION
    account.connect()
    assert [one.points for one in ask(account, member_id).movements] == [5]


def test_a_store_that_moved_to_another_platform_is_not_asked(account: Account) -> None:
    other = "smile" if account.case.name != "smile" else "rivo"
    told = f'{{"name": "{other}", "left": []}}'
    with staging_engine().begin() as connection:
        keep_state(connection, STORE, StateKey.PLATFORM, told, utc_now())
    before = account.requests_made()

    try:
        assert problem_of(account, "7") is Problem.CHANGED
    finally:
        told = f'{{"name": "{account.case.name}", "left": []}}'
        with staging_engine().begin() as connection:
            keep_state(connection, STORE, StateKey.PLATFORM, told, utc_now())
            connection.exec_driver_sql("DELETE FROM store_state")
    assert account.requests_made() == before


def test_an_address_of_several_is_nobodys(account: Account) -> None:
    for _ in range(2):
        account.add_member(email=MIRA)
    if account.case.name not in {"smile", "loyaltylion"}:
        return  # these find the first one themselves

    with pytest.raises(NotToldError) as caught:
        asking_at(account).find_member(MIRA, Deadline.after(5))

    assert caught.value.problem is Problem.SHARED
