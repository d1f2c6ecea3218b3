"""What is already in Gorgias: drift, leavers, other starters, killed runs and the brake."""

from __future__ import annotations

import signal

import pytest

from loyalty_desk.records import RunState
from tests.flow.world import in_turn
from tests.waiting import wait_until

pytestmark = pytest.mark.flow


def test_a_killed_push_is_finished_by_the_next_run_and_loses_nothing(world, sync) -> None:
    world.slow_writes(each_s=0.05)
    process = world.start_command("sync", "--store", "demo")
    wait_until(lambda: world.requests("PUT") >= 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    world.forget_requests()
    unfinished = world.rows("SELECT state FROM changes WHERE state IN ('planned', 'sending')")
    assert unfinished
    world.release_lock_of_the_dead()

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert world.wrong_cards() == []
    assert world.rows("SELECT * FROM changes WHERE state IN ('planned', 'sending')") == []
    assert [run.state for run in world.records()] == [RunState.SUCCEEDED, RunState.ABANDONED]
    assert sync.plain().planned == 0


def test_a_second_starter_is_told_to_wait_and_changes_nothing(world, sync) -> None:
    world.slow_writes(each_s=0.2)
    first = world.start_command("sync", "--store", "demo")
    wait_until(lambda: world.requests("PUT") >= 5)

    second = world.start_command("sync", "--store", "demo")
    second_output = second.communicate(timeout=60)[0]

    assert second.returncode == 1
    assert "store demo is being synced by run" in second_output.splitlines()[-1]
    first_output = first.communicate(timeout=120)[0]
    assert first.returncode == 0, first_output[-2000:]
    assert world.wrong_cards() == []


def test_a_customer_who_stops_matching_gets_the_non_member_card(world, sync) -> None:
    sync.plain()
    customer_id, card = next((c, k) for c, k in world.expected_cards().items() if k["member"])
    world.sandbox.control("rivo", "DELETE", f"members/{card['member_id']}")

    record = sync.plain()

    assert record.planned_clear >= 1
    shown = world.shown_cards()[customer_id]
    assert shown["member"] is False
    assert "points_balance" not in shown


def test_a_card_that_somebody_changed_in_gorgias_is_repaired(world, sync) -> None:
    sync.plain()
    customer_id = next(iter(world.expected_cards()))
    world.write_as_another_tool(customer_id, {"loyalty": {"points": 1}, "other": {"a": 1}})

    record = sync.plain(full_resync=True)

    assert record.pushed == 1
    assert world.wrong_cards() == []
    customer = next(c for c in world.customers() if c["id"] == customer_id)
    assert customer["data"]["other"] == {"a": 1}


def test_custom_fields_are_made_once_and_hold_the_card(world, sync) -> None:
    world.settings = {"push_to": ["custom_fields"]}

    first, second = sync.plain(), sync.plain()

    assert first.state == RunState.SUCCEEDED, first.failure
    assert (second.planned, world.requests("POST", "/api/custom-fields")) == (0, 4)
    fields = {
        row["gorgias_id"]: row["key"]
        for row in world.rows("SELECT key, gorgias_id FROM gorgias_objects")
    }
    expected = world.expected_cards()
    for customer in world.customers():
        values = {
            fields[int(field_id)]: value
            for field_id, value in customer["custom_field_values"].items()
            if value is not None and int(field_id) in fields
        }
        card = expected.get(customer["id"], {})
        assert values == {key: card[key] for key in fields.values() if key in card}


@pytest.mark.parametrize(
    ("limits", "staging_url"),
    in_turn(
        [
            {"max_changes": 50},
            {"max_change_share": 0.05},
            {"max_clear_share": 0.01, "max_change_share": 1.0, "max_shrink_share": 1.0},
            {"max_shrink_share": 0.01},
        ]
    ),
    indirect=["staging_url"],
)
def test_each_limit_stops_the_run_before_the_first_write_until_released(
    world, sync, limits: dict[str, float]
) -> None:
    what = next(iter(limits))
    if what != "max_changes":
        sync.plain()
        for member in world.sandbox.control("rivo", "GET", "members?limit=20")["data"]:
            world.sandbox.control("rivo", "DELETE", f"members/{member['id']}")
        world.tick(30)
    world.settings = {"brake": limits}
    world.forget_requests()

    braked = sync()

    assert braked.state == RunState.FAILED
    assert what in braked.failure
    assert "release_brake" in braked.failure
    assert world.requests("PUT") == 0

    released = sync.plain(release_brake=True)

    assert released.state == RunState.SUCCEEDED, released.failure
    assert released.pushed > 0
    assert world.shown_cards().items() >= world.expected_cards().items()


def delete_all(world, server: str, what: str) -> None:
    for row in world.sandbox.control(server, "GET", f"{what}?limit=100000")["data"]:
        world.sandbox.control(server, "DELETE", f"{what}/{row['id']}")


def rename_members(world) -> None:
    """Give the members the addresses of another shop's."""
    for row in world.sandbox.control("rivo", "GET", "members?limit=100000")["data"]:
        address = {"email": f"member-{row['id']}@another-shop.test"}
        world.sandbox.control("rivo", "PATCH", f"members/{row['id']}", address)


OTHER_ACCOUNT = {
    "no members": (lambda world: delete_all(world, "rivo", "members"), "no members were read"),
    "no customers": (
        lambda world: delete_all(world, "gorgias", "customers"),
        "no customers were read",
    ),
    "nobody in common": (rename_members, "none of 2"),
}


@pytest.mark.parametrize(("what", "staging_url"), in_turn(OTHER_ACCOUNT), indirect=["staging_url"])
def test_a_first_run_with_another_accounts_key_writes_nothing_and_the_next_one_is_right(
    world, sync, what: str
) -> None:
    use_other_account, says = OTHER_ACCOUNT[what]
    use_other_account(world)

    braked = sync()

    assert braked.state == RunState.FAILED
    assert says in str(braked.failure)
    assert "release_brake" in str(braked.failure)
    assert world.requests("PUT") == 0
    assert world.shown_cards() == {}
    again = sync.plain()
    assert (again.state, world.requests("PUT")) == (RunState.FAILED, 0), "not only the first time"

    for server in ("rivo", "gorgias"):
        world.sandbox.control(server, "POST", "reset", {"data": True})
    right = sync.plain()

    assert right.state == RunState.SUCCEEDED, right.failure
    assert world.wrong_cards() == []


def test_a_release_lets_one_run_through_though_nobody_is_in_common(world, sync) -> None:
    rename_members(world)

    assert sync().state == RunState.FAILED
    released = sync(release_brake=True)
    later = sync.plain()

    assert released.state == RunState.SUCCEEDED, released.failure
    assert released.pushed > 0
    assert later.state == RunState.SUCCEEDED, later.failure


def test_an_empty_platform_is_an_error_and_not_a_reason_to_clear_every_card(world, sync) -> None:
    sync.plain()
    before = world.shown_cards()
    for member in world.sandbox.control("rivo", "GET", "members?limit=100000")["data"]:
        world.sandbox.control("rivo", "DELETE", f"members/{member['id']}")

    record = sync()

    assert record.state == RunState.FAILED
    assert "members shrank from" in record.failure
    assert world.shown_cards() == before
