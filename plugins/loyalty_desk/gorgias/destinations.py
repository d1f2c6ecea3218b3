"""The places in Gorgias where a card is shown, and how one is written and read back there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, Row

from loyalty_desk.card.cards import (
    NO_CARD,
    SYNCED_AT,
    absent_card,
    absent_fingerprint,
    card_json,
    fingerprint,
    shown_fingerprint,
)
from loyalty_desk.card.shown import form_of, shown_card
from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.errors import MovedError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.field_writer import (
    FieldWriter,
    Seen,
    Values,
    Window,
    field_writer,
    read_values,
)
from loyalty_desk.records import WITHDRAWN, Customer, Destination, Outcome
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.plan_schema import FIRST_TEXTS
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.stores import find_stores_beside
from loyalty_desk.texts.of_store import texts_of
from loyalty_desk.texts.wording import Wording

TRUSTED_FOR = timedelta(hours=1)
"""How long the other tools' keys that an extract saw may be written back without a fresh read."""


class WantedCard(NamedTuple):
    """Which card a customer is to be shown at one place: a member's, that of a class, or none."""

    customer_id: int
    destination: str
    outcome: str
    member_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One card on its way to one destination of one customer."""

    customer_id: int
    destination: Destination
    outcome: Outcome | None
    """None where the card is to be taken away."""
    email: str | None
    member_card: str | None
    """A member's card as JSON; it need not be read to know that it is there already."""
    fingerprint: str
    as_of_utc: str | None
    """Since when the platform is known to say so."""
    accepted_fingerprint: str | None
    """Of the card that Gorgias last accepted there."""
    form: str
    """In which the card is written now."""
    accepted_form: str | None
    """In which that card was written."""
    current_fingerprint: str | None
    """Of the card that is there, as far as is known."""
    wording: Wording
    """What the customer is told in."""
    accepted_texts: str
    """The words of the card that Gorgias last accepted there."""
    points_balance: int | None
    other_data: Mapping[str, Any]
    """Keys of other tools that stand beside the card in Gorgias' `data`."""
    other_data_read_at_utc: str
    version_utc: str
    """Larger than that of any write before, so that a late write never wins."""
    accepted_values: Values | None
    """What Gorgias last took into our customer fields; None: not known."""
    filled_fields: frozenset[int] | None
    """The customer fields that held a value when `other_data` was read; None: not known."""
    activity: str | None = None
    """What a lookup read of the member's last movements; None or empty: nothing to say."""
    accepted_activity: str | None = None
    """The hash of what the card said of them that Gorgias last accepted there."""
    written_values: Values | None = None
    """What it took now, once this is delivered there."""
    written_keys: frozenset[str] = frozenset()
    """The keys of the card that have a customer field, once this is delivered there."""

    @property
    def is_member(self) -> bool:
        return self.outcome == Outcome.MATCHED

    @property
    def is_card(self) -> bool:
        """Whether the whole card is written there, and not values of it."""
        return self.destination == Destination.CUSTOMER_DATA

    @property
    def is_there(self) -> bool:
        """Whether it stands there already, in the words and in the form of now."""
        return (self.current_fingerprint or NO_CARD) == self.fingerprint and self._is_as_now

    @property
    def is_accepted(self) -> bool:
        """Whether Gorgias accepted this very card before, in the words and in the form of now."""
        return self.accepted_fingerprint == self.fingerprint and self._is_as_now

    @property
    def withdrawal(self) -> Delivery | None:
        """What takes the card away that stands in place of this one; None where it may stay."""
        if self.accepted_fingerprint in {None, NO_CARD, self.fingerprint}:
            return None
        return replace(
            self, outcome=None, member_card=None, fingerprint=NO_CARD, points_balance=None
        )

    @property
    def _is_as_now(self) -> bool:
        if self.outcome is None:
            return True
        is_form = not self.is_card or (
            self.accepted_form == self.form and self.accepted_activity == self.activity_hash
        )
        return is_form and self.accepted_texts == self.wording.version

    @property
    def activity_hash(self) -> str | None:
        """Of what it says of the last movements; None where it says nothing."""
        return fingerprint({"said": self.activity}) if self.is_member and self.activity else None

    def shown(self) -> dict[str, Any] | None:
        """The card with its sentences, but for what stands beside it; None for no card."""
        return None if self.outcome is None else self.wording.shown(self.card())

    def said(self) -> Mapping[str, Any]:
        """What is kept of a write: the card, or the part of it that customer fields hold."""
        shown = None if self.is_card else self.shown()
        if shown is None:
            return self.card()
        return {key: value for key, value in shown.items() if key in self.written_keys}

    def card(self) -> Mapping[str, Any]:
        if self.outcome is None:
            return {}
        if self.member_card is None:
            return absent_card(self.outcome)
        card: Mapping[str, Any] = orjson.loads(self.member_card)
        return card


