"""Whom a fresh lookup takes an address for, when the platform knows more than staging does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.lookup.fresh import Lookup
from loyalty_desk.platforms.base import Capabilities
from loyalty_desk.records import Member
from loyalty_desk.staging.intake import stage_members
from tests.factories import NOW, STORE, member, store_settings

EMAIL = "ada@shop.example"


class Programme:
    """Finds whoever is in `members` by id and by address, unless it is down; notes who is asked."""

    capabilities = Capabilities(card_keys=frozenset())

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.is_down = False
        self.asked: list[str] = []

    def find_member(self, identifier: str) -> Member | None:
        self.asked.append(identifier)
        if self.is_down:
            raise ApiUnavailableError("the platform does not answer")
        return next((m for m in self.members if identifier in {m.member_id, m.email}), None)


@pytest.fixture
def programme() -> Programme:
    return Programme()


@pytest.fixture
def lookup(staging: Engine, programme: Any) -> Iterator[Lookup]:
    opened = Lookup(store_settings(lookup={"deadline_s": 4}), staging, lambda: programme)
    yield opened
    opened.close()


def stage(staging: Engine, *members: Member) -> None:
    with staging.begin() as connection:
        stage_members(connection, STORE, members, NOW, first_load=False)


def test_about_a_tie_the_platform_is_not_asked_as_it_may_know_of_neither(
    staging: Engine, lookup: Lookup, programme: Programme
) -> None:
    stage(staging, member("m1", email=EMAIL), member("m2", email=EMAIL))

    answer = lookup.find(EMAIL)

    assert (answer.found.card["status"], answer.source) == ("ambiguous", "staged")
    assert programme.asked == []


def test_who_left_is_not_shown_again_when_the_platform_is_down_afterwards(
    staging: Engine, lookup: Lookup, programme: Programme
) -> None:
    stage(staging, member("m1", email=EMAIL))
    assert lookup.find(EMAIL).found.member_id is None

    programme.is_down = True
    answer = lookup.find(EMAIL)

    assert (answer.found.card["status"], answer.source) == ("customer_not_found", "staged")


def test_an_address_that_its_member_gave_up_is_at_once_whose_it_is_now(
    staging: Engine, lookup: Lookup, programme: Programme
) -> None:
    stage(staging, member("m1", email=EMAIL))
    programme.members = [member("m1", email="moved@shop.example"), member("m2", email=EMAIL)]

    answer = lookup.find(EMAIL)

    assert (answer.found.member_id, answer.source) == ("m2", "fresh")
    assert programme.asked == ["m1", EMAIL]
