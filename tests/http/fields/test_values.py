"""Customer fields against the real sandbox: ours are right, and nobody else's value is lost."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select

from loyalty_desk.connect.clear import CardRemover
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.fields import find_or_create_fields
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import AccountObjects, Kind
from loyalty_desk.records import Cause, CauseKind
from loyalty_desk.staging import schema
from sandbox.gorgias.customer_rows import MANAGED_FIELD, OTHER_TOOL_FIELD
from sandbox.running import Sandbox
from tests.http.fields.world import (
    CARD,
    FOREIGN,
    FULL,
    FieldsWorld,
    MakeWorld,
    editing_client,
)

RULES = {
    "replaced, and thought to be": ({}, {}),
    "replaced, no single writes": ({"custom_field_single_put_body": "object"}, {}),
    "replaced, single writes by id": (
        {"custom_field_single_put_body": "object"},
        {"field_value_body": "object"},
    ),
    "replaced, single writes off": ({}, {"field_value_body": "none"}),
    "replaced, null refused": ({"custom_field_null_clears": False}, {"clear_field_with": "delete"}),
    "merged, and thought to be replaced": ({"custom_field_bulk_replaces": False}, {}),
    "merged, and known to be": (
        {"custom_field_bulk_replaces": False},
        {"field_writes": "merge"},
    ),
    "rows show no fields": ({"customer_custom_fields_shape": "empty"}, {}),
    "values come wrapped": ({"custom_field_values_wrapped": True}, {}),
}


CARDS = (
    (CARD, FULL),
    ({**CARD, "points_balance": 170}, {**FULL, "points_balance": 170}),
    ({"points_balance": 9, "tier": "Fan"}, {**FULL, "points_balance": 9, "tier": "Fan"}),
    ({"points_balance": None, "tier": None}, {"status": "member", "member": True}),
)
"""What the platform tells, one after the other, and what then stands in our fields."""


@pytest.mark.parametrize("rule", RULES)
def test_under_either_rule_no_foreign_value_is_lost_and_nobody_is_refused(
    make_world: MakeWorld, sandbox: Sandbox, rule: str
) -> None:
    switches, settings = RULES[rule]
    sandbox.control("gorgias", "POST", "switches", switches)
    world = make_world(**settings)

    for card, ours in CARDS:
        world.read_members(card)
        counts = world.push()

        assert (counts.pushed, counts.failed, counts.gone) == (len(FOREIGN), 0, 0)
        for name, customer_id in world.ids.items():
            assert world.ours(customer_id) == ours, name
            assert world.foreign(customer_id) == FOREIGN[name], name
        world.forget_reads()


def test_a_write_takes_one_request_where_nobody_else_has_a_value_and_two_at_most_elsewhere(
    make_world: MakeWorld,
) -> None:
    world = make_world()

    world.push()
    assert world.requests() == {"none": 1, "another tool's": 2, "managed": 2, "both": 2}

    world.forget_reads()
    world.read_members({**CARD, "points_balance": 170})
    world.push()
    assert set(world.requests().values()) == {1}, "one value changes, and is known to"

    world.read_members({"points_balance": 9, "tier": "Fan"})
    world.push()
    assert max(world.requests().values()) == 2

    world.read_members({"points_balance": 9, "tier": "Fan", "name": "Not in a field"})
    assert world.push().pushed == len(FOREIGN)
    assert set(world.requests().values()) == {0}, "no field is another"


def test_where_nobody_else_has_a_field_nothing_is_read_first(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(push={"protect_other_keys": "always"})
    definitions = world.client.iter_custom_field_definitions
    ours = lambda: (one for one in definitions() if one.external_id)  # noqa: E731
    monkeypatch.setattr(world.client, "iter_custom_field_definitions", ours)
    for customer_id in world.ids.values():
        world.edit(customer_id, {OTHER_TOOL_FIELD: None, MANAGED_FIELD: None})

    world.push()

    assert set(world.requests().values()) == {1}


def test_reading_before_each_write_may_be_asked_for(make_world: MakeWorld) -> None:
    world = make_world(push={"protect_other_keys": "always"})

    world.push()

    assert set(world.requests().values()) == {2}


def test_what_an_agent_enters_after_the_extract_stays(make_world: MakeWorld) -> None:
    world = make_world()
    world.forget_reads()
    customer_id = world.ids["none"]
    world.edit(customer_id, {OTHER_TOOL_FIELD: "Back door"})
    world.edit(world.ids["both"], {OTHER_TOOL_FIELD: "Knock"})

    world.push()

    assert world.foreign(customer_id) == {OTHER_TOOL_FIELD: "Back door"}
    assert world.foreign(world.ids["both"])[OTHER_TOOL_FIELD] == "Knock"
    assert world.ours(customer_id) == FULL


def test_one_value_alone_is_written_by_itself_though_a_recent_read_found_no_others(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    world.push()
    world.read_customers()
    customer_id = world.ids["none"]
    world.edit(customer_id, {OTHER_TOOL_FIELD: "Back door"})
    world.read_members({**CARD, "points_balance": 170})

    world.push()

    assert world.foreign(customer_id) == {OTHER_TOOL_FIELD: "Back door"}
    assert world.ours(customer_id)["points_balance"] == 170


def test_what_stands_there_is_not_known_any_more_once_a_write_has_failed(
    make_world: MakeWorld, sandbox: Sandbox
) -> None:
    world = make_world()
    world.push()
    lost = {"effect": "status", "status": 409, "method": "PUT", "after": True}
    sandbox.control("gorgias", "POST", "faults", lost)
    world.read_members({**CARD, "points_balance": 170})
    assert world.push().failed == len(FOREIGN)
    sandbox.control("gorgias", "POST", "reset", {"faults": True})

    world.read_members({**CARD, "name": "Another name"})
    assert world.push().pushed == len(FOREIGN)

    assert [world.ours(one)["points_balance"] for one in world.ids.values()] == [100] * len(FOREIGN)


def test_a_value_in_an_archived_field_is_not_sent_along(make_world: MakeWorld) -> None:
    world = make_world(field_value_body="none")
    AccountObjects(world.client.transport).remove(Kind.CUSTOM_FIELD, OTHER_TOOL_FIELD)

    assert world.push().failed == 0

    for name, customer_id in world.ids.items():
        assert (world.ours(customer_id), world.foreign(customer_id)) == (FULL, FOREIGN[name])


def edits_before_the_write(world: FieldsWorld) -> GorgiasClient:
    """A client that has an agent edit each customer's field right before we write to it."""
    edited: set[int] = set()

    def before(method: str, path: str) -> None:
        if method != "PUT" or not path.startswith("/api/customers/"):
            return
        customer_id = int(path.split("/")[3])
        if customer_id not in edited:
            edited.add(customer_id)
            world.edit(customer_id, {OTHER_TOOL_FIELD: "Edited meanwhile"})

    return editing_client(world.client, before)


