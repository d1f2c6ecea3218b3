"""What cards say of the last award: what was booked, on every way to a shopper, and no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, select

from loyalty_desk.card.cards import absent_card, fingerprint, member_card
from loyalty_desk.card.texts import BEING_CHECKED, LAST_AWARD, with_texts
from loyalty_desk.clock import utc_text
from loyalty_desk.gorgias.destinations import WantedCard, find_delivery
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.macros.rendering import render
from loyalty_desk.macros.templates import gorgias_body, load_macros
from loyalty_desk.records import AwardState, Member, MemberStatus, Outcome
from loyalty_desk.refresh import list_cards_to_show
from loyalty_desk.staging import schema
from loyalty_desk.staging.award_schema import awards
from loyalty_desk.staging.intake import stage_members
from loyalty_desk.staging.last_awards import say_last_awards, say_last_awards_of_all
from loyalty_desk.sync.plan import PlanCounts, plan_changes
from tests.factories import NOW, STORE, store_settings
from tests.project import PROJECT_ROOT
from tests.sql.award_rows import applied, award_row, put
from tests.sql.staged import Staged, match
from tests.sql.test_awards import queue, request

EMAIL, CUSTOMER = "m1@shop.example", 7
ADDED = f"We added 50 points on {NOW.day} {NOW:%B}."
LIE = "I have added points"
WAITING = [
    *(AwardState.QUEUED, AwardState.NEEDS_APPROVAL, AwardState.APPROVED, AwardState.APPLYING),
    AwardState.UNKNOWN,
]


@pytest.fixture
def member(staging: Engine) -> str:
    """A member, and the customer of that address."""
    card = {"points_balance": 1840}
    found = Member(member_id="m1", email=EMAIL, status=MemberStatus.MEMBER, card=card)
    with staging.begin() as connection:
        stage_members(connection, STORE, [found], NOW, first_load=False)
        staged = Staged(connection)
        staged.customer(CUSTOMER, EMAIL)
        match(staged)
    return "m1"


def put_award(staging: Engine, state: str = "applied", at: datetime = NOW, **values: Any) -> None:
    """An award for the member, of that state since then."""
    is_open = state in {one.value for one in WAITING} - {"unknown"}
    at_utc = utc_text(at)
    settled = {"settled_at_utc": None if is_open else at_utc, "queued_at_utc": at_utc}
    award_id = values.pop("award_id", f"{state} {at_utc}")
    put(staging, applied(award_id, **{"email": EMAIL, "state": state, **settled, **values}))


def set_state(staging: Engine, state: str) -> None:
    with staging.begin() as connection:
        connection.execute(awards.update().values(state=state, settled_at_utc=utc_text(NOW)))


def say(staging: Engine, now: datetime = NOW) -> int:
    with staging.begin() as connection:
        return say_last_awards_of_all(connection, STORE, now)


def said(staging: Engine) -> str | None:
    with staging.connect() as connection:
        card = orjson.loads(connection.execute(select(schema.members.c.card)).scalar_one())
    found: str | None = card.get(LAST_AWARD)
    return found


def sync(staging: Engine, run_id: str, now: datetime = NOW) -> PlanCounts:
    """What a sync does between extract and push; then the cards count as accepted."""
    with staging.begin() as connection:
        say_last_awards_of_all(connection, STORE, now)
        staged = Staged(connection)
        match(staged, full=False, now=now)
        counts = plan_changes(connection, store_settings(), run_id, now, full=run_id == "r1")
        for change in connection.execute(
            select(schema.changes).where(schema.changes.c.run_id == run_id)
        ).all():
            staged.update(schema.changes, {"run_id": run_id, "customer_id": CUSTOMER}, state="done")
            connection.execute(schema.pushed_cards.delete())
            staged.pushed(CUSTOMER, change.fingerprint)
    return counts


def apology(card: dict[str, Any]) -> str:
    """The apology as Gorgias would print it over a card, without what is blank."""
    shipped = load_macros(PROJECT_ROOT / "include" / "macros")
    macro = next(one for one in shipped if one.key == "points_award_apology")
    body = gorgias_body(macro, store_settings())["actions"][0]["arguments"]["body_text"]
    customer = {"firstname": "Ada", "data": {"loyalty": with_texts(card)}}
    context = {"ticket": {"customer": customer}, "current_user": {"firstname": "Olga"}}
    return " ".join(render(body, context).text.split())


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("applied", f"caused you. {ADDED} You have 1,840 points."),
        ("needs_approval", f"caused you. {BEING_CHECKED} You have 1,840 points."),
        ("refused", "caused you. You have 1,840 points."),
        ("rejected", "caused you. You have 1,840 points."),
        (None, "caused you. You have 1,840 points."),
    ],
)
def test_the_apology_says_what_became_of_the_award_and_no_more(
    staging: Engine, member: str, state: str | None, sentence: str
) -> None:
    if state:
        put_award(staging, state)
    say(staging)

    with staging.connect() as connection:
        found = find_staged(connection, store_settings(), EMAIL)

    text = apology(dict(found.card))
    assert sentence in text
    assert LIE not in text


def test_who_is_no_member_is_told_of_no_award_whatever_waits(staging: Engine) -> None:
    put(staging, award_row("waits", state="needs_approval", email=EMAIL, settled_at_utc=None))
    say(staging)

    with staging.connect() as connection:
        found = find_staged(connection, store_settings(), EMAIL)

    text = apology(dict(found.card))
    assert "We found no loyalty account for this e-mail address." in text
    assert not {"added", "checked"} & set(text.replace(".", "").split())
    for outcome in (Outcome.AMBIGUOUS, Outcome.EXCLUDED, Outcome.NO_EMAIL):
        assert "added" not in apology(absent_card(outcome))


@pytest.mark.parametrize("state", WAITING)
def test_one_under_way_is_being_checked(staging: Engine, member: str, state: AwardState) -> None:
    put_award(staging, state.value)

    say(staging)

    assert said(staging) == BEING_CHECKED


@pytest.mark.parametrize("state", WAITING)
def test_of_a_batch_nothing_is_said_before_it_is_booked(
    staging: Engine, member: str, state: AwardState
) -> None:
    """No customer asked for it: there is no request that is being checked."""
    put_award(staging, at=NOW - timedelta(minutes=5), amount=50)
    put_award(staging, state.value, award_id="a", batch_id="b", amount=70)
    say(staging)
    assert said(staging) == ADDED
    set_state(staging, "applied")
    say(staging)
    assert said(staging) == ADDED.replace("50", "70")


@pytest.mark.parametrize("state", ["refused", "rejected"])
def test_what_was_said_of_one_that_is_refused_is_taken_back(
    staging: Engine, member: str, state: str
) -> None:
    put_award(staging, "needs_approval")
    say(staging)
    set_state(staging, state)

    assert say(staging) == 1
    assert said(staging) is None


def test_the_newest_award_is_told_of_and_it_goes_by_when_it_was_booked(
    staging: Engine, member: str
) -> None:
    put_award(staging, at=NOW - timedelta(days=2), amount=-20)
    put_award(staging, at=NOW - timedelta(days=3), amount=70)

    say(staging)

    day = NOW - timedelta(days=2)
    assert said(staging) == f"We took 20 points on {day.day} {day:%B}."


def test_a_reversal_says_that_it_took_back(staging: Engine, member: str) -> None:
    put_award(staging, at=NOW - timedelta(hours=1), award_id="first")
    put_award(staging, amount=-50, reverses="first", reason="reversal")

    say(staging)

    assert said(staging) == f"We took 50 points back on {NOW.day} {NOW:%B}."


def test_an_award_by_an_address_counts_once_it_is_known_whose_it_was(
    staging: Engine, member: str
) -> None:
    put_award(staging, subject=EMAIL, member_id="m1")
    put_award(staging, "needs_approval", award_id="another's", subject="m2", member_id=None)

    say(staging)

    assert said(staging) == ADDED


def test_a_sync_pushes_what_changed_once_and_not_again_each_day(
    staging: Engine, member: str
) -> None:
    assert sync(staging, "r1").planned == 1
    put_award(staging)

    assert sync(staging, "r2").planned == 1
    for day in range(1, 30):
        now = NOW + timedelta(days=day)
        assert sync(staging, f"day {day}", now).planned == 0
        assert said(staging) == ADDED
    assert sync(staging, "ended", NOW + timedelta(days=31)).planned == 1
    assert said(staging) is None
    assert sync(staging, "after", NOW + timedelta(days=32)).planned == 0


def test_push_plan_and_lookup_have_the_same_card(staging: Engine, member: str) -> None:
    put_award(staging)
    with staging.begin() as connection:
        assert say_last_awards(connection, STORE, ["m1", "nobody"], NOW) == 1
    sync(staging, "r1")

    wanted = WantedCard(CUSTOMER, "customer_data", "matched", "m1")
    with staging.connect() as connection:
        delivery = find_delivery(connection, store_settings(), wanted, NOW)
        found = find_staged(connection, store_settings(), EMAIL)
        planned = connection.execute(select(schema.changes.c.fingerprint)).scalar_one()

    assert delivery is not None
    assert delivery.card() == found.card == {**found.card, LAST_AWARD: ADDED}
    assert delivery.fingerprint == planned == fingerprint(found.card)


def test_what_the_platform_tells_anew_leaves_it_on_the_card(staging: Engine, member: str) -> None:
    put_award(staging)
    say(staging)
    told = Member(
        member_id="m1", email=EMAIL, status=MemberStatus.MEMBER, card={"points_balance": 1890}
    )
    with staging.begin() as connection:
        stage_members(connection, STORE, [told], NOW, first_load=False)

    assert said(staging) == ADDED
    assert say(staging) == 0


def test_a_card_without_an_award_is_as_it_was_before(staging: Engine, member: str) -> None:
    with staging.connect() as connection:
        found = find_staged(connection, store_settings(), EMAIL)

    before = member_card("m1", MemberStatus.MEMBER, {"points_balance": 1840})
    assert say(staging) == 0
    assert fingerprint(found.card) == fingerprint(before)


@pytest.mark.parametrize(("amount", "asked"), [("50", []), ("500", ["m1"])])
def test_a_card_is_asked_for_when_it_has_something_else_to_say(
    staging: Engine, member: str, amount: str, asked: list[str]
) -> None:
    queue(staging, request(amount, email=EMAIL), approval_above_points=100)

    with staging.connect() as connection:
        found = list_cards_to_show(connection, STORE, most=5)
    assert [row.member_id for row in found] == asked


def test_who_lost_the_address_to_another_member_is_not_told_of_the_award_for_ever(
    staging: Engine, member: str
) -> None:
    put_award(staging, "queued", subject=member)
    say(staging)
    assert said(staging) == BEING_CHECKED

    with staging.begin() as connection:
        connection.execute(awards.update().values(state="applied", member_id="m2"))

    assert say(staging) == 1
    assert not said(staging)


@pytest.mark.parametrize("settled_after", [10, 45, 75, 89])
def test_what_is_said_of_an_award_that_was_settled_late_is_taken_back(
    staging: Engine, member: str, settled_after: int
) -> None:
    queued_at = NOW - timedelta(days=settled_after)
    put_award(staging, "applied", NOW, queued_at_utc=utc_text(queued_at))
    say(staging)

    say(staging, NOW + timedelta(days=31))

    assert not said(staging)
