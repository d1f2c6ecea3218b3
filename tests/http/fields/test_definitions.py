"""Which customer fields a store has: types that fit, and none that Gorgias does not let it have."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from loyalty_desk.card.keys import FieldType
from loyalty_desk.errors import SettingsError
from loyalty_desk.gorgias.made import known_objects, remember_object
from loyalty_desk.gorgias.objects import AccountObjects, Kind
from sandbox.running import Sandbox
from tests.http.fields.world import CARD, FOREIGN, FULL, MakeWorld


def test_a_field_that_gorgias_does_not_make_is_said_and_done_without(
    make_world: MakeWorld, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"custom_field_cap": 4})
    world = make_world()

    with caplog.at_level(logging.WARNING):
        counts = world.push()

    assert (counts.pushed, counts.failed) == (len(FOREIGN), 0)
    assert world.ours(world.ids["both"]) == {"points_balance": 100, "tier": "Gold"}
    assert "there is no customer field of 'status'" in caplog.text


def test_a_field_that_a_person_archived_is_left_alone_and_stops_nothing(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world()
    world.push()
    status = known_objects(world.engine, "acme", Kind.CUSTOM_FIELD)["status"]
    AccountObjects(world.client.transport).remove(Kind.CUSTOM_FIELD, status)
    world.read_members({"points_balance": 3, "tier": "Fan"})

    with caplog.at_level(logging.WARNING):
        counts = world.push()

    assert (counts.pushed, counts.failed) == (len(FOREIGN), 0)
    assert world.ours(world.ids["both"]) == {**FULL, "points_balance": 3, "tier": "Fan"}
    assert "is archived in Gorgias" in caplog.text


def test_fields_are_of_the_type_that_fits_and_a_tier_that_is_new_becomes_a_choice(
    make_world: MakeWorld,
) -> None:
    world = make_world(field_labels={"points_balance": "Punkte"})
    world.push()
    world.read_members({**CARD, "tier": "Diamond"})
    world.push()

    rows = world.client.transport.get_json("/api/custom-fields", {"object_type": "Customer"})
    ours = {row["label"]: row["definition"] for row in rows["data"] if row["external_id"]}
    kinds = {label: (one["data_type"], one["input_settings"]["input_type"])
             for label, one in ours.items()}  # fmt: skip
    assert kinds == {
        "Punkte": ("number", "input_number"),
        "Loyalty tier": ("text", "dropdown"),
        "Loyalty status": ("text", "dropdown"),
        "Loyalty member": ("boolean", "dropdown"),
    }
    assert ours["Loyalty tier"]["input_settings"]["choices"] == ["Gold", "Diamond"]
    assert world.ours(world.ids["both"])["tier"] == "Diamond"


@pytest.mark.parametrize(
    ("section", "told"),
    [("custom_fields", ["points", "tier"]), ("field_labels", {"points": "Punkte"})],
)
def test_a_key_that_no_field_can_hold_is_named_with_those_that_can(
    make_world: MakeWorld, section: str, told: Any
) -> None:
    world = make_world(**{section: told})

    with pytest.raises(SettingsError, match=f"gorgias.{section}: 'points' cannot be a .*tier"):
        world.push()


def test_a_programme_without_tiers_has_no_field_of_them(make_world: MakeWorld) -> None:
    world = make_world()
    world.read_members({"points_balance": 5, "tier": None})

    assert world.push().failed == 0
    assert "tier" not in known_objects(world.engine, "acme", Kind.CUSTOM_FIELD)


def test_an_account_with_the_fields_of_before_keeps_them_as_they_are(
    make_world: MakeWorld,
) -> None:
    keys = ("credits_balance", "points_balance", "referral_url", "status", "summary", "tier")
    world = make_world()
    for key in keys:
        kind: FieldType = "number" if key == "points_balance" else "text"
        field_id = world.client.create_custom_field(key, kind)
        remember_object(world.engine, "acme", Kind.CUSTOM_FIELD, key, field_id)

    assert world.push().failed == 0
    assert world.ours(world.ids["both"]) == {
        "points_balance": 100, "status": "member", "summary": "100 points, Gold", "tier": "Gold"
    }  # fmt: skip
    assert set(known_objects(world.engine, "acme", Kind.CUSTOM_FIELD)) == set(keys)
