"""Each check of data fires on what is really sent, fetched and staged by a real run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from loyalty_desk.quality.steps import Severity, Step
from loyalty_desk.quality.suites import TRIPWIRE, suite
from loyalty_desk.records import RunState
from sandbox.running import Sandbox
from tests.factories import store_settings
from tests.flow.conftest import Syncer
from tests.flow.world import World

pytestmark = pytest.mark.flow

DATA = "/api/customers/{customer_id}/data"
YEAR_9999_US = 253_402_214_400 * 1_000_000
READ_ALL_BACK = {"push": {"readback_sample": 500}}
Story = Callable[[World, Syncer], None]


def members(count: int, **fields: object) -> Story:
    """So many members with these values on the platform."""

    def change(world: World, _: Syncer) -> None:
        listed = world.sandbox.control("rivo", "GET", f"members?limit={count}")["data"]
        for one in listed:
            world.sandbox.control("rivo", "PATCH", f"members/{one['id']}", fields)

    return change


def customers(count: int, *, matched: bool = True, **fields: object) -> Story:
    """So many customers who are members, or are not, with these values in Gorgias."""

    def change(world: World, _: Syncer) -> None:
        for customer_id in choose(world, count, matched=matched):
            world.sandbox.control("gorgias", "PATCH", f"customers/{customer_id}", fields)

    return change


def choose(world: World, count: int, *, matched: bool = True) -> list[int]:
    cards = world.expected_cards()
    found = [one for one, card in cards.items() if card["member"] == matched]
    assert len(found) >= count
    return found[:count]


def synced(_: World, sync: Syncer) -> None:
    assert sync.plain().state == RunState.SUCCEEDED


def many_move(world: World, _: Syncer) -> None:
    """A seventh of the customers have another address than the programme knows."""
    for customer_id in choose(world, 32):
        moved = {"email": f"moved{customer_id}@shop.example"}
        world.sandbox.control("gorgias", "PATCH", f"customers/{customer_id}", moved)


def refused(count: int) -> Story:
    """Gorgias refuses so many writes."""
    return lambda world, _: world.fault(
        "gorgias", effect="status", status=400, method="PUT", route=DATA, count=count
    )


def one_ignored(world: World, _: Syncer) -> None:
    """Gorgias accepts a write and keeps what another tool wrote."""
    (customer_id,) = choose(world, 1)
    world.write_as_another_tool(customer_id, {"shop": {"vip": True}}, "2099-01-01T00:00")


def none_shown(world: World, _: Syncer) -> None:
    """Gorgias accepts all writes and shows none of them today."""
    world.sandbox.control("gorgias", "POST", "switches", {"data_visible_after_s": 86_400})


@pytest.fixture(autouse=True)
def _shown_at_once(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.control("gorgias", "POST", "switches", {"data_visible_after_s": 0})


FORGOTTEN_CARD = {"loyalty": {"member": True, "member_id": "1", "points_balance": 100}}
STORIES: dict[tuple[Step, str], tuple[Story, ...]] = {
    (Step.MEMBERS, "members_with_email"): (members(60, email=None),),
    (Step.MEMBERS, "member_points_not_negative"): (members(8, points_tally=-5),),
    (Step.MEMBERS, "member_expiry"): (members(1, points_expire_at_us=YEAR_9999_US),),
    (Step.CUSTOMERS, "customer_future"): (
        customers(1, updated_datetime="2097-01-01T00:00:00+00:00"),
    ),
    (Step.CUSTOMERS, "customers_with_email"): (customers(110, email=None),),
    (Step.MATCH, "matched_share_drop"): (synced, many_move),
    (Step.PLAN, "change_drifted"): (synced, customers(1, data={"loyalty": {"points": "by hand"}})),
    (Step.PLAN, "clear_without_ledger"): (customers(1, matched=False, data=FORGOTTEN_CARD),),
    (Step.PUSH, "changes_not_failed"): (refused(20),),
    (Step.PUSH, "readback_some"): (one_ignored,),
    (Step.PUSH, "readback_most"): (none_shown,),
}
ALSO = {"readback_most": {"readback_some"}}
"""What else is rightly at fault with the same data."""


def failed(world: World) -> set[str]:
    """The checks that did not hold in the newest run."""
    run_id = world.records()[0].run_id
    found = world.rows("SELECT run_id, expectation, passed FROM quality_results")
    return {row["expectation"] for row in found if row["run_id"] == run_id and not row["passed"]}


def test_every_check_that_is_no_tripwire_is_here() -> None:
    checks = {
        (step, check.name)
        for step in Step
        for check in suite(step, store_settings())
        if not check.says.startswith(TRIPWIRE)
    }
    assert checks == set(STORIES)


def test_only_a_tripwire_sets_rows_aside() -> None:
    """What a platform sends amiss in one row is set aside when it is read, before any check."""
    for step in Step:
        for check in suite(step, store_settings()):
            assert check.says.startswith(TRIPWIRE) == (check.severity is Severity.ROW), check.name


def test_nothing_fires_on_what_is_sent_every_day(world: World, sync: Syncer) -> None:
    world.settings = READ_ALL_BACK
    assert sync.plain().state == RunState.SUCCEEDED
    assert failed(world) == set()

    world.tick(40)
    assert sync.plain().state == RunState.SUCCEEDED
    assert failed(world) == set()


@pytest.mark.parametrize(("step", "name"), STORIES, ids=str)
def test_it_fires_on_what_is_sent(world: World, sync: Syncer, step: Step, name: str) -> None:
    world.settings = READ_ALL_BACK
    for happens in STORIES[step, name]:
        happens(world, sync)

    record = sync.plain()

    assert failed(world) == {name} | ALSO.get(name, set()), record.failure
