"""What an approver is told of a batch: for whom, where it leads, limits, what stands out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.settings import stores_file
from loyalty_desk.staging import schema
from tests.factories import STORE
from tests.http.award_files import HEAD, form_of, preview_of
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import fill
from tests.sql.award_rows import applied, award_row, put
from tests.sql.staged import Staged

ROWS = "m2,40,gesture\nm2,-1000,other\nm1,10,gesture\nm3,10,gesture\nm99,10,gesture\n"


def sent(user: DeskClient, rows: str = ROWS) -> str:
    """Send rows as a batch; returns the path of its page."""
    done = user.post("/awards/import", form_of(preview_of(user, HEAD + rows, whole="1"))).text
    batch = re.search(rf'href="{DESK}/{STORE}(/awards/batches/\w+)">the batch', done)
    assert batch is not None, done
    return batch[1]


def approval(user: DeskClient, where: str) -> str:
    """The part of the page that is about approving, as text without its markup."""
    part = user.get(where).text.split('aria-labelledby="approve"')[1].split("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", part)).split())


@pytest.fixture
def shop(serve: Callable[..., DeskClient], staging: Engine, staging_url: str) -> DeskClient:
    client = serve(
        staging_url,
        currency="EUR",
        awards={"approval_above_points": 100, "max_points_by_batch_per_day": 5000},
        goodwill={"point_value": 0.01, "budget_per_month": 20},
    )
    fill(staging, stores_file.stores_file().get(STORE))
    with staging.begin() as connection:
        staged = Staged(connection)
        card = '{"name":"Grace Hopper","points_balance":900}'
        staged.update(schema.members, {"member_id": "m2"}, points_balance=900, card=card)
    return client


def test_it_says_who_asks_for_what_and_where_it_leads_above_and_below_the_buttons(
    shop: DeskClient,
) -> None:
    where = sent(shop.as_user("agent"))
    page = shop.as_user("manager").get(where).text
    text = approval(shop.as_user("manager"), where)

    assert "agent asks for -1,000 points, +70 points , worth -10.00 EUR and 0.70 EUR" in text
    assert "The reasons: other (1), gesture (4)" in text
    for words in (
        "Member 4 Not known here 1",
        "5 that wait",
        "Grace Hopper member m2 -1,000 points 900 → -10 below zero with +50 of others that wait",
        "Ada Byron member m1 +10 points 120 → 130",
        "no name is told",
        "not told",
        "Before 0 points 0.00 EUR This adds -930 points -9.30 EUR",
        "Budget of the month 20.00 of 20.00 EUR; this takes -9.30",
        "All batches, today 3,930 of 5,000 points are left",
        "Others by this agent None in the last 90 days.",
    ):
        assert words in text, (words, text)
    buttons = page.index(">Approve all<")
    assert page.index("asks for") < buttons < page.index("Worth a look"), "in reach"


def test_where_it_leads_counts_what_else_waits_to_be_booked_for_the_same_people(
    shop: DeskClient, staging: Engine
) -> None:
    where = sent(shop.as_user("agent"), "m1,-100,other\nm1,-30,gesture\n")
    before = approval(shop.as_user("manager"), where)
    ada = {"member_id": "m1", "subject": "m1", "email": None}
    put(
        staging,
        award_row("debt", amount=-40, state="needs_approval", **ada),
        award_row("gift", amount=900, state="needs_approval", **ada),
        award_row("queued", amount=15, state="queued", **ada),
        award_row("booked", amount=700, state="applied", **ada),
    )

    after = approval(shop.as_user("manager"), where)

    assert "120 → -10 below zero Ada" in before, "the card has 120"
    assert "120 → -35 below zero with -25 of others that wait" in after


def test_what_stands_out_is_said_with_its_rule(shop: DeskClient, staging: Engine) -> None:
    lately: dict[str, Any] = {"queued_at_utc": utc_text(utc_now()), "email": None}
    grace = {"member_id": "m2", "subject": "m2", **lately}
    ada = {"member_id": "m1", "subject": "m1", "agent": "agent", **lately}
    by_others = [applied(f"by{who}", amount=5, agent=who, **grace) for who in ("joan", "mary")]
    near = [applied(f"near{number}", amount=95, **ada) for number in range(3)]
    never = award_row("never", amount=95, **{**grace, "agent": "zoe"})
    put(staging, *by_others, *near, never)

    text = approval(shop.as_user("manager"), sent(shop.as_user("agent")))

    for words in (
        "1 person is in it more than once: m2 2 times",
        "2 of the points amounts are more than three times the median of the batch, 10; the",
        "It leaves 1 member below zero",
        "m2 , 6 awards with these: A customer whom 3 agents or more awarded",
        "agent , 3 awards with these: An agent with 3 awards or more of 90% to 100%",
        "Looked at: the batch, and what 4 of its people were awarded in the last 90 days",
        "+95 points",
    ):
        assert words in text, (words, text)


def test_it_says_whether_the_batch_is_in_what_is_used_of_the_day(
    shop: DeskClient, staging: Engine
) -> None:
    where = sent(shop.as_user("agent"), "m1,10,other\n")
    today = approval(shop.as_user("manager"), where)
    with staging.begin() as connection:
        yesterday = utc_text(utc_now() - timedelta(days=1))
        Staged(connection).update(schema.awards, {"door": "batch"}, queued_at_utc=yesterday)

    later = approval(shop.as_user("manager"), where)

    assert "4,990 of 5,000 points are left This batch is counted in what is used today." in today
    assert "5,000 of 5,000 points are left This batch does not count on today." in later


def test_where_nothing_stands_out_it_says_so(shop: DeskClient) -> None:
    text = approval(shop.as_user("manager"), sent(shop.as_user("agent"), "m1,10,other\n"))

    assert "The rules for outliers find nothing." in text
    assert "The reason: other" in text


def test_an_incident_has_the_same(shop: DeskClient, staging: Engine) -> None:
    with staging.begin() as connection:
        Staged(connection).update(schema.tickets, {"ticket_id": 80}, tags='["late"]')
    fields = {"incident": "parcels", "tag": "late", "amount": "50", "reason": "late_delivery"}
    agent = shop.as_user("agent")
    seen = re.search(r'name="seen" value="(\w+)"', agent.post("/awards/incident", fields).text)
    assert seen is not None
    asked = agent.post("/awards/incident", {**fields, "action": "ask", "seen": seen[1]})
    where = asked.headers["location"].removeprefix(f"{DESK}/{STORE}").partition("?")[0]

    text = approval(shop.as_user("manager"), where)

    assert "after the incident parcels" in text
    assert "Grace Hopper member m2 +50 points 900 → 1,000 with +50 of others that wait" in text


@pytest.mark.parametrize("name", ["viewer", "agent"])
def test_whoever_may_not_approve_is_told_no_more_than_before(shop: DeskClient, name: str) -> None:
    where = sent(shop.as_user("manager"), "m2,10,other\n")

    page = shop.as_user(name).get(where).text

    assert "Worth a look" not in page
    assert "Grace Hopper" not in page
    assert "Approve all" not in page


def test_once_decided_it_is_not_shown_any_more(shop: DeskClient) -> None:
    where, manager = sent(shop.as_user("agent"), "m1,10,other\n"), shop.as_user("manager")
    manager.post(f"{where}/approval", {"action": "approve"})

    assert "Worth a look" not in manager.get(where).text
