"""The shared budget on both databases, against the sandbox's bucket and a clock that we move."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from loyalty_desk.errors import ApiUnavailableError, TemporaryError
from loyalty_desk.gorgias.budget import BudgetGate
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.staging.statements import statement
from sandbox.bucket import Bucket

USED = "X-Gorgias-Account-Api-Call-Limit"
START_S = 1_800_000_000.0


class Account:
    """One Gorgias account: its bucket, the time, and the gates of several processes."""

    def __init__(self, engine: Engine, *, limit: int = 40, window_s: float = 20.0) -> None:
        self.engine, self.bucket = engine, Bucket(limit, window_s)
        self.now_s, self.accepted, self.refused = START_S, 0, 0

    def gate(self, *, urgent: bool = False, **settings: Any) -> BudgetGate:
        """A gate that may fill the bucket but for the headroom; a test of the reserve names one."""
        values = BudgetSettings.model_validate({"share": 1.0, "reserve": 0, **settings})
        return BudgetGate(
            self.engine,
            "shop.gorgias.com",
            values,
            urgent=urgent,
            sleep=self.sleep,
            clock=lambda: self.now_s,
        )

    def level(self) -> float:
        """How full the mirror was when it was last written."""
        with self.engine.connect() as connection:
            binds = {"account": "shop.gorgias.com"}
            return float(connection.execute(statement("budget/select_budget"), binds).one().level)

    def sleep(self, wait_s: float) -> None:
        assert wait_s > 0
        self.now_s += wait_s

    def request(self, gate: BudgetGate, *, takes_s: float = 0.05) -> None:
        """Send one request as the transport does."""
        gate.enter()
        self.now_s += takes_s / 2
        taken = self.bucket.take(self.now_s - START_S)
        self.now_s += takes_s / 2
        gate.learn({"x-gorgias-account-api-call-limit".title(): taken.header})
        if taken.retry_after_s:
            self.refused += 1
            gate.refused(taken.retry_after_s)
            self.now_s += taken.retry_after_s
        else:
            self.accepted += 1

    def run(self, *gates: BudgetGate, for_s: float) -> None:
        end_s = self.now_s + for_s
        while self.now_s < end_s:
            for gate in gates:
                self.request(gate)

    def used_share(self, left: float = 1.0) -> float:
        bucket = self.bucket
        allowed = bucket.limit + (self.now_s - START_S) * left * bucket.limit / 20.0
        return self.accepted / allowed


@pytest.fixture
def account(staging: Engine) -> Account:
    return Account(staging)


def test_a_steady_stream_uses_the_budget_and_is_never_refused(account: Account) -> None:
    account.run(account.gate(), for_s=120)

    assert account.used_share() >= 0.95
    assert account.refused == 0


def test_two_processes_share_one_budget(account: Account) -> None:
    account.run(account.gate(), account.gate(), for_s=120)

    assert account.used_share() >= 0.95
    assert account.refused == 0


def test_another_tool_is_seen_in_the_header(account: Account) -> None:
    account.bucket.load(0, 0.5, 10_000)

    account.run(account.gate(), account.gate(), for_s=200)

    assert account.refused <= 0.01 * account.accepted
    assert account.used_share(left=0.5) >= 0.95


def test_a_share_leaves_the_rest_to_others(account: Account) -> None:
    account.run(account.gate(share=0.6), account.gate(share=0.6), for_s=120)

    assert 0.57 <= account.used_share() <= 0.605


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_what_is_urgent_finds_room_behind_which_a_sync_waits(
    account: Account, share: float
) -> None:
    sync = account.gate(share=share, reserve=3)
    urgent = account.gate(share=share, reserve=3, urgent=True)
    account.run(sync, for_s=60)
    before_s = account.now_s

    for _ in range(3):
        urgent.enter()

    assert account.now_s == before_s
    sync.enter()
    assert account.now_s > before_s


class FullError(Exception):
    """There is no room at once."""


def refuse_to_wait(_: float) -> None:
    raise FullError


def taken_at_once(gate: BudgetGate) -> int:
    taken = 0
    with suppress(FullError):
        while True:
            gate.enter()
            taken += 1
    return taken


@pytest.mark.parametrize(("share", "room"), [(1.0, 38), (0.5, 20)])
def test_the_reserve_is_for_what_is_urgent_to_the_last_request(
    account: Account, share: float, room: int
) -> None:
    account.sleep = refuse_to_wait  # type: ignore[method-assign]

    assert taken_at_once(account.gate(share=share, reserve=3)) == room - 3
    assert taken_at_once(account.gate(share=share, reserve=3, urgent=True)) == 3


def test_what_is_urgent_finds_room_where_other_tools_leave_little(account: Account) -> None:
    account.sleep = refuse_to_wait  # type: ignore[method-assign]
    sync, urgent = account.gate(reserve=3), account.gate(reserve=3, urgent=True)
    sync.enter()
    sync.learn({"X-Gorgias-Account-Api-Call-Limit": "35/40"})

    assert (taken_at_once(sync), taken_at_once(urgent)) == (0, 3)


def test_the_real_limit_is_learned(staging: Engine) -> None:
    account = Account(staging, limit=80)

    account.run(account.gate(), for_s=120)

    assert account.used_share() >= 0.95
    assert account.refused == 0


def test_a_mirror_that_is_too_full_comes_down_to_what_gorgias_tells(account: Account) -> None:
    gate = account.gate()
    gate.enter()
    gate.refused(0.1)  # stands for a full bucket, while Gorgias' is empty

    account.run(gate, for_s=20)

    assert account.accepted > 20 * 2 + 20
    assert account.refused == 0


def test_a_refusal_holds_every_process_back(account: Account) -> None:
    one, other = account.gate(), account.gate()
    one.enter()

    one.refused(7.0)
    other.enter()

    assert account.now_s >= START_S + 7


def test_a_refusal_says_that_the_bucket_is_full(account: Account) -> None:
    """It refuses again at once otherwise: room comes back by two requests a second."""
    one, other = account.gate(), account.gate()
    one.enter()

    one.refused(1.0)
    for _ in range(10):
        other.enter()

    assert account.now_s >= START_S + 5.5


def test_requests_of_a_dead_process_leak_away(account: Account) -> None:
    dead, living = account.gate(), account.gate()
    for _ in range(38):
        dead.enter()
    account.now_s += 20

    for _ in range(38):
        living.enter()

    assert account.now_s == START_S + 20


def test_the_mirror_leaks_by_itself_where_no_answer_tells_of_it(account: Account) -> None:
    gate = account.gate()
    for _ in range(38):
        gate.enter()
    account.now_s += 10  # half a window: 20 of 40 leak

    gate.enter()

    assert account.level() == pytest.approx(38 - 20 + 1)


def test_a_clock_that_was_set_back_does_not_stop_the_work(account: Account) -> None:
    gate = account.gate()
    account.run(gate, for_s=30)
    gate.refused(600)
    account.now_s -= 7200

    gate.enter()

    assert account.now_s <= START_S - 7100


def test_clocks_that_differ_a_little_give_nothing_away(account: Account) -> None:
    gate, granted, shift_s = account.gate(), 0, 5.0
    while True:
        account.now_s += shift_s
        before_s = account.now_s
        gate.enter()
        if account.now_s > before_s:
            break
        granted, shift_s = granted + 1, -shift_s

    assert 28 <= granted <= 40


def test_a_tiny_share_of_a_small_limit_still_gives_a_request(account: Account) -> None:
    gate = account.gate(share=0.1, capacity=5)

    gate.enter()
    gate.enter()

    assert START_S + 30 < account.now_s < START_S + 60


def test_no_room_for_very_long_is_an_error_that_says_so(account: Account) -> None:
    gate = account.gate()
    gate.enter()
    gate.refused(850)

    with pytest.raises(ApiUnavailableError, match=r"shop\.gorgias\.com had no room for 600 s"):
        gate.enter()


@pytest.mark.parametrize("value", [None, "", "7", "a/b", "5/0", "-1/40"])
def test_a_missing_or_odd_header_changes_nothing(account: Account, value: str | None) -> None:
    gate = account.gate()
    for _ in range(5):
        gate.enter()
        gate.learn({} if value is None else {"X-Gorgias-Account-Api-Call-Limit": value})

    assert account.now_s == START_S


def test_threads_of_two_processes_take_exactly_what_there_is(account: Account) -> None:
    account.sleep = refuse_to_wait  # type: ignore[method-assign]
    granted: list[int] = []

    def work(gate: BudgetGate) -> None:
        granted.append(taken_at_once(gate))

    gates = [account.gate(headroom=2), account.gate(headroom=2)]
    threads = [threading.Thread(target=work, args=(gate,)) for gate in gates * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(granted) == 38


class BrokenEngine:
    def begin(self) -> None:
        raise OperationalError("take", {}, Exception("database is locked"))


def test_a_locked_database_is_temporary_and_never_spoils_an_answer(account: Account) -> None:
    gate = account.gate()
    gate.enter()
    gate._engine = BrokenEngine()  # type: ignore[assignment]  # the real one waits for 30 s

    gate.learn({"X-Gorgias-Account-Api-Call-Limit": "39/80"})
    gate.refused(1)
    with pytest.raises(TemporaryError):
        gate.enter()


def test_a_database_that_is_busy_for_a_moment_is_asked_again(account: Account) -> None:
    class BusyEngine:
        """Locked three times, and then the real one."""

        times = 3

        def begin(self) -> Any:
            if self.times:
                self.times -= 1
                raise OperationalError("take", {}, Exception("database is locked"))
            return account.engine.begin()

    gate = account.gate()
    gate._engine = BusyEngine()  # type: ignore[assignment]  # the real one waits for 30 s

    gate.enter()

    assert account.level() == 1


def test_a_gap_that_several_answers_show_is_closed_once(account: Account) -> None:
    """Another tool used 20, and each of four requests under way is told so."""
    gate, under_way = account.gate(), threading.Barrier(4)

    def ask() -> None:
        gate.enter()
        under_way.wait()
        gate.learn({USED: "24/40"})

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 23 <= account.level() <= 28


@pytest.mark.parametrize(("takes_s", "told"), [(0.0, 20), (5.0, 15), (10.0, 10)])
def test_what_leaked_until_gorgias_counted_is_no_gap(
    account: Account, takes_s: float, told: int
) -> None:
    gate = account.gate()
    for _ in range(20):
        gate.enter()
    account.now_s += takes_s

    gate.learn({USED: f"{told}/40"})

    assert account.level() == 20, "as it was taken: nothing had to be corrected"


def test_the_mirror_is_never_fuller_than_the_bucket(account: Account) -> None:
    one, other = account.gate(), account.gate()
    one.enter()
    for _ in range(20):
        other.enter()

    one.learn({USED: "40/40"})

    assert account.level() == 40


def test_a_shorter_refusal_does_not_end_a_longer_one(account: Account) -> None:
    one, other = account.gate(), account.gate()
    one.enter()
    other.enter()

    one.refused(60)
    other.refused(5)
    other.enter()

    assert account.now_s >= START_S + 60


def test_a_refusal_for_a_day_holds_for_as_long_as_one_may(account: Account) -> None:
    gate = account.gate()
    gate.enter()
    gate.refused(86_400)

    with pytest.raises(ApiUnavailableError):
        gate.enter()
    account.now_s = START_S + 901
    gate.enter()

    assert account.now_s == START_S + 901
