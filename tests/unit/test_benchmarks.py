"""Benchmarks judge what they say that they judge, and say so of figures that are information."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import __main__ as program
from benchmarks import audience, cluster, desk, reconcile
from benchmarks.asking import NotMeasuredError


@pytest.mark.parametrize(("goal", "said"), [("<= 2", "<= 2"), ("", program.INFORMATION)])
def test_a_figure_without_a_goal_is_called_information(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], goal: str, said: str
) -> None:
    figure = {"figure": "reconcile_x", "value": 1, "goal": goal, "ok": True}
    monkeypatch.setattr(reconcile, "figures", lambda *_, **__: [figure])
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "reconcile_x"])

    assert program.main() == 0
    assert json.loads(capsys.readouterr().out)["goal"] == said


@pytest.mark.parametrize(
    ("late", "wrong", "ok"), [(60.0, [], True), (60.1, [], False), (5.0, ["an award"], False)]
)
def test_recovery_is_judged_by_its_time_and_by_what_was_wrong(
    monkeypatch: pytest.MonkeyPatch, late: float, wrong: list[str], *, ok: bool
) -> None:
    tally = SimpleNamespace(wrong=wrong, recovered=lambda: (1.0, late, late))
    monkeypatch.setattr(cluster, "Tally", lambda: tally)
    monkeypatch.setattr(cluster, "prepared", NoCluster)
    monkeypatch.setattr(cluster, "rounds", lambda _: [])

    [figure] = cluster.recovery()

    assert figure["ok"] is ok


@pytest.mark.parametrize(
    ("least", "refused", "ok"), [(0.95, 0, True), (0.94, 0, False), (1.0, 1, False)]
)
def test_the_account_that_got_least_is_judged(
    monkeypatch: pytest.MonkeyPatch, least: float, refused: int, *, ok: bool
) -> None:
    def measure(_shops: Any, names: list[str], _seconds: float) -> SimpleNamespace:
        shares = dict.fromkeys(names, least)
        return SimpleNamespace(shares=shares, refused=refused, per_s=2.0 * len(names))

    monkeypatch.setattr(cluster, "running_shops", NoCluster)
    monkeypatch.setattr(cluster, "measure_budget_use", measure)

    [figure] = cluster.scaling(["cluster_scaling_ratio"])

    assert figure["ok"] is ok


@pytest.mark.parametrize(("status", "content"), [(404, "<p>one</p>"), (200, "<p>none</p>")])
def test_a_page_without_what_belongs_on_it_ends_the_benchmark(
    monkeypatch: pytest.MonkeyPatch, status: int, content: str
) -> None:
    answer = SimpleNamespace(status_code=status, text=content)
    monkeypatch.setattr(desk.requests.Session, "get", lambda *_, **__: answer)

    with pytest.raises(NotMeasuredError, match="/page"):
        desk._ask(desk._session({}), "http://desk.example", {"/page": ("<p>one</p>", 1)})


@pytest.mark.parametrize(("people", "shown"), [([1], {1: 5}), ([1], {}), ([], {})])
def test_a_year_that_ends_with_a_wrong_card_or_with_none_is_not_measured(
    people: list[int], shown: dict[int, int]
) -> None:
    shop: Any = SimpleNamespace(points={1: 7}, shown=shown.get)

    with pytest.raises(NotMeasuredError, match="cards are wrong"):
        audience._see_that_cards_are_right(shop, people)


class NoCluster:
    """A cluster that is not needed."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.names = [f"shop_{number}" for number in range(cluster.ACCOUNTS)]

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def tick(self, *_: Any, **__: Any) -> None:
        pass
