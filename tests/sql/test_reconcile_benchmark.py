"""The reconcile benchmark counts what it has to plan, and its floor plans the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from benchmarks import floor, people
from benchmarks.asking import NotMeasuredError
from benchmarks.reconcile import check_planned
from benchmarks.reconcile_sides import measure_ours
from loyalty_desk.staging.engine import open_engine

ROWS = 2_000


def test_our_side_plans_every_card_that_is_due(staging: Engine) -> None:
    result = measure_ours(staging, ROWS)

    assert result["planned"] == people.count_cards(ROWS) > 1_000
    assert result["increment_planned"] == people.count_changed_cards(ROWS, 0.01) > 10
    check_planned("ours", result, ROWS)


def test_so_does_the_floor(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'floor.db'}")
    result = floor.measure(engine, ROWS, people.CHANGED_SHARE)
    engine.dispose()

    check_planned("floor", result, ROWS)
    assert set(result["increment"]) == {"members", "customers", "join"}


@pytest.mark.parametrize("name", ["planned", "increment_planned"])
@pytest.mark.parametrize("more", [-1, 1])
def test_another_number_of_cards_ends_the_benchmark(name: str, more: int) -> None:
    right = {
        "planned": people.count_cards(ROWS),
        "increment_planned": people.count_changed_cards(ROWS, people.CHANGED_SHARE),
    }

    with pytest.raises(NotMeasuredError, match=f"ours: {name} is"):
        check_planned("ours", {**right, name: right[name] + more}, ROWS)


def test_the_floor_uses_nothing_of_the_product_but_its_records() -> None:
    lines = Path(floor.__file__).read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if "loyalty_desk" in line] == [
        "from loyalty_desk.records import Customer, Member"
    ]
