"""Conformance, a connection replaced by one of another account: who has an id there is not ours.

Staging has the members of one account, and the platform answers as another, where the same ids are
other people's. Nobody is shown or awarded then what is somebody else's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from loyalty_desk.awards.queue import Door, queue_award
from loyalty_desk.clock import utc_now
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.lookup.asking import Asking, NotToldError
from loyalty_desk.lookup.fresh import Lookup
from loyalty_desk.lookup.problems import Problem
from loyalty_desk.platforms.same_account import AnotherAccountError
from loyalty_desk.refresh import CardShower
from loyalty_desk.staging import schema
from tests.platforms.account import Account
from tests.platforms.applying import ended, run
from tests.sql.staged import Staged
from tests.sql.test_awards import request

MIRA, NORA, OTHER = "mira@shop.example", "nora@shop.example", "otto@shop.example"
OURS = '{"member": true, "status": "member", "name": "Mira", "points_balance": 100}'
WAITS = ("queued", "the connection is of another account")


@pytest.fixture
def their_id(account: Account) -> str:
    """Nora's on the platform."""
    return account.add_member(email=NORA, points_tally=9000)


@pytest.fixture
def replaced(account: Account, staging: Engine, their_id: str) -> Engine:
    """Staging knows Mira by Nora's id, and others who are not there, or are somebody else."""
    another_id = account.add_member(email=OTHER)
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member(their_id, MIRA, card=OURS)
        staged.member(another_id, "ines@shop.example")
        staged.member("77000001", "leo@shop.example")
        for number, member_id in enumerate((their_id, another_id, "77000001")):
            staged.customer(number, f"c{number}@shop.example")
            staged.match(number, member_id)
    return staging


@pytest.fixture
def lookup(account: Account, staging: Engine) -> Iterator[Lookup]:
    store = account.store(lookup={"deadline_s": 4, "requests_per_s": 1000})
    made = Lookup(store, staging, account.for_lookups)
    yield made
    made.close()


def addresses(staging: Engine) -> dict[str, str | None]:
    with staging.connect() as connection:
        rows = connection.execute(select(schema.members)).all()
    return {row.member_id: row.email_key for row in rows}


def queue(staging: Engine, account: Account, **whom: Any) -> str:
    with staging.begin() as connection:
        wanted = request(**{"email": None, **whom})
        return queue_award(connection, account.store(), wanted, utc_now(), door=Door.HTTP).award_id


def shower(account: Account, staging: Engine) -> CardShower:
    gorgias: Any = None  # it is not asked
    return CardShower(account.store(), staging, account.platform(), gorgias)


@pytest.mark.parametrize("asked_by", ["email", "member_id"])
def test_an_award_waits_and_is_booked_for_nobody(
    account: Account, replaced: Engine, their_id: str, asked_by: str
) -> None:
    whom = {"email": NORA} if asked_by == "email" else {"member_id": their_id}
    award_id = queue(replaced, account, **whom)

    with pytest.raises(AnotherAccountError, match="the key is that of another account"):
        run(account, replaced)

    assert account.booked() == []
    assert ended(account, replaced, award_id) == WAITS


@pytest.mark.parametrize("address", [MIRA, NORA])
def test_a_lookup_shows_and_stages_nothing_of_it(
    account: Account, replaced: Engine, lookup: Lookup, their_id: str, address: str
) -> None:
    before = addresses(replaced)

    answer = lookup.find(address)

    assert answer.source == "staged"
    assert answer.found.member_id == (their_id if address == MIRA else None)
    told = json.dumps(answer.content())
    assert "9000" not in told
    assert "9,000" not in told
    assert addresses(replaced) == before
    with replaced.connect() as connection:
        assert connection.execute(select(schema.cards_to_show)).all() == []


def test_who_is_read_for_a_webhook_is_not_taken_for_our_member(
    account: Account, replaced: Engine, their_id: str
) -> None:
    before = addresses(replaced)

    with pytest.raises(AnotherAccountError) as raised:
        shower(account, replaced).reread_member(their_id)

    assert addresses(replaced) == before
    assert not any(one in str(raised.value) for one in (MIRA, NORA, "9000"))


@pytest.mark.parametrize("others", ["there", "nobody else is known"])
def test_who_has_another_address_in_the_same_account_has_changed_it(
    account: Account, replaced: Engine, lookup: Lookup, their_id: str, others: str
) -> None:
    with replaced.begin() as connection:
        if others == "there":
            still_there = account.add_member(email="ida@shop.example")
            Staged(connection).member(still_there, "ida@shop.example")
            Staged(connection).customer(9, "ida@shop.example")
            Staged(connection).match(9, still_there)
        else:
            connection.execute(text("DELETE FROM matches WHERE customer_id > 0"))
    award_id = queue(replaced, account, member_id=their_id)

    run(account, replaced)
    answer = lookup.find(NORA)
    read = shower(account, replaced).reread_member(their_id)

    assert ended(account, replaced, award_id)[0] == "applied"
    assert len(account.booked()) == 1
    assert (answer.source, answer.found.member_id) == ("fresh", their_id)
    assert read is not None
    assert addresses(replaced)[their_id] == NORA


def test_no_movement_of_somebody_else_is_told(
    account: Account, replaced: Engine, their_id: str
) -> None:
    account.control("POST", f"members/{their_id}/ledger", {"points": 120, "title": "Order 1042"})
    asking = Asking(account.store(), replaced, account.for_lookups)

    for ask in (
        lambda: asking.movements(their_id, None, Deadline.after(5), is_found=False),
        lambda: asking.find_member(their_id, Deadline.after(5)),
    ):
        with pytest.raises(NotToldError) as caught:
            ask()
        assert caught.value.problem is Problem.CONNECTION
