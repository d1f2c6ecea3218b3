"""Has Gorgias ask for a card again, where widgets show what its integration last fetched.

Such a widget is behind until something happens on a ticket. A tag of ours, put on and taken off
again, is such an event, which platforms' guides advise agents to make by hand.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.share import RequestShare
from loyalty_desk.records import Destination
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

ASK_AGAIN_TAG: Final = "loyalty-refresh"
"""It stands on a ticket for a moment only, so no other tag is ever taken away."""
REQUESTS: Final = 2.0
"""A ticket costs: the tag put on, and taken off."""


class AskAgain:
    """Asks for customers of one store, within a share of its budget. Thread-safe; one a task.

    What is beyond the share is not made up for: the next event on the ticket asks anyway.
    """

    def __init__(
        self,
        client: GorgiasClient,
        engine: Engine,
        store: StoreSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._engine, self._store = client, engine, store
        share, speed = store.gorgias.ask_again_share, installation().speed
        self._share = RequestShare(store.budget, share, speed=speed, clock=clock)

    def ask(self, customer_id: int, destination: Destination) -> int:
        """Touch the open tickets of a customer whose card was written; returns how many were.

        Of a card that goes to several places the first one counts. A failure is no trouble.
        """
        if self._store.widgets_read_place or destination != self._store.push_to[0]:
            return 0
        binds = {"store": self._store.name, "customer_id": customer_id}
        with reading(self._engine) as connection:
            found = connection.execute(statement("refresh/select_open_tickets"), binds)
            ticket_ids = found.scalars().all()
        return sum(self._touch(ticket_id) for ticket_id in ticket_ids if self._share.take(REQUESTS))

    def _touch(self, ticket_id: int) -> bool:
        try:
            self._client.add_tag(ticket_id, ASK_AGAIN_TAG)
            self._client.remove_tag(ticket_id, ASK_AGAIN_TAG)
        except (ApiError, ApiUnavailableError, BadConnectionError) as error:
            log.warning(
                "ticket %d may show a card of before, or keep the tag %s (%s)",
                ticket_id,
                ASK_AGAIN_TAG,
                type(error).__name__,
            )
            return False
        return True
