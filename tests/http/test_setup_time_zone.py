"""Setup says by which zone schedules go, and which the Gorgias account has once it was tried."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from loyalty_desk.gorgias.reading import read_time_zone
from tests.http.desk import DeskClient
from tests.http.setup_world import World
from tests.sandbox.receiver import receiving


def account(zone: object) -> bytes:
    settings = [{"id": 1, "type": "business-hours", "data": {"timezone": zone}}]
    return json.dumps({"domain": "my-shop", "settings": settings}).encode()


def test_the_zone_of_the_account_is_named_with_what_to_write(world: World) -> None:
    with receiving() as gorgias:
        gorgias.reply = account("Europe/Oslo")
        world.connections(host=f"http://127.0.0.1:{gorgias.port}")
        before = world.page().whole
        assert world.post("admin", "test") == 303
    page = world.page().whole

    assert "Schedules go by <code>UTC</code>" in before
    assert "is not known: press Test" in before
    assert "The Gorgias account has <code>Europe/Oslo</code>" in page
    assert "<code>time_zone: Europe/Oslo</code> into" in page
    assert "time_zone: Europe" not in world.page("manager").whole


def test_where_both_are_the_same_there_is_nothing_to_write(
    serve: Callable[..., DeskClient], world: World, staging_url: str
) -> None:
    serve(staging_url, time_zone="Europe/Oslo")
    with receiving() as gorgias:
        gorgias.reply = account("Europe/Oslo")
        world.connections(host=f"http://127.0.0.1:{gorgias.port}")
        world.post("admin", "test")

    page = world.page().whole

    assert "Schedules go by <code>Europe/Oslo</code>. So does the Gorgias account" in page


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
