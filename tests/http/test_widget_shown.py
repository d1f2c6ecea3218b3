"""Our own widget on the sandbox's agent page: every field that any platform may tell."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import requests

from loyalty_desk.card import keys
from loyalty_desk.card.cards import member_card
from loyalty_desk.card.keys import Kind, Place
from loyalty_desk.connect.widgets import template
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.lookup.staged import Found
from loyalty_desk.records import MemberStatus
from sandbox.gorgias.access import APP_ID
from sandbox.running import Sandbox
from tests.factories import NOW

SAMPLES = {Kind.TEXT: "some text", Kind.NUMBER: 9, Kind.DECIMAL: "9.5", Kind.DATE: "2027-01-31"}
CARD = member_card(
    "7",
    MemberStatus.MEMBER,
    {
        **{key.name: SAMPLES[key.kind] for key in keys.TOLD if key.kind in SAMPLES},
        "name": "Ada Example",
        "points_balance": 1840,
        "points_pending": 25,
        "credits_balance": "12.5",
        "tier": "Gold",
        "next_tier": "Platinum",
        "points_to_next_tier": 160,
        "points_expire_on": "2027-03-05",
        "referral_url": "https://shop.example/r/7",
        "referral_code": "ADA7",
        "support_id": "S-4711",
        "segments": ["Registered in last 7 days", "Without transaction"],
        "coupons": [{"name": "Tea for two", "value": "5 EUR", "code": "T5"}],
        "favorite_location": "Harbour Street",
        "birthday": "03-19",
        "profile_url": "https://admin.example/members/7",
    },
)
SHOWN = (
    *("Ada Example", "member", "1,840", "25", "12.5", "Gold", "Platinum", "160", "5 March 2027"),
    *("https://shop.example/r/7", "ADA7", "S-4711", "Harbour Street", "03-19"),
    *("Registered in last 7 days", "Without transaction", "Tea for two", "5 EUR", "T5"),
    "Loyalty: 1,840 points, Gold",
)


@pytest.mark.parametrize("kind", ["custom", "customer_external_data", "http"])
def test_every_field_that_a_platform_may_tell_is_shown(sandbox: Sandbox, kind: str) -> None:
    gorgias = sandbox.gorgias

    def call(method: str, path: str, json: Any = None) -> Any:
        with requests.Session() as session:
            session.trust_env, session.auth = False, (gorgias["email"], gorgias["api_key"])
            answer = session.request(method, f"{gorgias['url']}{path}", json=json, timeout=10)
            answer.raise_for_status()
            return answer.json()

    http = {"url": "http://127.0.0.1:9/", "method": "POST", "triggers": {}}
    integration = call("POST", "/api/integrations", {"name": "L", "type": "http", "http": http})
    is_fetched = kind == "http"
    tree = template(
        "Loyalty: {{summary}}", {*CARD, "coupons"}, {}, card_key=None if is_fetched else "loyalty"
    )
    bound_to = {"integration_id": integration["id"] if is_fetched else None}
    bound_to["app_id"] = APP_ID if kind == "customer_external_data" else None
    call(
        "POST",
        "/api/widgets",
        {"type": kind, **bound_to, "template": tree, "context": "ticket"},
    )
    tickets = call("GET", "/api/tickets?limit=50&trashed=false")["data"]
    ticket = next(one for one in tickets if one["customer"])
    found = Found(member_id="7", card=CARD, as_of_utc=None)
    answer = LookedUp.of(found, "fresh", NOW).content()
    stands = {
        "http": {"integrations": {str(integration["id"]): answer}},
        "custom": {"data": {"loyalty": answer}},
        "customer_external_data": {"external_data": {APP_ID: {"loyalty": answer}}},
    }
    sandbox.control("gorgias", "PATCH", f"customers/{ticket['customer']['id']}", stands[kind])

    page = requests.get(f"{gorgias['url']}/app/ticket/{ticket['id']}", timeout=10).text

    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    assert [text for text in SHOWN if text not in said] == []
    assert "1840" not in said, "one number is never written in two ways"
    labels = [key.label for key in keys.CARD if key.place is Place.ROW]
    assert [label for label in labels if label not in said] == []
    assert "https://admin.example/members/7" in page
    assert 'href="https://shop.example/r/7"' in page
