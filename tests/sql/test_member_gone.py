"""A member whom the platform does not have any more is gone with the next run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.clock import utc_now
from loyalty_desk.lookup.fresh import Lookup
from loyalty_desk.platforms.base import Capabilities
from loyalty_desk.records import Member, Outcome
from loyalty_desk.refresh import CardShower
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import mark_member_gone, stage_customers, stage_members
from tests.factories import NOW, STORE, customer, member, store_settings
from tests.sql.staged import Staged, customer_classes, match, member_classes, pairs

EMAIL = "ada@shop.example"
SETTINGS = store_settings(platform="smile")


class Smile:
    """Lists what changed, so it never tells of who was deleted; asked by id it does."""

    capabilities = Capabilities(card_keys=frozenset(), lists_changes=True)

    def __init__(self, *people: Member) -> None:
        self.people = {one.member_id: one for one in people}
        self.asked: list[str] = []

    def find_member(self, identifier: str) -> Member | None:
        self.asked.append(identifier)
        return self.people.get(identifier)


@pytest.fixture
def served(staging: Engine) -> Engine:
    """Customer 7 is member m1, as of the last run."""
    with staging.begin() as connection:
        stage_members(connection, STORE, [member("m1", email=EMAIL)], NOW, first_load=False)
        people = [customer(7, email=EMAIL)]
        stage_customers(connection, STORE, people, NOW, card_key="loyalty", first_load=False)
        staged = Staged(connection)
        staged.ticket(70, 7)
        match(staged)
        assert pairs(staged) == [(7, "m1", "email")]
    return staging


def by_lookup(engine: Engine, platform: Any) -> None:
    lookup = Lookup(SETTINGS, engine, lambda: platform)
    found = lookup.find(EMAIL)
    lookup.close()
    if "m1" not in platform.people:
        assert found.found.card["status"] == Outcome.CUSTOMER_NOT_FOUND


def by_refresh(engine: Engine, platform: Any) -> None:
    shower = CardShower(SETTINGS, engine, platform, gorgias=None)  # type: ignore[arg-type]
    assert shower.reread_member("m1") == platform.people.get("m1")


@pytest.mark.parametrize("way", [by_lookup, by_refresh])
def test_who_was_deleted_loses_the_card_with_the_next_run(served: Engine, way: Any) -> None:
    way(served, Smile())

    with served.begin() as connection:
        staged = Staged(connection)
        match(staged, full=False)
        assert pairs(staged) == []
        assert customer_classes(staged) == {7: "customer_not_found"}
        assert member_classes(staged) == {"m1": "merged_or_deleted"}
        assert staged.rows(schema.to_plan, "customer_id") == [7]


@pytest.mark.parametrize("way", [by_lookup, by_refresh])
def test_who_is_still_there_keeps_it(served: Engine, way: Any) -> None:
    way(served, Smile(member("m1", email=EMAIL)))

    with served.begin() as connection:
        staged = Staged(connection)
        match(staged, full=False)
        assert pairs(staged) == [(7, "m1", "email")]


def test_a_read_that_asked_later_knows_better_and_an_address_tells_nothing(
    served: Engine,
) -> None:
    with served.begin() as connection:
        now = utc_now()
        stage_members(
            connection, STORE, [member("m1", email=EMAIL, tier_rank=9)], now, first_load=False
        )
        mark_member_gone(connection, STORE, "m1", now - timedelta(seconds=1))
        mark_member_gone(connection, STORE, EMAIL, now)
        gone = connection.execute(select(schema.members.c.gone_at_utc)).scalars().all()
    assert gone == [None]
