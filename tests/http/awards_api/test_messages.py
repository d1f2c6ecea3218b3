"""What an agent reads who presses a button: the first line says which of the outcomes it is."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sandbox.gorgias.buttons import Button, Field, Result, press
from tests.http.api_client import AWARDS, ApiClient, award_fields

FORM = "application/x-www-form-urlencoded"


def press_with(api: ApiClient, kind: str, **values: Any) -> Result:
    """Press a button that asks for an award, as Gorgias would."""
    fields = tuple(
        Field(name, name, str(value), is_editable=False, place="body")
        for name, value in award_fields(**values).items()
    )
    headers = {"Authorization": f"Bearer {api.token}"}
    button = Button("1", "Add points", "POST", f"{api.url}{AWARDS}", headers, kind, fields)
    return asyncio.run(press(button, {}, 30.0))


@pytest.mark.parametrize("kind", ["application/json", FORM], ids=["json", "form"])
def test_a_button_tells_what_is_queued_from_what_waits_and_what_is_refused(
    api: ApiClient, kind: str
) -> None:
    api.set_awards(approval_above_points=100, max_points_per_award=500)
    for status, message, values in [
        (202, "Queued: +50 points will be booked in a moment, unless the platform refuses.", {}),
        (
            202,
            "Waits for approval: -500 points will be booked once another person approves.",
            {"amount": -500},
        ),
        (
            400,
            "Refused: amount: must not be 0; ticket id: must be the ticket's number in Gorgias.",
            {"amount": 0, "ticket_id": "T-1"},
        ),
        (422, "Refused: one award may have 500 points at most, 500 are left.", {"amount": 501}),
    ]:
        result = press_with(api, kind, **values)
        assert (result.status, result.message) == (status, message)
        assert next(iter(json.loads(result.body))) == "message"


def test_a_button_tells_that_it_was_pressed_twice(api: ApiClient) -> None:
    first, again = (press_with(api, FORM) for _ in range(2))

    assert json.loads(first.body)["id"] in again.message
    assert again.message.startswith("A double click: nothing new was queued.")


def test_a_key_of_another_award_and_a_second_reversal_say_why(api: ApiClient) -> None:
    press_with(api, FORM, idempotency_key="k1")
    assert press_with(api, FORM, amount=51, idempotency_key="k1").message.startswith(
        "Refused: the idempotency key belongs to award "
    )
    waiting = api.award(amount=7).json()["id"]
    assert api.reverse(waiting).json()["message"] == (
        f"Refused: award {waiting} is queued; only an applied one is reversed."
    )
