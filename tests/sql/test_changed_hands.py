"""Between the staging of addresses and the next match nobody is shown another person's card."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from loyalty_desk.gorgias.destinations import WantedCard, find_delivery
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import mark_member_gone, stage_members
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.desk.customers import load_customer
from tests.factories import LATER, NOW, STORE, member, store_settings
from tests.sql.staged import Staged, customer_classes, match, pairs, plan, planned

ADA, GRACE, JOAN, MAE = "ada@shop.example", "grace@shop.example", "joan@shop.example", "mae@x.test"
WORK = "joan@work.example"
Change = Callable[[Staged], None]
SETTINGS = store_settings()


def fill(staged: Staged) -> None:
    """Customers 1 and 2 are m1 and m2 by address, 3 is m3 by a link, 4 m4 by a further address."""
    for customer_id, key in ((1, ADA), (2, GRACE), (3, JOAN), (4, MAE)):
        staged.customer(customer_id, key)
        staged.ticket(customer_id, customer_id)
    for member_id, key in (("m1", ADA), ("m2", GRACE), ("m3", WORK), ("m4", "mae@work.example")):
        staged.member(member_id, key, card=f'{{"member_id":"{member_id}","status":"member"}}')
    staged.link(3, "m3")
    staged.channel(4, "mae@work.example")
    match(staged)


def customers_swap(staged: Staged) -> None:
    staged.update(schema.customers, {"customer_id": 1}, email_key=GRACE)
    staged.update(schema.customers, {"customer_id": 2}, email_key=ADA)


def members_swap(staged: Staged) -> None:
    staged.update(schema.members, {"member_id": "m1"}, email_key=GRACE)
    staged.update(schema.members, {"member_id": "m2"}, email_key=ADA)


def half_a_swap(staged: Staged) -> None:
    """One customer's page is staged, the other's not yet."""
    staged.update(schema.customers, {"customer_id": 1}, email_key=GRACE)


def member_moves(staged: Staged) -> None:
    staged.update(schema.members, {"member_id": "m1"}, email_key="new@shop.example")


def address_is_given_up(staged: Staged) -> None:
    staged.update(schema.members, {"member_id": "m1"}, email_key=None)


def newcomer_shares(staged: Staged) -> None:
    staged.member("m9", ADA)


def exclusion(staged: Staged) -> None:
    staged.update(schema.members, {"member_id": "m1"}, status="excluded")


def departure(staged: Staged) -> None:
    staged.update(schema.members, {"member_id": "m1"}, gone_at_utc="2026-03-02")


def link_is_undone(staged: Staged) -> None:
    staged.delete(schema.links, customer_id=3)


def linked_member_leaves(staged: Staged) -> None:
    """So the link leads nowhere, and the address to whoever else holds it."""
    staged.update(schema.members, {"member_id": "m3"}, gone_at_utc="2026-03-02")
    staged.member("m9", JOAN, card='{"member_id":"m9","status":"member"}')


def further_address_goes(staged: Staged) -> None:
    staged.delete(schema.customer_channels, customer_id=4)


def further_address_is_another(staged: Staged) -> None:
    staged.delete(schema.customer_channels, customer_id=4)
    staged.channel(4, "mae@home.example")


def holder_of_the_primary_address_comes(staged: Staged) -> None:
    staged.member("m9", MAE, card='{"member_id":"m9","status":"member"}')


CASES: list[tuple[Change, str, str | None, int, str]] = [
    (customers_swap, ADA, "m1", 1, "m1"),
    (customers_swap, GRACE, "m2", 2, "m2"),
    (members_swap, ADA, "m2", 1, "m1"),
    (members_swap, GRACE, "m1", 2, "m2"),
    (half_a_swap, ADA, "m1", 1, "m1"),
    (half_a_swap, GRACE, "m2", 1, "m1"),
    (member_moves, ADA, None, 1, "m1"),
    (address_is_given_up, ADA, None, 1, "m1"),
    (newcomer_shares, ADA, None, 1, "m1"),
    (exclusion, ADA, None, 1, "m1"),
    (departure, ADA, None, 1, "m1"),
    (link_is_undone, JOAN, None, 3, "m3"),
    (linked_member_leaves, JOAN, "m9", 3, "m3"),
    (further_address_goes, MAE, None, 4, "m4"),
    (further_address_is_another, MAE, None, 4, "m4"),
    (holder_of_the_primary_address_comes, MAE, "m9", 4, "m4"),
]
"""What changes; an address and whose card it gets at once; a customer and the old match."""


def member_of(staged: Staged, customer_id: int) -> str | None:
    return {one: member_id for one, member_id, _ in pairs(staged)}.get(customer_id)


def asked_for(staged: Staged, store: StoreSettings, member_id: str) -> list[int]:
    """For whom a refresh of the member would ask, as no match has paired them yet."""
    binds = {
        "store": store.name,
        "member_id": member_id,
        "destination": "customer_data",
        "guest_status": store.guest_status.value,
    }
    found = staged.connection.execute(statement("refresh/select_unmatched_customers"), binds)
    return list(found.scalars())


def shows(staged: Staged, customer_id: int, member_id: str) -> bool:
    """Whether a refresh, an award or a push would write that member's card there."""
    wanted = WantedCard(customer_id, "customer_data", "matched", member_id)
    return find_delivery(staged.connection, SETTINGS, wanted, NOW) is not None


