"""The button as its instructions say, typed into the sandbox's editor and pressed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.connect import button
from sandbox.gorgias.buttons import press, read_button
from sandbox.gorgias.variables import body_reading_of
from sandbox.gorgias.widget_editor import read_new_button
from sandbox.switches import Switches
from scripts.agent_desk import button_lines
from tests.http.api_client import AWARDS, ApiClient
from tests.http.awards_api.asking import rows

CARD = {"member_id": "7", "name": "Mira"}
AGENT = {"current_user": {"email": "ada"}}
CUSTOMER = {"email": "mira@shop.example"}
ON_TICKET = {"ticket": {"id": 71, "customer": CUSTOMER}}
PAGES: dict[str, tuple[dict[str, Any], tuple[Any, ...]]] = {
    "a ticket": (ON_TICKET, ("mira@shop.example", None, 71)),
    "a customer's page": ({"ticket": {"customer": CUSTOMER}}, ("mira@shop.example", None, None)),
    "a page that tells no customer": ({}, (None, "7", None)),
    "a ticket of somebody without an address": (
        {"ticket": {"id": 71, "customer": {"email": None}}},
        (None, "7", 71),
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_button_awards_what_the_agent_chose_from_every_page(
    api: ApiClient, staging: Engine, page: str
) -> None:
    told, who = PAGES[page]
    fields = button.fields("gesture")
    form = {
        "label": button.LABEL,
        "method": "POST",
        "url": f"{api.url}{AWARDS}",
        "headers": f"Authorization: Bearer {api.token}",
        "content_type": button.CONTENT_TYPE,
        "asked": button_lines(fields, editable=True),
        "sent": button_lines(fields, editable=False),
    }
    reading = body_reading_of(Switches())
    made = read_button(read_new_button(form), "b", {**CARD, **told, **AGENT}, reading)
    typed = {"amount": "250", "note": "parcel lost", "reason": "Late delivry"}
    given = {place: typed[one.key] for place, one in enumerate(made.fields) if one.is_editable}

    result = asyncio.run(press(made, given, 30.0))

    assert (result.status, json.loads(result.body)["state"]) == (202, "queued")
    (award,) = rows(staging)
    assert (award.email, award.member_id, award.ticket_id) == who
    assert (award.amount, award.note, award.reason) == (250, "parcel lost", "late_delivery")
    assert award.agent == "ada"
