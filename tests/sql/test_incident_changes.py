"""What changed since the last match, or since an incident was asked for before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.awards.incidents.choice import Incident
from loyalty_desk.awards.incidents.fates import ANOTHER, Fate, Judged
from loyalty_desk.awards.incidents.preview import OldIncidentError
from loyalty_desk.clock import utc_text
from loyalty_desk.staging import schema
from loyalty_desk.staging.statements import statement
from tests.factories import NOW, STORE
from tests.sql.award_rows import applied, put
from tests.sql.incident_world import LATE, ask_for, fill, incident, preview
from tests.sql.staged import Staged, match

MERGED = f"waits for approval, {ANOTHER}"
SINCE = "the link or an address changed since the last sync"


@pytest.fixture(autouse=True)
def world(staging: Engine) -> None:
    """Members of a link (30), of an address (1), and of a further address (40)."""
    fill(staging)
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member("m30", "mira@shop.example")
        staged.customer(30, "at.work@shop.example")
        staged.link(30, "m30")
        staged.member("m40", "leo@shop.example")
        staged.customer(40, "leo.at.work@shop.example")
        staged.channel(40, "leo@shop.example")
        staged.ticket(30, 30, tags=LATE, channel="email")
        staged.ticket(40, 40, tags=LATE, channel="email")
        match(staged)


def undo_the_link(staged: Staged) -> None:
    staged.delete(schema.links, customer_id=30)


def change_an_address(staged: Staged) -> None:
    staged.update(schema.members, {"member_id": "m1"}, email_key="new@shop.example")


def lose_the_further_address(staged: Staged) -> None:
    staged.delete(schema.customer_channels, customer_id=40)


def share_the_address(staged: Staged) -> None:
    staged.member("m50", "p1@shop.example")


def test_who_is_matched_in_any_way_is_compensated(staging: Engine) -> None:
    found = preview(staging).of(Fate.AWARD)

    assert {one.person.customer_id for one in found} == {1, 3, 30, 40}


@pytest.mark.parametrize(
    ("change", "customer_id"),
    [
        (undo_the_link, 30),
        (change_an_address, 1),
        (lose_the_further_address, 40),
        (share_the_address, 1),
    ],
)
def test_who_it_is_may_be_another_since_the_last_match(
    staging: Engine, change: Callable[[Staged], None], customer_id: int
) -> None:
    with staging.begin() as connection:
        change(Staged(connection))

    found = preview(staging)

    assert [
        (one.fate, one.why) for one in found.people if one.person.customer_id == customer_id
    ] == [(Fate.NOT_READ, SINCE)]
    assert len(found.of(Fate.AWARD)) == 3


def test_who_has_the_id_on_another_platform_is_somebody_else(staging: Engine) -> None:
    first = ask_for(staging).batch_id
    with staging.begin() as connection:
        binds = {"store": STORE, "prefix": "rivo ", "now_utc": utc_text(NOW)}
        connection.execute(statement("platform_change/part_awards"), binds)
        # Nor are the customers those of then.
        people = schema.METADATA.tables["incident_people"]
        connection.execute(people.update().values(customer_id=people.c.customer_id + 1000))

    second = ask_for(staging).batch_id

    with staging.connect() as connection:
        awards = connection.execute(select(schema.awards)).all()
    assert {one.batch_id for one in awards} == {first, second}
    assert len({one.idempotency_key for one in awards}) == len(awards) == 8


def merge_on_the_platform(staging: Engine) -> None:
    """Member m1 goes into m99, who has the address from now on."""
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.delete(schema.members, member_id="m1")
        staged.member("m99", "p1@shop.example")
        match(staged)


def fate_of(staging: Engine, customer_id: int, wanted: Incident | None = None) -> Judged:
    found = preview(staging, wanted).people
    return next(one for one in found if one.person.customer_id == customer_id)


def test_who_was_merged_on_the_platform_meanwhile_is_not_compensated_twice(
    staging: Engine,
) -> None:
    ask_for(staging)
    merge_on_the_platform(staging)

    found = fate_of(staging, 1)
    assert (found.person.member_id, found.fate, found.why) == ("m99", Fate.ALREADY, MERGED)
    assert fate_of(staging, 1, incident(incident="other")).fate is Fate.AWARD


def test_nor_by_another_customer_of_whom_they_were_merged_into(staging: Engine) -> None:
    ask_for(staging)
    merge_on_the_platform(staging)
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(99)
        staged.link(99, "m99")
        staged.ticket(99, 99, tags=LATE, channel="email")  # the newest, so looked at first
        match(staged)

    found = fate_of(staging, 99)
    assert (found.person.member_id, found.fate, found.why) == ("m99", Fate.ALREADY, MERGED)
    assert fate_of(staging, 1).fate is Fate.ALREADY
    assert fate_of(staging, 99, incident(incident="other")).fate is Fate.AWARD


@pytest.mark.parametrize("state", ["refused", "rejected"])
def test_who_was_merged_and_had_nothing_is_compensated(staging: Engine, state: str) -> None:
    ask_for(staging)
    with staging.begin() as connection:
        Staged(connection).update(schema.awards, {"member_id": "m1"}, state=state)
    merge_on_the_platform(staging)

    assert fate_of(staging, 1).fate is Fate.AWARD


def take_back(staging: Engine, member_id: str) -> None:
    """What the member had of the incident is booked, and then taken back."""
    with staging.begin() as connection:
        Staged(connection).update(schema.awards, {"member_id": member_id}, state="applied")
        award_id = connection.execute(
            select(schema.awards.c.award_id).where(schema.awards.c.member_id == member_id)
        ).scalar_one()
    put(staging, applied("reversal", member_id=member_id, reverses=award_id, amount=-100))


def test_what_a_manager_took_back_is_given_again_neither_before_nor_after_a_merge(
    staging: Engine,
) -> None:
    ask_for(staging)
    take_back(staging, "m1")
    before = fate_of(staging, 1)
    merge_on_the_platform(staging)

    after = fate_of(staging, 1)

    assert (before.fate, before.why) == (Fate.ALREADY, "taken back before")
    assert (after.person.member_id, after.fate, after.why) == (
        *("m99", Fate.ALREADY),
        f"taken back before, {ANOTHER}",
    )
    assert ask_for(staging).batch_id is None


def test_whom_the_customer_really_is_has_what_was_taken_back_from_the_wrong_member(
    staging: Engine,
) -> None:
    """A link was wrong: both members are still here, and only one of them ever had it."""
    ask_for(staging)
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member("m31", "mira.right@shop.example")
        staged.delete(schema.links, customer_id=30)
        staged.link(30, "m31")
        match(staged)
    assert fate_of(staging, 30).fate is Fate.ALREADY

    take_back(staging, "m30")

    found = fate_of(staging, 30)
    assert (found.person.member_id, found.fate) == ("m31", Fate.AWARD)


def test_a_name_is_refused_once_nobody_knows_who_had_an_award(staging: Engine) -> None:
    ask_for(staging)
    with staging.begin() as connection:
        Staged(connection).update(schema.awards, {}, member_id=None, state="applied")
    assert ask_for(staging, incident(incident="other")).batch_id is not None

    with pytest.raises(OldIncidentError, match="more than 730 days ago"):
        ask_for(staging, now=NOW + timedelta(days=731))
