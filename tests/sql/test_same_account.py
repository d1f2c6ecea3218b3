"""A key of another account of the same platform stops a run before anything of it is staged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BrakeError
from loyalty_desk.platforms.base import Capabilities, MemberPage
from loyalty_desk.records import Member
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.watermarks import Watermark, save_watermark
from loyalty_desk.sync.brake import ENOUGH
from loyalty_desk.sync.members import extract_members
from tests.factories import NOW, STORE, member, store_settings
from tests.sql.staged import Staged


class Account:
    """An account of a platform, with a member a page; `lists_changes` if it can tell them."""

    guessed = "nothing"

    def __init__(
        self,
        members: Sequence[Member],
        *,
        unchanged: Sequence[Member] = (),
        lists_changes: bool = False,
    ) -> None:
        self.members, self.unchanged = members, unchanged
        self.capabilities = Capabilities(card_keys=frozenset(), lists_changes=lists_changes)

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        del changed_since
        for one in self.members:
            yield MemberPage(members=[one], rejected=[])

    def find_member(self, member_id: str) -> Member | None:
        """Also one whom the list of changes does not have, or not yet."""
        there = (*self.members, *self.unchanged)
        return next((one for one in there if one.member_id == member_id), None)


def address(number: int) -> str:
    return f"p{number}@shop.example"


def account_of(prefix: str, count: int = ENOUGH) -> list[Member]:
    return [member(f"{prefix}{number}", email=address(number)) for number in range(count)]


@pytest.fixture
def run(staging: Engine) -> Run:
    """Of a store whose members a0, a1, … are customers."""
    with staging.begin() as connection:
        staged = Staged(connection)
        for number in range(ENOUGH):
            staged.member(f"a{number}", address(number))
            staged.customer(number, address(number))
            staged.match(number, f"a{number}")
        start_run(connection, STORE, "r", {}, NOW)
    return Run(store=store_settings(), run_id="r", params=RunParams(), engine=staging)


def member_ids(run: Run) -> set[str]:
    with run.engine.connect() as connection:
        return set(Staged(connection).rows(schema.members, "member_id"))


def read(run: Run, account: Account) -> None:
    def no_folder(address: str) -> None:
        raise AssertionError(address)

    extract_members(run, account, no_folder)  # type: ignore[arg-type] # lists, and nothing else


@pytest.mark.parametrize("lists_changes", [False, True])
def test_the_same_people_under_other_ids_are_another_account(
    run: Run, *, lists_changes: bool
) -> None:
    if lists_changes:
        with run.engine.begin() as connection:
            now = utc_now().isoformat()
            whole = Watermark(since=now, full_scan_at_utc=now)
            save_watermark(connection, STORE, "members", whole)
    before = member_ids(run)

    with pytest.raises(BrakeError, match=r"none has its own, .* key is that of another account"):
        read(run, Account(account_of("b"), lists_changes=lists_changes))

    assert member_ids(run) == before, "nothing of it is staged"


@pytest.mark.parametrize(
    "there",
    [
        pytest.param([*account_of("b")[1:], *account_of("a", 1)], id="one is who it was"),
        pytest.param([*account_of("b")[1:], *account_of("a")], id="some joined anew"),
        pytest.param([*account_of("a"), *account_of("b")], id="everybody is there twice"),
        pytest.param([*account_of("b"), *account_of("a")], id="twice, the newest first"),
    ],
)
def test_members_who_joined_anew_are_the_same_account(run: Run, there: list[Member]) -> None:
    read(run, Account(there))

    assert {one.member_id for one in there} <= member_ids(run)


def test_some_who_were_made_anew_or_guests_alone_among_what_changed_are_the_same_account(
    run: Run,
) -> None:
    others = account_of("a", ENOUGH * 4)[ENOUGH:]
    with run.engine.begin() as connection:
        staged, now = Staged(connection), utc_now().isoformat()
        for number, one in enumerate(others, start=ENOUGH):
            staged.member(one.member_id, one.email)
            staged.customer(number, one.email)
            staged.match(number, one.member_id)
        whole = Watermark(since=now, full_scan_at_utc=now)
        save_watermark(connection, STORE, "members", whole)

    read(run, Account(account_of("b"), unchanged=others, lists_changes=True))

    assert "b1" in member_ids(run)


def test_an_account_with_the_same_ids_for_others_is_another(run: Run) -> None:
    theirs = [member(f"a{number}", email=f"q{number}@shop.example") for number in range(ENOUGH)]

    with pytest.raises(BrakeError, match="another account"):
        read(run, Account(account_of("b"), unchanged=theirs))


def test_before_anybody_is_matched_what_is_staged_proves_nothing(run: Run) -> None:
    with run.engine.begin() as connection:
        Staged(connection).delete(schema.matches)

    read(run, Account(account_of("b")))

    assert "b1" in member_ids(run)


def test_a_run_that_was_released_goes_on(run: Run) -> None:
    released = Run(
        store=run.store, run_id="r", params=RunParams(release_brake=True), engine=run.engine
    )

    read(released, Account(account_of("b")))

    assert "b1" in member_ids(run)
