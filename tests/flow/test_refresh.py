"""Cards asked for between two syncs, under real Airflow: each is shown at once, and once."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.refresh import ask_for_cards
from loyalty_desk.staging.engine import open_engine
from tests.flow.world import STORE

CHANGED = 25


@pytest.fixture
def refresh(sync):
    def run() -> None:
        sync.run_dag(f"refresh_cards__{STORE}")

    return run


def ask(world, member_ids: list[str], times: int = 1) -> None:
    """As the platform's webhooks do."""
    engine = open_engine(world.staging_url)
    for _ in range(times):
        with engine.begin() as connection:
            ask_for_cards(connection, STORE, member_ids, utc_now())
    engine.dispose()


def matched(world) -> set[str]:
    return {row["member_id"] for row in world.rows("SELECT member_id FROM matches")}


def change(world) -> list[str]:
    """Have members change on the platform; returns the ids of all."""
    found: dict[str, Any] = world.sandbox.control("rivo", "POST", "tick", {"members": CHANGED})
    return [str(member_id) for member_id in found["member_ids"]]


def test_a_burst_of_webhooks_costs_each_customer_one_write(world, sync, refresh) -> None:
    sync.plain()
    changed = change(world)
    world.forget_requests()
    ask(world, changed, times=40)

    refresh()

    writes = world.requests("PUT", "*/data")
    assert (
        0
        < writes
        == len(
            world.rows(
                "SELECT m.customer_id FROM matches AS m WHERE m.member_id IN"
                f" ({', '.join(map(repr, changed))})"
            )
        )
    )
    assert world.rows("SELECT * FROM cards_to_show") == []
    assert world.wrong_cards() == []
    assert sync.plain().pushed == 0


def test_a_card_that_stands_there_already_is_not_written_again(world, sync, refresh) -> None:
    sync.plain()
    world.forget_requests()
    ask(world, sorted(matched(world))[:CHANGED])

    refresh()

    assert world.requests("PUT") == 0


def test_what_a_service_that_is_down_leaves_on_the_list_is_shown_later(
    world, sync, refresh
) -> None:
    sync.plain()
    changed = change(world)
    ask(world, changed)
    world.fault("rivo", effect="status", status=503, method="GET", route="*customers/*")

    refresh()
    assert len(world.rows("SELECT * FROM cards_to_show")) == len(changed)

    world.sandbox.control("rivo", "POST", "reset", {"faults": True})
    refresh()
    assert world.rows("SELECT * FROM cards_to_show") == []
    assert world.wrong_cards() == []


def test_a_member_who_is_gone_or_cannot_be_read_holds_up_nobody(world, sync, refresh) -> None:
    sync.plain()
    changed = change(world)
    ask(world, ["1", "not-an-id", *changed])

    refresh()

    assert world.rows("SELECT * FROM cards_to_show") == []
    assert world.wrong_cards() == []
