from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import PermanentError
from loyalty_desk.mismatches.links import confirm_link, remove_link
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.sync.match import match_customers
from tests.factories import customer, member, store_settings

STORE = store_settings()


@pytest.fixture
def strangers(staging: Engine) -> Engine:
    """A customer and a member whose e-mails differ, matched once."""
    with staging.begin() as connection:
        people = [member(member_id="m1", email="a@example.test")]
        stage_members(connection, STORE.name, people, utc_now(), first_load=True)
        customers = [customer(customer_id=7, email="b@example.test")]
        stage_customers(
            connection, STORE.name, customers, utc_now(), card_key="loyalty", first_load=True
        )
        match_customers(connection, STORE, utc_now(), full=True)
    return staging


def matches(staging: Engine) -> list[tuple[int, str, str]]:
    with staging.begin() as connection:
        match_customers(connection, STORE, utc_now(), full=False)
        rows = connection.execute(text("SELECT customer_id, member_id, rule FROM matches"))
        return [tuple(row) for row in rows]


def test_a_link_matches_who_has_other_addresses_until_it_is_taken_back(strangers: Engine) -> None:
    assert matches(strangers) == []

    with strangers.begin() as connection:
        confirm_link(connection, STORE.name, 7, "m1", confirmed_by="ada", now=utc_now())
    assert matches(strangers) == [(7, "m1", "link")]

    with strangers.begin() as connection:
        remove_link(connection, STORE.name, 7, utc_now())
    assert matches(strangers) == []


@pytest.mark.parametrize(
    ("customer_id", "member_id", "says"), [(8, "m1", "no customer 8"), (7, "m2", "no member m2")]
)
def test_a_link_of_somebody_unknown_is_refused_by_name(
    strangers: Engine, customer_id: int, member_id: str, says: str
) -> None:
    with strangers.begin() as connection, pytest.raises(PermanentError, match=says):
        confirm_link(
            connection, STORE.name, customer_id, member_id, confirmed_by="ada", now=utc_now()
        )


def test_a_link_that_is_not_there_cannot_be_taken_back(strangers: Engine) -> None:
    with strangers.begin() as connection, pytest.raises(PermanentError, match="has no link"):
        remove_link(connection, STORE.name, 7, utc_now())
