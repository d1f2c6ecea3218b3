"""Where widgets show what was fetched, a change has Gorgias ask again, within a share."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import BadConnectionError, LoyaltyDeskError, NotFoundError
from loyalty_desk.gorgias.asking import ASK_AGAIN_TAG, AskAgain
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.records import Destination
from tests.factories import store_settings
from tests.scripted import ScriptedTransport
from tests.sql.staged import Staged

FETCHED = {"widget_reads": "integration", "ask_again_share": 0.1}


class World:
    """Customer 1 has two open tickets and a closed one; two requests are four at most."""

    def __init__(self, engine: Engine, **gorgias: Any) -> None:
        with engine.begin() as connection:
            staged = Staged(connection)
            staged.ticket(7, 1, "open")
            staged.ticket(8, 1, "closed")
            staged.ticket(9, 1, "open")
        self.now_s, self.api = 0.0, ScriptedTransport()
        client = GorgiasClient(self.api, card_key="loyalty", app_id=None)
        store = store_settings(
            gorgias={**FETCHED, **gorgias},
            budget={"share": 1.0},
            push_to=["customer_data", "custom_fields"],
        )
        self.asker = AskAgain(client, engine, store, lambda: self.now_s)
        self.written_to = Destination.CUSTOMER_DATA

    def ask(self, *answers: Any) -> list[tuple[str, str]]:
        """What Gorgias was asked for."""
        self.api.calls.clear()
        for answer in answers:
            self.api.will_answer(answer)
        self.asker.ask(1, self.written_to)
        return self.api.calls


def test_a_tag_is_put_on_each_open_ticket_and_taken_off_again(staging: Engine) -> None:
    world = World(staging)

    assert world.ask({}, {}, {}, {}) == [
        ("POST", "/api/tickets/7/tags"),
        ("DELETE", "/api/tickets/7/tags"),
        ("POST", "/api/tickets/9/tags"),
        ("DELETE", "/api/tickets/9/tags"),
    ]
    assert world.api.bodies == [{"names": [ASK_AGAIN_TAG]}] * 4


@pytest.mark.parametrize("gorgias", [{"widget_reads": "place"}, {"ask_again_share": 0.0}])
def test_where_the_widget_reads_the_place_or_nobody_wants_it_nothing_is_asked(
    staging: Engine, gorgias: dict[str, Any]
) -> None:
    assert World(staging, **gorgias).ask() == []


def test_no_more_than_the_share_is_spent_and_it_grows_back_with_time(staging: Engine) -> None:
    world = World(staging)
    world.ask({}, {}, {}, {})

    assert world.ask() == []

    world.now_s = 10.0  # half a window gives two of its four requests
    assert len(world.ask({}, {})) == 2
    assert world.ask() == []


@pytest.mark.parametrize(
    "error",
    [NotFoundError("Gorgias", "POST", "/api/tickets/7/tags", 404), BadConnectionError("no right")],
    ids=["gone", "not allowed"],
)
def test_a_ticket_that_cannot_be_touched_is_no_trouble(
    staging: Engine, error: LoyaltyDeskError
) -> None:
    assert len(World(staging).ask(error, {}, {})) == 3


def test_a_card_that_goes_to_two_places_is_asked_for_once(staging: Engine) -> None:
    world = World(staging)
    world.written_to = Destination.CUSTOM_FIELDS

    assert world.ask() == []
