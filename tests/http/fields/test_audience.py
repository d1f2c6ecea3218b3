"""Customer fields of who has not written lately, where the store writes to those alone who have."""

from __future__ import annotations

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.staging import schema
from tests.http.fields.world import FOREIGN, FULL, MakeWorld
from tests.sql.staged import Staged


def test_our_values_are_taken_away_with_the_first_change_and_nobody_elses(
    make_world: MakeWorld,
) -> None:
    world = make_world(push={"audience": "recent"})
    assert world.push().pushed == 0
    with world.engine.begin() as connection:
        staged = Staged(connection)
        for customer_id in world.ids.values():
            staged.ticket(customer_id, customer_id, updated_at_utc=utc_text(utc_now()))
    assert world.push().pushed == len(FOREIGN)
    with world.engine.begin() as connection:
        Staged(connection).delete(schema.tickets)
    assert world.push().pushed == 0, "what is right stays"

    world.read_members({"points_balance": 101})
    assert world.push().pushed == len(FOREIGN)

    for name, customer_id in world.ids.items():
        ours = world.ours(customer_id)
        assert ours.keys() <= FULL.keys()
        assert set(ours.values()) <= {None}, name
        assert world.foreign(customer_id) == FOREIGN[name]
    world.read_members({"points_balance": 102})
    assert world.push().pushed == 0, "and once is enough"
