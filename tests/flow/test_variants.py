"""Other ways to run the same job: OAuth2, a time box, a full scan, stores of other sizes."""

from __future__ import annotations

import pytest

from loyalty_desk.records import RunState
from sandbox.gorgias.access import APP_ID
from tests.oracle.cards import differences, shown_cards

pytestmark = pytest.mark.flow


def test_an_oauth_app_pushes_into_its_own_place_and_reads_it_back(world, sync) -> None:
    oauth = world.sandbox.gorgias["oauth"]
    keys = ("client_id", "client_secret", "refresh_token")
    world.change_connection(
        "gorgias_demo", {"login": "", "password": "", "extra": {key: oauth[key] for key in keys}}
    )
    world.settings = {"gorgias": {"app_id": APP_ID}}

    first, second = sync(), sync.plain(full_resync=True)

    assert first.state == RunState.SUCCEEDED, first.failure
    assert (first.readback_checked, first.readback_wrong) == (20, 0)
    landed = [c | {"data": c["external_data"].get(APP_ID)} for c in world.customers()]
    assert list(differences(world.expected_cards(), shown_cards(landed))) == []
    assert (second.state, second.planned) == (RunState.SUCCEEDED, 0)
    stored = world.rows("SELECT tokens FROM oauth_tokens")
    assert stored
    assert all(secret not in str(stored) for secret in world.secrets())


def test_what_the_time_box_leaves_is_pushed_by_the_next_run(world, sync) -> None:
    world.settings = {"push": {"minutes": 1.0}}  # a third of a second at the test's speed
    world.slow_writes(each_s=0.02)

    first = sync()

    assert first.state == RunState.SUCCEEDED, first.failure
    assert first.left > 0
    assert first.pushed + first.left == first.planned
    least_pushed, most_left = world.rows(
        "SELECT state, MIN(priority) AS lowest, MAX(priority) AS highest FROM changes"
        " GROUP BY state ORDER BY state"
    )
    assert (least_pushed["state"], most_left["state"]) == ("done", "planned")
    assert least_pushed["lowest"] >= most_left["highest"]

    world.settings = {}
    world.forget_requests()
    second = sync.plain()
    assert second.pushed == first.left
    assert world.wrong_cards() == []


def test_a_full_scan_notices_customers_who_are_gone(world, sync) -> None:
    sync.plain()
    leavers = [customer["id"] for customer in world.customers()[:3]]
    for customer_id in leavers:
        world.sandbox.control("gorgias", "DELETE", f"customers/{customer_id}")

    incremental, full = sync.plain(), sync.plain(full_resync=True)

    assert incremental.customers_merged_or_deleted == 0
    assert (full.customers_gone, full.customers_merged_or_deleted) == (3, 3)
    assert full.customers_total == incremental.customers_total


def test_a_customer_is_found_by_a_further_address_and_looked_up_only_once(world, sync) -> None:
    customer = next(c for c in world.customers() if c["trouble"] == "secondary_channel")
    world.open_ticket(customer["id"])

    first, second = sync.plain(), sync.plain()

    assert first.channel_lookups > 0
    assert second.channel_lookups == 0
    rules = world.rows(f"SELECT rule FROM matches WHERE customer_id = {customer['id']}")
    assert rules == [{"rule": "channel"}]
    assert world.wrong_cards() == []


def test_guests_lose_their_cards_where_they_do_not_count_any_more(world, sync) -> None:
    sync.plain()
    assert world.wrong_cards() == []
    guests = _with_guest_cards(world)
    assert guests

    world.settings = {"include_guests": False}
    run = sync.plain()

    assert run.state == RunState.SUCCEEDED, run.failure
    assert world.wrong_cards() == []
    assert _with_guest_cards(world) == set()

    world.settings = {}
    sync.plain()
    assert _with_guest_cards(world) == guests
    assert world.wrong_cards() == []


@pytest.mark.parametrize(
    "before",
    [
        pytest.param({"non_member_cards": "none"}, id="cards for who is no member"),
        pytest.param({"push_to": ["custom_fields"]}, id="a further place"),
    ],
)
def test_a_setting_that_decides_about_everybody_holds_from_the_next_sync(
    world, sync, before
) -> None:
    world.settings = before
    sync.plain()
    assert world.wrong_cards() != []

    world.settings = {}
    changed, settled = sync.plain(), sync.plain()

    assert changed.state == RunState.SUCCEEDED, changed.failure
    assert changed.planned > 0
    assert world.wrong_cards() == []
    assert settled.planned == 0


def _with_guest_cards(world) -> set[int]:
    return {
        customer_id
        for customer_id, card in world.shown_cards().items()
        if str(card.get("summary")).endswith("guest")
    }


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_an_installation_without_tables_says_how_to_make_them(world, sync) -> None:
    world.staging_url += ".other"

    process = world.start_command("sync", "--store", "demo")

    assert "python -m loyalty_desk migrate" in process.communicate(timeout=60)[0]
    assert process.returncode == 1
