"""What an approver is told of an award: for whom, where it leads, what limits leave, history."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.queue import Door, queue_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.settings import stores_file
from loyalty_desk.staging import schema
from loyalty_desk.staging.award_schema import awards
from tests.factories import STORE
from tests.http.desk import DeskClient
from tests.http.desk_world import GRACE, fill
from tests.sql.award_rows import applied, award_row, put
from tests.sql.staged import Staged


@pytest.fixture
def manager(desk: DeskClient) -> DeskClient:
    return desk.as_user("manager")


def waiting(engine: Engine) -> str:
    with engine.connect() as connection:
        query = awards.select().where(awards.c.state == "needs_approval")
        return str(connection.execute(query).one().award_id)


def approval(client: DeskClient, engine: Engine) -> str:
    """The part of the page that is about approving, as text without its markup."""
    page = client.get(f"/awards/{waiting(engine)}").text
    part = page.split('aria-labelledby="approve"')[1].split("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", part)).split())


def change(engine: Engine, **values: Any) -> None:
    with engine.begin() as connection:
        Staged(connection).update(awards, {"state": "needs_approval"}, **values)


def set_card(engine: Engine, card: str) -> None:
    with engine.begin() as connection:
        Staged(connection).update(schema.members, {"member_id": "m2"}, card=card)


def test_it_says_who_asks_for_whom_and_where_the_balance_leads(
    manager: DeskClient, staging: Engine
) -> None:
    text = approval(manager, staging)

    assert "eve asks for +500 points for Grace Hopper . It leads to 1,450 points" in text
    assert "Member Grace Hopper, m2" in text
    assert f"In Gorgias Grace Hopper {GRACE}" in text
    assert "Balance 900 points, as of" in text
    assert "Others that wait +50 points" in text
    assert "Leads to 1,450 points" in text


def test_it_says_what_the_limits_of_today_leave(manager: DeskClient, staging: Engine) -> None:
    text = approval(manager, staging)

    assert "The agent, today 9,450 of 10,000 points" in text
    assert "The member, today 1,450 of 2,000 points" in text
    assert "This award is counted in" in text


def test_an_award_of_an_earlier_day_is_not_counted_in(manager: DeskClient, staging: Engine) -> None:
    change(staging, queued_at_utc="2026-01-05T10:00:00.000000Z")

    text = approval(manager, staging)

    assert "The agent, today 9,950 of 10,000 points" in text
    assert "This award does not count on today." in text


def test_of_a_batch_the_agents_limit_is_not_told_as_it_counts_on_none(
    manager: DeskClient, staging: Engine
) -> None:
    change(staging, door="batch")

    text = approval(manager, staging)

    assert "The agent, today" not in text
    assert "The member, today" in text


def test_a_deduction_below_zero_is_marked(manager: DeskClient, staging: Engine) -> None:
    change(staging, amount=-1000)

    text = approval(manager, staging)

    assert "Leads to -50 points below zero" in text


def test_credits_are_told_to_the_cent(manager: DeskClient, staging: Engine) -> None:
    set_card(staging, '{"name":"Grace Hopper","points_balance":900,"credits_balance":"12.5"}')
    change(staging, unit="credits", amount=1050)

    text = approval(manager, staging)

    assert "Balance 12.50 credits" in text
    assert "Leads to 23.00 credits" in text
    assert "Others that wait" not in text, "those are points"


def test_a_balance_that_nobody_tells_is_not_taken_for_zero(
    manager: DeskClient, staging: Engine
) -> None:
    set_card(staging, '{"name":"Grace Hopper"}')

    text = approval(manager, staging)

    assert "Balance not told" in text
    assert "Leads to" not in text


def test_of_an_address_that_nobody_or_several_have_no_member_is_told(
    manager: DeskClient, staging: Engine
) -> None:
    for email in ("new@example.test", "twin@example.test"):
        change(staging, member_id=None, subject=email, email=email)
        assert "Member not known here" in approval(manager, staging)
    change(staging, subject="grace@example.test", email="grace@example.test")
    assert "Member Grace Hopper, m2" in approval(manager, staging)


def test_the_last_five_of_agent_and_person_are_told_with_a_way_to_all(
    manager: DeskClient, staging: Engine
) -> None:
    now_utc = utc_text(utc_now())
    ada: dict[str, Any] = {"member_id": "m1", "subject": "m1", "email": None}
    of_eve = [award_row(f"eve{n}", amount=n, queued_at_utc=now_utc, **ada) for n in range(101, 108)]
    of_grace = [
        applied(f"grace{n}", amount=n, member_id="m2", subject="m2", agent="joan", email=None)
        for n in range(201, 208)
    ]
    other = award_row("other", amount=999, agent="joan", **ada)
    put(staging, *of_eve, *of_grace, other)

    page = manager.get(f"/awards/{waiting(staging)}").text
    by_agent, for_person = page.split("Others by this agent")[1].split("Others for this person")

    for part, hundred in ((by_agent, "1"), (for_person.split("</section>")[0], "2")):
        assert len(re.findall(r"\+\d+ points", part)) == 5
        assert len(re.findall(rf"\+{hundred}0\d points", part)) >= 4, "and the one of the world"
        assert "+999" not in part
        assert "+500" not in part, "the award itself is no history of it"
    assert 'awards?q=eve">' in by_agent
    assert 'awards?q=m2">' in for_person


def test_what_was_erased_is_nobodys_history(manager: DeskClient, staging: Engine) -> None:
    change(staging, member_id=None, subject="erased", email=None)
    put(
        staging,
        applied("gone", amount=777, member_id=None, subject="erased", email=None, agent="x"),
    )

    assert "+777" not in approval(manager, staging)


def test_whoever_may_not_approve_is_told_no_more_than_before(
    desk: DeskClient, staging: Engine
) -> None:
    for name in ("viewer", "agent"):
        page = desk.as_user(name).get(f"/awards/{waiting(staging)}").text
        assert "Approve or reject" not in page
        assert "Leads to" not in page


def test_the_months_budget_says_what_is_left_and_what_this_takes(
    serve: Callable[..., DeskClient], staging: Engine, staging_url: str
) -> None:
    goodwill = {"point_value": 0.01, "budget_per_month": 100}
    client = serve(
        staging_url, currency="EUR", awards={"approval_above_points": 100}, goodwill=goodwill
    )
    store = stores_file.stores_file().get(STORE)
    fill(staging, store)
    with staging.begin() as connection:
        request = read_request(
            {"reason": "gesture", "agent": "joan", "member_id": "m1", "amount": "80"}, store.awards
        )
        award_id = queue_award(connection, store, request, utc_now(), door=Door.DESK).award_id
        booked = {"state": "applied", "settled_at_utc": utc_text(utc_now())}
        Staged(connection).update(awards, {"award_id": award_id}, **booked)

    text = approval(client.as_user("manager"), staging)

    assert "Budget of the month 99.20 of 100.00 EUR; this takes 5.00" in text
