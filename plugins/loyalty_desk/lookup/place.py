"""What a lookup finds stands at the store's place at once, also for whom no sync has seen.

The call that looks up only asks for it, by the customer's id; what is written is found out anew,
from what Gorgias itself says of the customer, as a token for lookups must not decide whose card
stands where.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row

from loyalty_desk.card.cards import fingerprint
from loyalty_desk.card.emails import read_blank_as_plus, read_email
from loyalty_desk.card.shown import form_of
from loyalty_desk.clock import utc_now
from loyalty_desk.gorgias.destinations import Delivery, WantedCard, delivery_of, find_delivery
from loyalty_desk.lookup.answers import LookedUp, nobody
from loyalty_desk.lookup.staged import Found, find_staged, find_staged_member
from loyalty_desk.records import Cause, CauseKind, Destination, EmailState, Outcome
from loyalty_desk.refresh import CardShower, ask_for_cards, ask_for_customer
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.audience import note_asked_ticket
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import stage_customers
from loyalty_desk.staging.kept_out import CUSTOMER, load_kept_out
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.watermarks import find_watermark
from loyalty_desk.texts.of_store import texts_of

_WITHOUT_KEY = {
    EmailState.MISSING.value: Outcome.NO_EMAIL,
    EmailState.ERASED.value: Outcome.ERASED,
}


def ask_to_show(
    engine: Engine,
    store: StoreSettings,
    customer_id: int,
    told: str | None,
    looked_up: LookedUp,
    now: datetime,
    *,
    ticket_id: int | None = None,
) -> None:
    """Ask for a customer's card, unless Gorgias has what was found by the address told.

    Most lookups find what stands there, and write nothing. Whoever has a ticket to look up is
    written to from here on, also where the store leaves out who has not written lately.
    """
    found = looked_up.found
    with reading(engine) as connection:
        row = _find_customer(connection, store, customer_id)
        if row is None and load_kept_out(connection, store.name).has(CUSTOMER, customer_id):
            return
    if ticket_id is not None:
        note_asked_ticket(engine, store, ticket_id, customer_id, now)
    # A `+` that nobody encoded comes as a blank: it is that customer all the same.
    meant = read_email(told)[0] or read_blank_as_plus(told or "")
    is_stale = row is None or row.email_key != meant
    if row is not None and not is_stale and not _is_missing(store, found, row):
        return
    cause = Cause(kind=CauseKind.LOOKUP, ref=None if ticket_id is None else str(ticket_id))
    with engine.begin() as connection:
        if row is not None and not is_stale and found.member_id == row.member_id is not None:
            ask_for_cards(connection, store.name, [row.member_id], now, cause)
        else:
            ask_for_customer(connection, store.name, customer_id, now, cause, is_stale=is_stale)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerShower:
    """Shows customers of one store the card that is theirs by what is staged now.

    Raises what the Gorgias client raises.
    """

    shower: CardShower

    def show(self, customer_id: int, cause: Cause | None = None, *, is_stale: bool) -> int:
        """Write the card of a customer, whoever it is of, to each place; returns how many writes.

        A card that Gorgias accepted before is not written again. With `is_stale` Gorgias is asked
        for the customer first, but not while the first sync loads all of them: it shows them too.
        """
        store, engine = self.shower.store, self.shower.engine
        if is_stale:
            with reading(engine) as connection:
                if _is_loading(connection, store):
                    return 0
            self._restage(customer_id)
        with reading(engine) as connection:
            deliveries = _find_deliveries(connection, store, customer_id, utc_now())
        return sum(self.shower.deliver(one, cause) for one in deliveries)

    def _restage(self, customer_id: int) -> None:
        store = self.shower.store
        asked_at = utc_now()
        customer = self.shower.gorgias.get_customer(customer_id)
        with self.shower.engine.begin() as connection:
            stage_customers(
                connection,
                store.name,
                [customer],
                asked_at,
                card_key=store.gorgias.card_key,
                first_load=False,
            )


def _is_loading(connection: Connection, store: StoreSettings) -> bool:
    """Whether a first sync is under way, which loads customers without a look at who is staged."""
    if find_watermark(connection, store.name, "customers").full_scan_at_utc is not None:
        return False
    held = connection.execute(statement("run/select_lock"), {"store": store.name})
    return held.first() is not None


def _find_deliveries(
    connection: Connection, store: StoreSettings, customer_id: int, now: datetime
) -> list[Delivery]:
    """The card of a customer on its way to each place; none for who is not staged.

    That of the match, as long as it holds, so that a sync and this never write in turn.
    """
    row = _find_customer(connection, store, customer_id)
    if row is None:
        return []
    if row.member_id is not None and row.linked_member_id in {None, row.member_id}:
        by_match = [
            find_delivery(
                connection,
                store,
                WantedCard(customer_id, place.value, Outcome.MATCHED.value, row.member_id),
                now,
            )
            for place in store.push_to
        ]
        if None not in by_match:
            return [one for one in by_match if one is not None]
    found = _find_card(connection, store, row)
    if not _is_wanted(store, found, row):
        return []
    deliveries = (
        delivery_of(connection, store, customer_id, place, found.card, found.as_of_utc, now)
        for place in store.push_to
    )
    return [one for one in deliveries if one is not None]


def _find_card(connection: Connection, store: StoreSettings, row: Row[Any]) -> Found:
    """Whose card a customer without a match is to be shown: in the order of the match."""
    if row.linked_member_id is not None:
        linked = find_staged_member(connection, store, row.linked_member_id)
        if linked.member_id is not None:
            return linked
    if row.email_key is not None:
        return find_staged(connection, store, row.email_key)
    return nobody(_WITHOUT_KEY.get(row.email_state, Outcome.INVALID_EMAIL)).found


def _is_wanted(store: StoreSettings, found: Found, row: Row[Any]) -> bool:
    """Whether a store wants that card written: of who is no member, it may want none."""
    is_member = found.member_id is not None
    return is_member or store.non_member_cards != "none" or bool(row.is_member)


def _is_missing(store: StoreSettings, found: Found, row: Row[Any]) -> bool:
    """Whether Gorgias has not that card in the words and in the form of now, and is to have it."""
    form_now = form_of(store.currency, reads_movements=store.lookup.activity)
    is_form = row.form == form_now or store.push_to[0] != Destination.CUSTOMER_DATA
    is_said = row.texts_version == texts_of(store).of(row.language).version
    is_there = is_form and is_said and row.fingerprint == fingerprint(found.card)
    return not is_there and _is_wanted(store, found, row)


def _find_customer(
    connection: Connection, store: StoreSettings, customer_id: int
) -> Row[Any] | None:
    binds = {
        "store": store.name,
        "customer_id": customer_id,
        "destination": store.push_to[0].value,
    }
    return connection.execute(statement("lookup/place/select_customer"), binds).first()
