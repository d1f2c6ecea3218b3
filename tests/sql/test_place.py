"""What a lookup finds stands at the place at once, also of whom no sync has seen."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.card.cards import absent_card
from loyalty_desk.card.shown import FORM
from loyalty_desk.errors import NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.lookup.place import CustomerShower, ask_to_show
from loyalty_desk.lookup.staged import Found, find_staged
from loyalty_desk.mismatches.links import confirm_link, remove_link
from loyalty_desk.records import MemberStatus, Outcome
from loyalty_desk.refresh import CardShower
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.kept_out import CUSTOMER, keep_out
from loyalty_desk.staging.run_lock import Run, release_lock, take_lock
from loyalty_desk.staging.watermarks import Watermark, save_watermark
from tests.factories import NOW, STORE, customer, member, store_settings
from tests.scripted import ScriptedTransport
from tests.sql.staged import Staged

ADA = "ada@shop.example"
NOBODY = Found(member_id=None, card=absent_card(Outcome.CUSTOMER_NOT_FOUND), as_of_utc=None)


class Place:
    """A store whose first sync is over, and a Gorgias that keeps what it is told."""

    def __init__(self, engine: Engine, store: StoreSettings) -> None:
        self.engine, self.store, self.api = engine, store, ScriptedTransport()
        gorgias = GorgiasClient(self.api, card_key="loyalty", app_id=None)
        platform: Any = None  # it is not asked
        self.shower = CardShower(store, engine, platform, gorgias)

    def stage(self, *people: Any) -> None:
        with self.engine.begin() as connection:
            members = [one for one in people if hasattr(one, "member_id")]
            customers = [one for one in people if hasattr(one, "customer_id")]
            stage_members(connection, STORE, members, NOW, first_load=False)
            stage_customers(connection, STORE, customers, NOW, card_key="loyalty", first_load=False)

    def look_up(self, customer_id: int = 1, told: str = ADA, found: Found | None = None) -> None:
        """What a lookup does after it has answered."""
        if found is None:
            with self.engine.connect() as connection:
                found = find_staged(connection, self.store, told)
        answer = LookedUp.of(found, "fresh", NOW)
        ask_to_show(self.engine, self.store, customer_id, told, answer, NOW)

    def asked(self) -> dict[int, bool]:
        """The customers asked for, and whether Gorgias is to be read first."""
        return dict(self._rows(schema.customers_to_show, "customer_id", "is_stale"))

    def asked_members(self) -> list[str]:
        return self._rows(schema.cards_to_show, "member_id")

    def show(self, customer_id: int = 1, *, is_stale: bool = False) -> list[Any]:
        """Show a customer; returns the cards that were written."""
        self.api.bodies.clear()
        for _ in self.store.push_to:
            self.api.will_answer({})
        CustomerShower(shower=self.shower).show(customer_id, is_stale=is_stale)
        self.api._script.clear()
        return [body["data"]["loyalty"] for body in self.api.bodies if body]

    def ledger(self) -> list[Any]:
        return self._rows(schema.pushed_cards, "customer_id", "is_member", "form")

    def _rows(self, *what: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return Staged(connection).rows(*what)


@pytest.fixture
def place(staging: Engine) -> Place:
    return place_of(staging)


def place_of(engine: Engine, **values: Any) -> Place:
    with engine.begin() as connection:
        done = Watermark(since=None, full_scan_at_utc="2026-03-01T00:00:00.000000Z")
        save_watermark(connection, STORE, "customers", done)
    return Place(engine, store_settings(**values))


# --- what is asked for -----------------------------------------------------------------------


def test_a_customer_whom_no_sync_has_seen_is_read_from_gorgias_first(place: Place) -> None:
    place.stage(member("a", email=ADA))

    place.look_up()

    assert place.asked() == {1: True}
    assert place._rows(schema.customers_to_show, "cause") == ["lookup"]


def test_a_customer_with_another_address_than_the_one_told_is_read_first(place: Place) -> None:
    place.stage(member("a", email=ADA), customer(1, email="before@shop.example"))

    place.look_up()

    assert place.asked() == {1: True}


def test_who_is_staged_and_not_matched_is_asked_for_as_it_is(place: Place) -> None:
    place.stage(member("a", email=ADA), customer(1, email=ADA))

    place.look_up()

    assert place.asked() == {1: False}
    assert place.asked_members() == []


def test_of_who_is_matched_the_member_is_asked_for(place: Place) -> None:
    place.stage(member("a", email=ADA), customer(1, email=ADA))
    with place.engine.begin() as connection:
        Staged(connection).match(1, "a")

    place.look_up()

    assert (place.asked(), place.asked_members()) == ({}, ["a"])


def test_what_stands_there_in_other_words_is_asked_for_and_written_anew(place: Place) -> None:
    told = {"points_balance": 1840}
    place.stage(member("a", email=ADA, card=told), customer(1, email=ADA, language="de"))
    assert place.show()[0]["balance_text"] == "You have 1,840 points."
    german = Place(place.engine, store_settings(texts={"languages": ["de"]}))

    german.look_up()

    assert german.asked() == {1: False}
    (card,) = german.show()
    assert card["balance_text"] == card["if_member"]["balance_text"] == "Sie haben 1.840 Punkte."
    assert german.show() == []


def test_what_stands_there_is_asked_for_by_nobody(place: Place) -> None:
    place.stage(member("a", email=ADA), customer(1, email=ADA))
    place.show()

    place.look_up()

    assert place.asked() == {}


def test_that_gorgias_is_to_be_read_is_not_forgotten_by_a_later_asker(place: Place) -> None:
    place.look_up(told=ADA)
    place.stage(member("a", email=ADA), customer(1, email=ADA))

    place.look_up()

    assert place.asked() == {1: True}


def test_an_erased_customer_is_not_read_again(place: Place) -> None:
    with place.engine.begin() as connection:
        keep_out(connection, STORE, [(CUSTOMER, 1)], NOW)

    place.look_up(found=NOBODY)

    assert place.asked() == {}


@pytest.mark.parametrize(
    ("wanted", "asked"), [("recent_tickets", {1: False}), ("all", {1: False}), ("none", {})]
)
def test_who_is_no_member_has_a_card_where_the_store_wants_one(
    staging: Engine, wanted: str, asked: dict[int, bool]
) -> None:
    place = place_of(staging, non_member_cards=wanted)
    place.stage(customer(1, email=ADA))

    place.look_up()

    assert place.asked() == asked
    assert len(place.show()) == len(asked)


# --- what is written -------------------------------------------------------------------------


def test_the_card_is_written_once_and_kept_in_the_ledger(place: Place) -> None:
    place.stage(member("a", email=ADA), customer(1, email=ADA))

    [card] = place.show()

    assert (card["points_balance"], card["if_member"]["points_balance"]) == (100, 100)
    assert place.ledger() == [(1, True, FORM)]
    assert place.show() == []


def test_it_is_gorgias_that_says_whose_address_it_is_and_not_the_asker(place: Place) -> None:
    place.stage(member("a", email=ADA))
    place.look_up(customer_id=5)
    path = {"id": 5, "email": "eve@shop.example", "updated_datetime": "2026-03-02T00:00:00"}
    place.api.will_answer({**path, "data": None, "channels": []})

    [card] = place.show(5, is_stale=True)

    assert (card["member"], card["status"]) == (False, "customer_not_found")


def test_a_customer_who_is_gone_from_gorgias_is_said_to_be(place: Place) -> None:
    place.api.will_answer(NotFoundError("Gorgias", "GET", "/api/customers/5", 404))

    with pytest.raises(NotFoundError):
        place.show(5, is_stale=True)


def test_while_the_first_sync_loads_everybody_nobody_is_staged_in_between(
    staging: Engine,
) -> None:
    place = Place(staging, store_settings())
    place.stage(member("a", email=ADA))
    run = Run(store=place.store, run_id="r", params=RunParams(), engine=staging)
    with staging.begin() as connection:
        take_lock(connection, run, NOW)

    assert place.show(is_stale=True) == []
    assert place.api.calls == []

    with staging.begin() as connection:
        release_lock(connection, run)
    told = {"id": 1, "email": ADA, "updated_datetime": "2026-03-02T00:00:00", "channels": []}
    place.api.will_answer(told)
    assert [card["points_balance"] for card in place.show(is_stale=True)] == [100]


def test_a_link_counts_before_the_address_as_soon_as_it_is_made(place: Place) -> None:
    place.stage(member("a", email=ADA), member("b", card={"points_balance": 9}))
    place.stage(customer(1, email=ADA))
    with place.engine.begin() as connection:
        Staged(connection).match(1, "a")
        confirm_link(connection, STORE, 1, "b", confirmed_by="eve", now=NOW)
    assert place.asked() == {1: False}

    assert [card["points_balance"] for card in place.show()] == [9]

    with place.engine.begin() as connection:
        remove_link(connection, STORE, 1, NOW)
    assert [card["points_balance"] for card in place.show()] == [100]


def test_a_link_works_for_a_customer_without_an_address(place: Place) -> None:
    place.stage(member("b", card={"points_balance": 9}), customer(1, email=None))
    assert [card["status"] for card in place.show()] == ["no_email"]
    with place.engine.begin() as connection:
        confirm_link(connection, STORE, 1, "b", confirmed_by="eve", now=NOW)

    assert [card["points_balance"] for card in place.show()] == [9]


@pytest.mark.parametrize(
    ("email", "status", "shown"),
    [
        ("no address", MemberStatus.MEMBER, "invalid_email"),
        (ADA, MemberStatus.EXCLUDED, "excluded"),
    ],
)
def test_who_has_no_card_to_see_has_the_one_that_says_why(
    place: Place, email: str, status: MemberStatus, shown: str
) -> None:
    place.stage(member("a", email=ADA, status=status), customer(1, email=email))

    assert [card["status"] for card in place.show()] == [shown]


def test_a_tie_is_not_broken(place: Place) -> None:
    place.stage(member("a", email=ADA), member("b", email=ADA), customer(1, email=ADA))

    assert [card["status"] for card in place.show()] == ["ambiguous"]


# --- whom a member's news concern ------------------------------------------------------------


def test_news_of_a_member_ask_for_customers_whom_no_match_has_paired(place: Place) -> None:
    place.stage(member("a", email=ADA), customer(1, email=ADA), customer(2), customer(3))
    with place.engine.begin() as connection:
        Staged(connection).link(2, "a")

    place.shower.push("a")

    assert place.asked() == {1: False, 2: False}
    assert len(place.show(1)) == len(place.show(2)) == 1
    with place.engine.begin() as connection:
        connection.execute(schema.customers_to_show.delete())
    place.shower.push("a")
    assert place.asked() == {}, "what stands there is not asked for again"


def test_a_plus_that_came_as_a_blank_is_the_same_address(place: Place) -> None:
    email = "ada+tea@shop.example"
    place.stage(member("a", email=email), customer(1, email=email))
    place.show()
    with place.engine.connect() as connection:
        found = find_staged(connection, place.store, email)

    place.look_up(told="ada tea@shop.example", found=found)

    assert place.asked() == {}