def find_delivery(
    connection: Connection, store: StoreSettings, wanted: WantedCard, now: datetime
) -> Delivery | None:
    """The card as staging has it now.

    None when the customer, or the member, is not there, or is not that member any more.
    """
    outcome = None if wanted.outcome == WITHDRAWN else Outcome(wanted.outcome)
    is_member = outcome == Outcome.MATCHED
    row = _select_card(connection, store, wanted if is_member else wanted._replace(member_id=None))
    if row is None or (is_member and row.card is None):
        return None
    read_at = [at for at in (row.changed_at_utc, row.scanned_at_utc) if at is not None]
    return _delivery(
        row,
        store,
        wanted,
        now,
        member_card=row.card,
        fingerprint=row.card_fingerprint if is_member else _absent_fingerprint(outcome),
        as_of_utc=max(read_at) if is_member else utc_text(now),
        points_balance=row.points_balance,
    )


def _absent_fingerprint(outcome: Outcome | None) -> str:
    return NO_CARD if outcome is None else absent_fingerprint(outcome)


def delivery_of(
    connection: Connection,
    store: StoreSettings,
    customer_id: int,
    destination: Destination,
    card: Mapping[str, Any],
    as_of_utc: str | None,
    now: datetime,
) -> Delivery | None:
    """A card that was found without a match, on its way; None when the customer is not staged."""
    is_member = bool(card["member"])
    outcome = Outcome.MATCHED if is_member else Outcome(card["status"])
    wanted = WantedCard(customer_id, destination.value, outcome.value, None)
    row = _select_card(connection, store, wanted)
    if row is None:
        return None
    return _delivery(
        row,
        store,
        wanted,
        now,
        member_card=card_json(card) if is_member else None,
        fingerprint=fingerprint(card),
        as_of_utc=as_of_utc,
        points_balance=card.get("points_balance"),
    )


def _select_card(
    connection: Connection, store: StoreSettings, wanted: WantedCard
) -> Row[Any] | None:
    binds = {
        "store": store.name,
        "customer_id": wanted.customer_id,
        "destination": wanted.destination,
        "member_id": wanted.member_id,
        "guest_status": store.guest_status.value,
    }
    return connection.execute(statement("push/ledger/select_card"), binds).first()


def _delivery(
    row: Row[Any], store: StoreSettings, wanted: WantedCard, now: datetime, **card: Any
) -> Delivery:
    """A card on its way to whom a row is of."""
    return Delivery(
        customer_id=wanted.customer_id,
        destination=Destination(wanted.destination),
        outcome=None if wanted.outcome == WITHDRAWN else Outcome(wanted.outcome),
        email=row.email,
        accepted_fingerprint=row.accepted_fingerprint,
        form=form_of(store.currency, reads_movements=store.lookup.activity),
        accepted_form=row.accepted_form,
        current_fingerprint=row.current_fingerprint,
        wording=texts_of(store).of(row.language),
        accepted_texts=row.accepted_texts or FIRST_TEXTS,
        activity=row.activity,
        accepted_activity=row.accepted_activity,
        other_data=json.loads(row.other_data) if row.other_data else {},
        other_data_read_at_utc=row.read_at_utc,
        version_utc=version_after(row.version_utc, now),
        accepted_values=read_values(row.accepted_values),
        filled_fields=frozenset(json.loads(row.field_ids)) if row.field_ids else None,
        **card,
    )