def test_an_edit_between_read_and_write_stays_where_one_value_of_ours_changes(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    world.push()
    with world.engine.begin() as connection:  # so that what stands there has to be read
        connection.execute(schema.pushed_cards.update().values(field_values=None))
    world.forget_reads()
    world.read_members({**CARD, "points_balance": 170})

    counts = world.push(edits_before_the_write(world))

    assert counts.pushed == len(FOREIGN)
    assert max(world.requests().values()) == 2
    for customer_id in world.ids.values():
        assert world.foreign(customer_id)[OTHER_TOOL_FIELD] == "Edited meanwhile"
        assert world.ours(customer_id)["points_balance"] == 170


def test_an_edit_between_read_and_write_of_several_values_is_reported(
    make_world: MakeWorld, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"field_write_event_type": "customer-updated"})
    world = make_world(field_edits_leave_events=True)

    with caplog.at_level(logging.WARNING):
        world.push(edits_before_the_write(world))

    assert world.counter("gorgias_field_edits") == len(FOREIGN)
    assert ", ".join(str(one) for one in sorted(world.ids.values())) in caplog.text


def test_no_push_fails_as_events_cannot_be_read(
    make_world: MakeWorld, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(field_edits_leave_events=True)
    refused = {"effect": "status", "status": 403, "method": "GET", "route": "/api/events*"}
    sandbox.control("gorgias", "POST", "faults", refused)

    with caplog.at_level(logging.WARNING):
        assert world.push().pushed == len(FOREIGN)

    assert "whose fields were edited meanwhile cannot be read" in caplog.text


def test_our_own_writes_are_nobodys_edits(make_world: MakeWorld, sandbox: Sandbox) -> None:
    world = make_world(field_edits_leave_events=True)
    sandbox.control("gorgias", "POST", "switches", {"field_write_event_type": "customer-updated"})

    world.push()

    assert world.counter("gorgias_field_edits") == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_way_to_write_one_field_that_is_not_there_makes_nobody_gone(
    make_world: MakeWorld, sandbox: Sandbox, method: str
) -> None:
    world = make_world()
    world.push()
    route = "/api/customers/*/custom-fields/*"
    rule = {"effect": "status", "status": 404, "method": method, "route": route}
    sandbox.control("gorgias", "POST", "faults", rule)
    world.read_members({**CARD, "points_balance": 5, "tier": None})

    counts = world.push()

    assert (counts.pushed, counts.gone, counts.failed) == (len(FOREIGN), 0, 0)
    for name, customer_id in world.ids.items():
        assert world.ours(customer_id)["points_balance"] == 5
        assert world.foreign(customer_id) == FOREIGN[name]


def test_a_value_that_its_field_would_not_take_any_more_holds_nobody_up(
    make_world: MakeWorld,
) -> None:
    world = make_world()
    world.edit(world.ids["managed"], {MANAGED_FIELD: "A type of before"})

    assert world.push().failed == 0
    assert world.ours(world.ids["managed"]) == FULL
    assert world.foreign(world.ids["managed"]) == {MANAGED_FIELD: "A type of before"}


def test_two_stores_in_one_account_keep_each_others_values(make_world: MakeWorld) -> None:
    acme, other = make_world("acme"), make_world("other")
    acme.push()
    other.read_members({"points_balance": 7, "tier": "Leaf"})
    other.push()
    acme.read_members({"points_balance": 8, "tier": "Fan"})
    acme.push()

    for customer_id in acme.ids.values():
        assert acme.ours(customer_id) == {**FULL, "points_balance": 8, "tier": "Fan"}
        assert other.ours(customer_id) == {**FULL, "points_balance": 7, "tier": "Leaf"}


@pytest.mark.parametrize("tier", ["Gold", None], ids=["all values", "a value to empty"])
def test_two_stores_that_write_to_a_customer_at_once_keep_each_others_values(
    make_world: MakeWorld, tier: str | None
) -> None:
    acme, other = make_world("acme"), make_world("other")
    for world in (acme, other):  # makes the fields of both
        find_or_create_fields(world.client, world.engine, world.store)
    acme.read_members({**CARD, "tier": tier})
    ours = {key: value for key, value in (FULL | {"tier": tier}).items() if value is not None}
    asked: list[str] = []

    def let_the_other_go_first(method: str, path: str) -> None:
        if method == "PUT" and not asked:
            asked.append(path)
            other.push()

    acme.push(editing_client(acme.client, let_the_other_go_first))

    for name, customer_id in acme.ids.items():
        assert (acme.ours(customer_id), other.ours(customer_id)) == (ours, FULL)
        theirs = known_objects(acme.engine, "other", Kind.CUSTOM_FIELD).values()
        rest = {key: one for key, one in acme.foreign(customer_id).items() if key not in theirs}
        assert rest == FOREIGN[name]


def test_cards_that_are_cleared_leave_the_values_of_others(make_world: MakeWorld) -> None:
    world = make_world()
    world.push()

    CardRemover(
        store=world.store,
        engine=world.engine,
        client=world.client,
        cause=Cause(kind=CauseKind.DISCONNECT),
    ).clear_all()

    with world.engine.connect() as connection:
        writes = connection.execute(select(schema.card_writes.c.cause, schema.card_writes.c.card))
        assert writes.all().count(("disconnect", "{}")) == len(world.ids)
    for name, customer_id in world.ids.items():
        assert world.values(customer_id) == FOREIGN[name]
