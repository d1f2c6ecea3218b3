"""The benchmark of awards fails when a figure would be of something else than it says."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import __main__ as program
from benchmarks import awards
from benchmarks.asking import Asker, NotMeasuredError
from benchmarks.beside import silent_gorgias, syncing_all_the_time
from loyalty_desk.awards.requests import read_request
from scripts.desk import DeskError, Shown
from tests.factories import NOW, STORE, store_settings

MIRA = Shown(member_id="1", email="mira@shop.example", name="Mira", customer_id=11)
OTHERS = [Shown(member_id="2", email="abel@shop.example", name="Abel", customer_id=22)]


class FakeDesk:
    """What the benchmark sees of a desk; each award ends as `state`, booked `times`."""

    def __init__(self, *, state: str = "applied", times: int = 1) -> None:
        self.state, self.times = state, times
        self.limit_s = 10.0
        self.repeats: str | None = None
        self.runs = 0
        self.asked: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.rules: list[dict[str, Any]] = []
        self.sandbox = SimpleNamespace(gorgias={"email": "ops@lakeside.test"}, control=self.control)

    def call(self, store: str, method: str, *, body: dict[str, Any]) -> Any:
        self.asked.append(body)
        told = {"id": f"a{len(self.asked)}", "repeats": self.repeats}
        return SimpleNamespace(status_code=202, json=lambda: told)

    def rows(self, query: str, **binds: Any) -> list[dict[str, Any]]:
        return [{"state": self.state, "awards": len(self.asked)}]

    def wait_until(self, ready: Callable[[], Any], what: str, limit_s: float) -> Any:
        ends_at = time.monotonic() + self.limit_s
        while not (found := ready()):
            if time.monotonic() > ends_at:
                raise DeskError(what)
        return found

    def control(self, server: str, method: str, path: str, body: Any = None) -> Any:
        if path == "ledger":
            ids = [f"a{n}" for n, _ in enumerate(self.asked, 1) for _ in range(self.times)]
            return {"data": [{"internal_note": f"(gesture) [ld:{one}]"} for one in ids]}
        if (method, path) == ("POST", "faults"):
            self.rules = [{**body, "fired": 0}]
        return {"data": self.requests if path == "requests" else self.rules}

    def start_sync(self, store: str, **params: Any) -> str:
        self.runs += 1
        if self.runs == 1:
            self.take_card(OTHERS[0])
        return f"run{self.runs}"

    def is_finished(self, store: str, run_id: str) -> bool:
        return False

    def take_card(self, of: Shown) -> None:
        path = f"/api/customers/{of.customer_id}/data"
        self.requests.append({"method": "PUT", "status": 200, "path": path})


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


def asker(desk: FakeDesk) -> Asker:
    return Asker(desk, STORE)  # type: ignore[arg-type]


def test_every_award_is_a_new_one(desk: FakeDesk) -> None:
    asking = asker(desk)
    for _ in range(3):
        asking.ask(MIRA)

    read = [read_request(body, store_settings().awards) for body in desk.asked]
    assert len({(one.email, one.agent, one.amount, one.unit, one.ticket_id) for one in read}) == 3
    asking.check_all_applied()


@pytest.mark.parametrize("repeats", ["double_click", "key"])
def test_an_answer_that_says_it_repeats_fails_the_benchmark(desk: FakeDesk, repeats: str) -> None:
    desk.repeats = repeats
    with pytest.raises(NotMeasuredError, match=f"award a1 was asked for before .{repeats}."):
        asker(desk).ask(MIRA)


def test_an_answer_that_is_no_202_fails_the_benchmark(desk: FakeDesk) -> None:
    with pytest.raises(NotMeasuredError, match="422"):
        asker(desk).take(SimpleNamespace(status_code=422))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["refused", "rejected", "unknown", "needs_approval"])
def test_an_award_that_is_not_applied_in_the_end_fails_the_benchmark(state: str) -> None:
    asking = asker(FakeDesk(state=state))
    asking.ask(MIRA)
    with pytest.raises(NotMeasuredError, match=state):
        asking.check_all_applied()


@pytest.mark.parametrize("state", ["queued", "applying"])
def test_an_award_that_stays_under_way_fails_the_benchmark(state: str) -> None:
    desk = FakeDesk(state=state)
    desk.limit_s = 0.0
    asking = asker(desk)
    asking.ask(MIRA)
    with pytest.raises(DeskError, match="the last award"):
        asking.check_all_applied()


@pytest.mark.parametrize("times", [0, 2])
def test_an_applied_award_that_is_not_booked_once_fails_the_benchmark(times: int) -> None:
    asking = asker(FakeDesk(times=times))
    asking.ask(MIRA)
    with pytest.raises(NotMeasuredError, match=f"1 awards are applied, and {times} bookings"):
        asking.check_all_applied()


def test_a_file_with_a_row_that_is_not_queued_fails_the_benchmark(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = SimpleNamespace(queued=1, bad_lines={})
    monkeypatch.setattr("benchmarks.asking.import_awards", lambda *_, **__: queued)
    stores = SimpleNamespace(stores={STORE: store_settings()})
    monkeypatch.setattr("benchmarks.asking.read_stores", lambda _: stores)
    monkeypatch.setattr("benchmarks.asking.ask_staging_now", lambda _: NOW)
    desk.engine, desk.place = None, SimpleNamespace(stores_file=None)  # type: ignore[attr-defined]
    with pytest.raises(NotMeasuredError, match="1 of 2 rows were queued: queued before"):
        asker(desk).ask_by_file(["1", "2"])


def test_awards_beside_a_sync_that_pushes_nothing_fail_the_benchmark(desk: FakeDesk) -> None:
    with (
        pytest.raises(NotMeasuredError, match="no card was pushed beside the awards"),
        syncing_all_the_time(desk, STORE, OTHERS),  # type: ignore[arg-type]
    ):
        desk.take_card(MIRA)  # who was awarded, so it is not of the sync


def test_cards_that_a_sync_pushes_beside_awards_are_counted_from_the_first(desk: FakeDesk) -> None:
    with syncing_all_the_time(desk, STORE, OTHERS) as pushed:  # type: ignore[arg-type]
        assert pushed() == 0
        desk.take_card(OTHERS[0])
        assert pushed() == 1


def test_a_sync_that_fails_beside_awards_fails_the_benchmark(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(store: str, **params: Any) -> str:
        raise DeskError("the sync failed")

    monkeypatch.setattr(desk, "start_sync", fail)
    with (
        pytest.raises(DeskError, match="the sync failed"),
        syncing_all_the_time(desk, STORE, OTHERS),  # type: ignore[arg-type]
    ):
        pytest.fail("nothing is measured beside it")


def test_a_silence_of_gorgias_that_nobody_meets_fails_the_benchmark(desk: FakeDesk) -> None:
    with (
        pytest.raises(NotMeasuredError, match="nothing asked Gorgias"),
        silent_gorgias(desk),  # type: ignore[arg-type]
    ):
        pass
    with silent_gorgias(desk):  # type: ignore[arg-type]
        desk.rules[0]["fired"] = 1


@pytest.mark.parametrize(
    ("name", "met", "missed"),
    [
        ("award_latency_p95_s", 2.0, 2.01),
        ("award_latency_beside_sync_p95_s", 3.0, 3.01),
        ("award_latency_gorgias_silent_p95_s", 3.0, 3.01),
        ("award_file_s", 120.0, 120.1),
        ("award_file_gorgias_silent_s", 120.0, 120.1),
        ("award_file_runs", 5, 6),
    ],
)
def test_a_figure_over_its_goal_fails_the_benchmark(
    monkeypatch: pytest.MonkeyPatch, name: str, met: float, missed: float
) -> None:
    def ends(value: float) -> int:
        def figures(_only: Sequence[str]) -> Iterator[dict[str, Any]]:
            yield awards.figure(name, "sqlite", value)

        monkeypatch.setattr(awards, "figures", figures)
        return program.main()

    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", name])
    assert (ends(met), ends(missed)) == (0, 1)