def version_after(last_version_utc: str | None, now: datetime) -> str:
    """A version above the last one, also when the clock was put back."""
    if last_version_utc is None:
        return utc_text(now)
    return utc_text(max(now, parse_utc(last_version_utc) + timedelta(microseconds=1)))


class CardWriter:
    """Writes cards of one store. Several threads may use one."""

    def __init__(self, client: GorgiasClient, engine: Engine, store: StoreSettings) -> None:
        self._client, self._store = client, store
        # A lookup has all stores of an account write to one customer at the same moment.
        self._reads_first = store.push.protect_other_keys == "always" or bool(
            find_stores_beside(engine, store.name, at_place=True)
        )
        self._fields: FieldWriter | None = None
        if Destination.CUSTOM_FIELDS in store.push_to:
            self._fields = field_writer(client, engine, store)

    @property
    def windows(self) -> Sequence[Window]:
        """When edits of customers' other fields may have been undone."""
        return self._fields.windows if self._fields else ()

    def deliver(self, delivery: Delivery) -> Delivery:
        """Write the card; returns it as it is to be kept in the ledger.

        Raises what the client raises when Gorgias does not accept it.
        """
        if delivery.destination == Destination.CUSTOMER_DATA:
            self._write_data(delivery)
            return delivery
        values = self._writer_of_fields.write(
            delivery.customer_id,
            self._field_values(delivery),
            Seen(
                accepted=delivery.accepted_values,
                filled=delivery.filled_fields,
                read_at=parse_utc(delivery.other_data_read_at_utc),
            ),
        )
        return replace(delivery, written_values=values, written_keys=self._writer_of_fields.keys)

    def shows(self, delivery: Delivery) -> bool:
        """Whether Gorgias now shows the delivery's card."""
        if delivery.destination == Destination.CUSTOMER_DATA:
            data = self._client.get_customer(delivery.customer_id).data or {}
            found = data.get(self._store.gorgias.card_key)
            return shown_fingerprint(found) == shown_fingerprint(delivery.shown())
        values = self._client.get_custom_fields(delivery.customer_id)
        wanted = self._field_values(delivery)
        return all(values.get(field_id) == value for field_id, value in wanted.items())

    def find_by_address(self, email: str) -> list[Customer]:
        """Whoever has an address now, each with every address."""
        found = []
        for one in self._client.find_customers_by_address(email):
            with suppress(NotFoundError, MovedError):  # gone while we looked
                found.append(self._client.get_customer(one.customer_id))
        return found

    def _write_data(self, delivery: Delivery) -> None:
        # Gorgias replaces the whole object, so what other tools keep in it is sent along.
        content = dict(self._other_keys(delivery))
        shown = delivery.shown()
        if shown is not None:
            card = shown_card(
                shown,
                delivery.as_of_utc,
                self._store.currency,
                delivery.activity,
                reads_movements=self._store.lookup.activity,
            )
            content[self._store.gorgias.card_key] = {**card, SYNCED_AT: utc_text(utc_now())}
        self._client.put_customer_data(
            delivery.customer_id,
            content,
            delivery.version_utc if self._store.gorgias.send_version else None,
        )

    def _other_keys(self, delivery: Delivery) -> Mapping[str, Any]:
        age = utc_now() - parse_utc(delivery.other_data_read_at_utc)
        if not self._reads_first and (not delivery.other_data or age < TRUSTED_FOR):
            return delivery.other_data
        data = self._client.get_customer(delivery.customer_id).data or {}
        return {key: value for key, value in data.items() if key != self._store.gorgias.card_key}

    @property
    def _writer_of_fields(self) -> FieldWriter:
        assert self._fields is not None  # noqa: S101 - the store writes there
        return self._fields

    def _field_values(self, delivery: Delivery) -> Values:
        shown = delivery.shown()
        fields = self._writer_of_fields
        return fields.cleared() if shown is None else fields.values_of(shown)
