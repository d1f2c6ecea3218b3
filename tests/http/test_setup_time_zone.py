"""Setup says by which zone schedules go, and which the Gorgias account has once it was tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from loyalty_desk.gorgias.reading import read_time_zone
from loyalty_desk.hooks.account_zones import VARIABLE, _kept
from tests.airflow_home import migrated
from tests.factories import STORE
from tests.http.desk import DeskClient
from tests.http.setup_world import Page, World
from tests.kept_zones import kept_zones, set_zones
from tests.sandbox.receiver import receiving


def account(zone: object) -> bytes:
    settings = [{"id": 1, "type": "business-hours", "data": {"timezone": zone}}]
    return json.dumps({"domain": "my-shop", "settings": settings}).encode()


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    migrated()
    set_zones(None)
    yield
    set_zones(None)


def seen_by_test(world: World, zone: str) -> Page:
    """The page after Test, of an account in that zone."""
    with receiving() as gorgias:
        gorgias.reply = account(zone)
        world.connections(host=f"http://127.0.0.1:{gorgias.port}")
        assert world.post("admin", "test") == 303
    return world.page()


def test_schedules_go_by_the_zone_of_the_account_from_the_first_test_on(world: World) -> None:
    before = world.page().whole
    after = seen_by_test(world, "Europe/Oslo").whole
    moved = seen_by_test(world, "America/New_York").whole

    assert "Schedules go by <code>UTC</code> until the time zone of the Gorgias" in before
    assert "is known: press Test above" in before
    assert "Schedules go by <code>Europe/Oslo</code>, the time zone of the Gorgias" in after
    assert "Schedules go by <code>America/New_York</code>, the time zone of" in moved
    assert "To keep one, write <code>time_zone: America/New_York</code> into" in moved
    assert kept_zones() == {STORE: "America/New_York"}
    assert "Schedules go by" not in world.page("manager").whole


def test_a_move_is_said_once(world: World) -> None:
    with receiving() as gorgias:
        gorgias.reply = account("Europe/Oslo")
        world.connections(host=f"http://127.0.0.1:{gorgias.port}")
        answers = [world.send("admin", "test", {}).headers["location"] for _ in range(2)]

    assert [answer.partition("done=")[2] for answer in answers] == ["moved", "tested"]
    page = world.client.as_user("admin").get("/setup", done="moved").text
    assert "schedules go by another time zone from now on" in page.replace("\n", " ")


def test_the_step_says_when_the_sync_will_run(world: World) -> None:
    world.dags(paused=("loyalty_sync",))

    assert (
        "(cron, Europe/Oslo), and writes cards" in seen_by_test(world, "Europe/Oslo").words["dags"]
    )


def test_what_airflow_does_not_take_is_said_with_what_to_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{VARIABLE.upper()}", "{}")

    page = seen_by_test(world, "Europe/Oslo").whole

    assert "Schedules go by <code>UTC</code> until" in page
    assert f"Airflow's Variable <code>{VARIABLE}</code> does not have it" in page
    assert "write <code>time_zone: Europe/Oslo</code> into" in page


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Oslo", "Schedules go by <code>Europe/Oslo</code>. So does the Gorgias account"),
        ("Asia/Tokyo", "<code>Europe/Oslo</code>. The Gorgias account has <code>Asia/Tokyo</code>"),
    ],
)
def test_a_zone_of_the_stores_file_is_held_against_the_accounts(
    serve: Callable[..., DeskClient], world: World, staging_url: str, zone: str, told: str
) -> None:
    serve(staging_url, time_zone="Europe/Oslo")

    page = seen_by_test(world, zone).whole

    assert told in page
    assert ("<code>time_zone: Asia/Tokyo</code> into" in page) is (zone == "Asia/Tokyo")
    assert kept_zones() is None


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        [],
        [None],
        [{"type": "other", "data": {"timezone": "Europe/Oslo"}}],
        [{"type": "business-hours", "data": None}],
        [{"type": "business-hours", "data": {"timezone": None}}],
        [{"type": "business-hours", "data": {"timezone": "Middle-earth/Shire"}}],
    ],
)
def test_an_account_that_tells_no_zone_that_is_known_has_none(settings: object) -> None:
    assert read_time_zone(settings) is None


def test_pages_look_for_it_once_and_not_each_time(world: World) -> None:
    set_zones(json.dumps({STORE: "Europe/Oslo"}))

    pages = [world.page("manager").whole for _ in range(4)]

    assert all("Times are those of Europe/Oslo." in page for page in pages)
    assert _kept.cache_info().misses <= 2, "the second one where a minute ends meanwhile"
    assert _kept.cache_info().hits >= 2