@pytest.mark.parametrize(
    ("change", "address", "owner", "customer_id", "matched"),
    CASES,
    ids=[f"{case[0].__name__}-{case[1].partition('@')[0]}" for case in CASES],
)
def test_a_card_goes_to_whom_its_address_belongs_now(
    staging: Engine,
    change: Change,
    address: str,
    owner: str | None,
    customer_id: int,
    matched: str,
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        assert shows(staged, customer_id, matched)
        change(staged)

        assert find_staged(connection, SETTINGS, address).member_id == owner
        assert not shows(staged, customer_id, matched)
        person = load_customer(connection, SETTINGS, customer_id)
        assert person is not None
        assert (person.member, person.is_undecided, person.card) == (None, True, {})

        match(staged)
        assert find_staged(connection, SETTINGS, address).member_id == owner


@pytest.mark.parametrize(
    ("address", "customer_id", "owner"),
    [(ADA, 1, "m1"), (GRACE, 2, "m2"), (JOAN, 3, "m3"), (MAE, 4, "m4")],
)
def test_who_stays_is_shown_by_every_rule(
    staging: Engine, address: str, customer_id: int, owner: str
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)

        assert find_staged(connection, SETTINGS, address).member_id == owner
        assert shows(staged, customer_id, owner)
        person = load_customer(connection, SETTINGS, customer_id)
        assert person is not None
        assert person.member is not None
        assert (person.member.member_id, person.is_undecided) == (owner, False)


def test_a_guest_where_guests_do_not_count_is_no_rival(staging: Engine) -> None:
    strict = store_settings(include_guests=False)
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        staged.member("m9", ADA, status="guest")

        wanted = WantedCard(1, "customer_data", "matched", "m1")
        assert find_delivery(connection, strict, wanted, NOW) is not None
        assert find_delivery(connection, SETTINGS, wanted, NOW) is None
        assert find_staged(connection, strict, ADA).member_id == "m1"
        assert find_staged(connection, SETTINGS, ADA).card["status"] == "ambiguous"


@pytest.mark.parametrize(
    ("member_id", "address", "customer_id", "outcome"),
    [
        ("m1", ADA, 1, "excluded"),
        ("m3", JOAN, 3, "customer_not_found"),
        ("m4", MAE, 4, "customer_not_found"),
    ],
    ids=["by address", "by a link", "by a further address"],
)
def test_who_becomes_a_guest_is_shown_nowhere_where_guests_do_not_count(
    staging: Engine, member_id: str, address: str, customer_id: int, outcome: str
) -> None:
    strict = store_settings(include_guests=False)
    wanted = WantedCard(customer_id, "customer_data", "matched", member_id)
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        staged.update(schema.members, {"member_id": member_id}, status="guest")

        assert find_staged(connection, SETTINGS, address).member_id == member_id
        assert find_delivery(connection, SETTINGS, wanted, NOW) is not None
        assert find_staged(connection, strict, address).card["status"] == outcome
        assert find_delivery(connection, strict, wanted, NOW) is None
        assert load_customer(connection, strict, customer_id).card == {}

        match(staged, include_guests=True)
        assert member_of(staged, customer_id) == member_id
        match(staged, include_guests=False)
        assert customer_classes(staged)[customer_id] == outcome
        assert asked_for(staged, strict, member_id) == []
        assert asked_for(staged, SETTINGS, member_id) == ([] if customer_id == 4 else [customer_id])


def test_two_customers_of_one_address_who_are_linked_to_different_members_are_unclear(
    staging: Engine,
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        staged.customer(5, JOAN)
        staged.link(5, "m2")

        assert find_staged(connection, SETTINGS, JOAN).card["status"] == "ambiguous"

        match(staged)
        assert (member_of(staged, 3), member_of(staged, 5)) == ("m3", "m2"), "as a person decided"
        staged.update(schema.customers, {"customer_id": 5}, gone_at_utc="2026-03-02")
        assert find_staged(connection, SETTINGS, JOAN).member_id == "m3", (
            "a gone one claims nothing"
        )


@pytest.mark.parametrize("again_as", ["m1", "m9"], ids=["the same id", "a new id"])
@pytest.mark.parametrize("full", [True, False])
def test_who_leaves_and_joins_again_has_the_card_again(
    staging: Engine, again_as: str, *, full: bool
) -> None:
    """The row that left stays staged with its address, and is nobody's rival."""
    back = member(again_as, email=ADA)
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        stage_members(connection, STORE, [member("m1", email=ADA)], NOW, first_load=False)
        match(staged)
        mark_member_gone(connection, STORE, "m1", NOW)
        match(staged, full=False)
        assert member_of(staged, 1) is None
        assert find_staged(connection, SETTINGS, ADA).member_id is None

        stage_members(connection, STORE, [back], LATER, first_load=False)
        assert find_staged(connection, SETTINGS, ADA).member_id == again_as
        match(staged, full=full)

        assert member_of(staged, 1) == again_as
        assert shows(staged, 1, again_as)
        plan(staged, full=False)
        assert (1, "new", "matched") in [row[:3] for row in planned(staged)]


def test_several_customers_of_one_address_and_different_members_are_unclear(
    staging: Engine,
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        staged.update(schema.customers, {"customer_id": 3}, email_key=ADA)

        assert find_staged(connection, SETTINGS, ADA).card["status"] == "ambiguous"


def test_who_is_unclear_by_further_addresses_is_not_called_a_stranger(staging: Engine) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        staged.customer(5, "home@shop.example")
        staged.channel(5, ADA)
        staged.channel(5, GRACE)
        match(staged)

        assert find_staged(connection, SETTINGS, "home@shop.example").card["status"] == "ambiguous"
