"""Takes our card off every customer, as a store that is disconnected may ask for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import MovedError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import version_after
from loyalty_desk.gorgias.field_writer import FieldWriter
from loyalty_desk.gorgias.fields import find_fields
from loyalty_desk.records import WITHDRAWN, Cause, Destination, cause_columns
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCard:
    """A card of one customer at one place; `version_utc` is that of its last write, if known."""

    customer_id: int
    destination: str
    version_utc: str | None


@dataclass(frozen=True, kw_only=True)
class CardRemover:
    """Clears the cards of one store. Raises what the client raises.

    A card that is cleared leaves the ledger at once, so a second run goes on with the rest. What
    other tools keep beside it stays.
    """

    store: StoreSettings
    engine: Engine
    client: GorgiasClient
    cause: Cause

    def clear_all(self) -> int:
        """Clear every card that Gorgias ever accepted from us; returns how many."""
        cleared = 0
        while rows := self._next():
            for row in rows:
                self.clear(row)
            cleared += len(rows)
            log.info("%d cards cleared", cleared)
        return cleared

    def _next(self) -> list[Row[Any]]:
        binds = {"store": self.store.name, "most": BATCH}
        with reading(self.engine) as connection:
            return list(
                connection.execute(statement("disconnect/select_cards_to_clear"), binds).all()
            )

    def clear(self, row: ShownCard | Row[Any]) -> None:
        """Clear one card, also one that the ledger does not know of."""
        try:
            if row.destination == Destination.CUSTOMER_DATA:
                self._clear_data(row)
            else:
                self._fields.write(row.customer_id, self._fields.cleared())
        except (NotFoundError, MovedError):
            log.info("customer %s is deleted or merged", row.customer_id)  # and the card with it
        binds = {
            "store": self.store.name,
            "customer_id": row.customer_id,
            "destination": row.destination,
            "now_utc": utc_text(utc_now()),
        }
        with self.engine.begin() as connection:
            connection.execute(statement("push/ledger/delete_pushed_card"), binds)
            # A store that is connected again finds out whom it has to write to.
            connection.execute(statement("push/ledger/insert_to_plan"), binds)
            if row.destination == Destination.CUSTOMER_DATA:
                connection.execute(statement("disconnect/forget_shown_card"), binds)
            if row.version_utc is not None:
                connection.execute(statement("push/history/insert_card_write"), self._write(row))

    def _write(self, row: ShownCard | Row[Any]) -> dict[str, Any]:
        """The last row of the card's history: there is none any more."""
        now = utc_now()
        return {
            "store": self.store.name,
            "customer_id": row.customer_id,
            "destination": row.destination,
            "version_utc": version_after(row.version_utc, now),
            "written_at_utc": utc_text(now),
            "member_id": None,
            "outcome": WITHDRAWN,
            "card": "{}",
            **cause_columns(self.cause),
        }

    def _clear_data(self, row: ShownCard | Row[Any]) -> None:
        data = self.client.get_customer(row.customer_id).data or {}
        key = self.store.gorgias.card_key
        if key not in data:
            return
        others = {name: value for name, value in data.items() if name != key}
        version = version_after(row.version_utc, utc_now())
        self.client.put_customer_data(
            row.customer_id, others, version if self.store.gorgias.send_version else None
        )

    @cached_property
    def _fields(self) -> FieldWriter:
        fields = find_fields(self.client, self.engine, self.store)
        return FieldWriter(self.client, self.engine, self.store, fields)
