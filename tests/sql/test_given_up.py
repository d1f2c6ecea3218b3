"""An address that its holder gave up is the holder's no longer; who has it now is served next."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiError
from loyalty_desk.gorgias.reading import read_customer
from loyalty_desk.platforms.base import Capabilities
from loyalty_desk.platforms.rivo import read_member
from loyalty_desk.records import Customer, Member, MemberStatus
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_customers, stage_members, stage_tickets
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync.match import match_customers
from loyalty_desk.sync.members import look_members_up
from tests.factories import LATER, NOW, STORE, customer, member, store_settings, ticket

SHARED = "x@shop.example"
SETTINGS = store_settings()


def rivo(member_id: int, **attributes: Any) -> Member:
    told = {"loyalty_status": "member", "points_tally": 100, **attributes}
    return read_member({"id": str(member_id), "attributes": told})


def sync(staging: Engine, *people: Member | Customer, full: bool = False) -> dict[int, str]:
    """Stage and match; returns the member, or the class, of each customer."""
    with staging.begin() as connection:
        members = [one for one in people if isinstance(one, Member)]
        stage_members(connection, STORE, members, NOW, first_load=False)
        customers = [one for one in people if isinstance(one, Customer)]
        stage_customers(connection, STORE, customers, NOW, card_key="loyalty", first_load=False)
        match_customers(connection, SETTINGS, NOW, full=full)
        matches = connection.execute(select(schema.matches)).all()
        others = connection.execute(select(schema.unmatched_customers)).all()
    return {row.customer_id: row.member_id for row in matches} | {
        row.customer_id: row.outcome for row in others
    }


@pytest.mark.parametrize("given_up", [None, "", " ", "new@shop.example"])
def test_who_joins_with_an_address_that_a_member_gave_up_is_served(
    staging: Engine, given_up: str | None
) -> None:
    assert sync(staging, customer(7, email=SHARED), rivo(1, email=SHARED)) == {7: "1"}

    # Whoever writes from it meanwhile has nothing of the one who had it.
    assert sync(staging, rivo(1, email=given_up)) == {7: "not_a_member"}
    assert sync(staging, rivo(2, email=SHARED)) == {7: "2"}


def test_both_in_one_run_are_no_tie(staging: Engine) -> None:
    sync(staging, customer(7, email=SHARED), rivo(1, email=SHARED))

    assert sync(staging, rivo(1, email=None), rivo(2, email=SHARED)) == {7: "2"}


def test_a_record_without_the_address_says_nothing_of_it(staging: Engine) -> None:
    sync(staging, customer(7, email=SHARED), rivo(1, email=SHARED))

    assert sync(staging, rivo(1)) == {7: "1"}
    assert sync(staging, rivo(1), rivo(2, email=SHARED)) == {7: "ambiguous"}


def test_an_id_in_the_shop_that_was_taken_out_is_the_members_no_longer(staging: Engine) -> None:
    sync(staging, member("m1", external_id="77", phone="+49 30 1"))

    sync(staging, member("m1", cleared=frozenset({"external_id", "phone"})))

    with staging.connect() as connection:
        row = connection.execute(select(schema.members)).one()
    assert (row.external_id, row.phone, row.email_key) == (None, None, "m1@shop.example")


# --- further addresses -------------------------------------------------------------------------


def gorgias(customer_id: int, at: str, *further: str, email: str | None = None) -> Customer:
    row = {
        "id": customer_id,
        "email": email,
        "updated_datetime": at,
        "channels": [{"type": "email", "address": address} for address in further],
    }
    return read_customer(row, None)


def listed(customer_id: int, at: str, email: str | None = None) -> Customer:
    """As a list tells a customer: without further addresses."""
    return read_customer({"id": customer_id, "email": email, "updated_datetime": at}, None)


def candidates(staging: Engine) -> list[int]:
    binds = {
        "store": STORE,
        "guest_status": "member",
        "lookups": 9,
        "now_utc": utc_text(utc_now()),
    }
    with staging.connect() as connection:
        found = connection.execute(statement("extract/select_channel_candidates"), binds)
        return list(found.scalars())


def test_a_further_address_that_matches_is_read_again_when_its_customer_changes(
    staging: Engine,
) -> None:
    at = utc_text(NOW)
    sync(staging, gorgias(7, at, SHARED, email="seven@shop.example"), rivo(1, email=SHARED))
    assert candidates(staging) == []

    assert sync(staging, listed(7, utc_text(LATER), "seven@shop.example")) == {7: "1"}

    assert candidates(staging) == [7]  # without a ticket, as the card may be another's by now
    given_up = gorgias(7, utc_text(LATER), email="seven@shop.example")
    assert sync(staging, given_up) == {7: "not_a_member"}
    assert candidates(staging) == []


def test_who_has_a_further_address_now_is_served_when_its_holder_was_read_again(
    staging: Engine,
) -> None:
    sync(staging, gorgias(7, utc_text(NOW), SHARED), rivo(1, email=SHARED))
    both = sync(staging, gorgias(8, utc_text(LATER), SHARED), listed(7, utc_text(LATER)))
    assert both == {7: "ambiguous", 8: "ambiguous"}

    assert 7 in candidates(staging)
    given_up = gorgias(7, utc_text(LATER))
    assert sync(staging, given_up) == {7: "no_email", 8: "1"}


def test_a_link_that_was_undone_gives_the_member_back_to_the_address(staging: Engine) -> None:
    people = (customer(7, email="seven@shop.example"), customer(8, email=SHARED))
    sync(staging, *people, rivo(1, email=SHARED))
    link = {"store": STORE, "customer_id": 7, "member_id": "1"}
    made = {**link, "confirmed_by": "a manager", "confirmed_at_utc": utc_text(NOW)}
    with staging.begin() as connection:
        connection.execute(schema.links.insert(), made)
    assert sync(staging, full=True) == {7: "1", 8: "1"}

    with staging.begin() as connection:
        connection.execute(schema.links.delete())
    assert sync(staging, full=True) == {7: "not_a_member", 8: "1"}


# --- a platform without a list -----------------------------------------------------------------


class Programme:
    """Answers about one member at a time."""

    capabilities = Capabilities(card_keys=frozenset(), lists_members=False)

    def __init__(self, **members: str | None) -> None:
        self.emails = members
        self.asked: list[str] = []

    def find_member(self, identifier: str) -> Member | None:
        self.asked.append(identifier)
        if identifier == "broken":
            raise ApiError("Programme", "GET", "/", 403)
        holders = [name for name, email in self.emails.items() if identifier in (name, email)]
        if not holders:
            return None
        email = self.emails[holders[0]]
        return Member(
            member_id=holders[0],
            email=email,
            status=MemberStatus.MEMBER,
            card={},
            cleared=frozenset({"email"} if email is None else ()),
        )


@pytest.fixture
def run(staging: Engine) -> Run:
    run = Run(store=SETTINGS, run_id="r", params=RunParams(), engine=staging)
    with staging.begin() as connection:
        start_run(connection, STORE, "r", {}, utc_now())
        stage_customers(
            connection,
            STORE,
            [customer(7, email=SHARED)],
            NOW,
            card_key="loyalty",
            first_load=False,
        )
        stage_tickets(connection, STORE, [ticket(1, customer_id=7)], NOW)
        stage_members(connection, STORE, [member("a", email=SHARED)], NOW, first_load=False)
    return run


@pytest.mark.parametrize(
    ("emails", "served"),
    [
        pytest.param({"a": None, "b": SHARED}, "b", id="given up, and another has it"),
        pytest.param({"a": "new@shop.example", "b": SHARED}, "b", id="changed"),
        pytest.param({"b": SHARED}, "b", id="its holder is gone"),
        pytest.param({"a": None}, "customer_not_found", id="nobody has it"),
        pytest.param({"a": SHARED}, "a", id="as before"),
    ],
)
def test_a_lookup_finds_out_who_has_the_address_now(
    run: Run, emails: dict[str, str | None], served: str
) -> None:
    programme = Programme(**emails)

    look_members_up(run, programme)  # type: ignore[arg-type] # as far as it is asked

    assert sync(run.engine)[7] == served
    assert len(programme.asked) == len(set(programme.asked))


def test_a_tie_of_two_staged_holders_is_asked_about_one_by_one(run: Run) -> None:
    with run.engine.begin() as connection:
        stage_members(connection, STORE, [member("b", email=SHARED)], NOW, first_load=False)
    programme = Programme(a=None, b=SHARED)

    look_members_up(run, programme)  # type: ignore[arg-type] # as far as it is asked

    assert programme.asked == [SHARED, "a"]
    assert sync(run.engine)[7] == "b"
