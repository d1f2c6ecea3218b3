"""Writes a card's values into a customer's fields, and loses nobody else's.

What Gorgias makes of fields that a bulk write leaves out is disputed: it may clear them, and refuse
the whole write for the sake of a field that it manages itself. So where somebody else's value may
stand, either single values are written, which touches no other one, or all are read and sent along.

Between that read and that write somebody may edit a value, which the write would then undo; each
such window is kept in `windows`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiError, BadConnectionError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient, ValueBody
from loyalty_desk.gorgias.fields import (
    AccountFields,
    FieldValue,
    field_value,
    find_or_create_fields,
)
from loyalty_desk.gorgias.reading import CustomFieldDefinition
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

Values = Mapping[int, FieldValue | None]
"""By the definition's id; None empties the field."""

TRUSTED_FOR: Final = timedelta(minutes=10)
"""How long a read that found no other values counts. A write of a field leaves no trace in lists
of what changed, so that an older one may miss what agents entered since."""
MOST_SINGLE_WRITES: Final = 2
"""More values than that take less requests to read and to send along with everybody else's."""
REFUSED: Final = frozenset({400, 405, 422})
"""Statuses of a write that Gorgias does not take so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a customer's fields before a write, without asking Gorgias.

    `accepted` is what it last took from us, `filled` the fields that held a value at `read_at`.
    Each is None when nothing is known.
    """

    accepted: Values | None = None
    filled: frozenset[int] | None = None
    read_at: datetime | None = None


NOTHING_SEEN: Final = Seen()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when to when an edit of a customer's other fields would be undone by a write of ours."""

    customer_id: int
    begins: datetime
    ends: datetime


class FieldWriter:
    """Writes the customer fields of one store. Several threads may use one."""

    def __init__(
        self, client: GorgiasClient, engine: Engine, store: StoreSettings, fields: AccountFields
    ) -> None:
        self._client, self._engine, self._store, self._fields = client, engine, store.name, fields
        self._gorgias, self._always_reads = store.gorgias, store.push.protect_other_keys == "always"
        self._body: ValueBody | None = None
        if store.gorgias.field_value_body != "none":
            self._body = store.gorgias.field_value_body
        self._choices = {
            key: list(field.choices)
            for key, field in fields.own.items()
            if field.choices is not None
        }
        self._refused: set[tuple[str, str]] = set()
        self._lock = Lock()
        # Of several that read first, each writes before the next one reads: else their writes would
        # wait behind the others' reads for the request budget, which makes the windows long.
        self._turn = Lock()
        self.windows: list[Window] = []

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the card that have a field."""
        return frozenset(self._fields.own)

    def values_of(self, card: Mapping[str, Any]) -> Values:
        """What a card puts into each of our fields."""
        return {
            field.field_id: self._fitting(key, field, field_value(card, key, field.data_type))
            for key, field in self._fields.own.items()
        }

    def cleared(self) -> Values:
        """The values of a customer who is to have none of ours."""
        return dict.fromkeys(field.field_id for field in self._fields.own.values())

    def write(self, customer_id: int, wanted: Values, seen: Seen = NOTHING_SEEN) -> Values:
        """Bring our fields of a customer to `wanted`, and return that; raises what the client does.

        One request where nobody else's value can stand, two at most elsewhere.
        """
        if left := _differing(wanted, seen.accepted):
            # Whatever becomes of the write: from here on it is not known what stands there.
            self._forget_accepted(customer_id)
            self._send(customer_id, wanted, left, seen)
        return wanted

    def _send(self, customer_id: int, wanted: Values, left: Values, seen: Seen) -> None:
        if self._gorgias.field_writes == "merge" or not self._fields.others:
            self._write_ours(customer_id, wanted, left)
            return
        is_told = seen.accepted is not None or None not in left.values()
        if len(left) == 1 and is_told and self._write_singly(customer_id, left):
            return
        if self._is_alone(seen) and self._try_ours(customer_id, wanted, left, seen):
            return
        if is_told and self._is_few(left) and self._write_singly(customer_id, left):
            return
        with self._turn:
            self._write_beside_others(customer_id, wanted)

    def _is_few(self, left: Values) -> bool:
        """Whether single writes are worth it: where another store may write just now, always."""
        return len(left) <= MOST_SINGLE_WRITES or self._fields.is_shared

    def _is_alone(self, seen: Seen) -> bool:
        """Whether a recent read found no value but ours, and would have shown one."""
        if self._always_reads or self._fields.is_shared:
            return False
        if seen.filled is None or seen.read_at is None:
            return False
        ours = {field.field_id for field in self._fields.own.values()}
        return (
            seen.filled <= ours
            and utc_now() - seen.read_at < TRUSTED_FOR
            and self._rows_show_fields
        )

    @cached_property
    def _rows_show_fields(self) -> bool:
        """Whether any customer was read with a value in a field; else none might ever be."""
        with reading(self._engine) as connection:
            binds = {"store": self._store}
            found = connection.execute(statement("push/fields/find_shown_field"), binds)
            return found.first() is not None

    def _forget_accepted(self, customer_id: int) -> None:
        with self._engine.begin() as connection:
            binds = {"store": self._store, "customer_id": customer_id}
            connection.execute(statement("push/fields/forget_field_values"), binds)

    def _try_ours(self, customer_id: int, wanted: Values, left: Values, seen: Seen) -> bool:
        """Write our fields alone; False when Gorgias refuses that, as it manages another one."""
        try:
            self._write_ours(customer_id, wanted, left)
        except ApiError as error:
            if error.status not in REFUSED:
                raise
            return False
        self._keep_window(customer_id, seen.read_at or utc_now())
        return True

    def _write_ours(self, customer_id: int, wanted: Values, left: Values) -> None:
        self._client.put_custom_fields(customer_id, self._without_empty(customer_id, wanted, left))

    def _write_beside_others(self, customer_id: int, wanted: Values) -> None:
        """Read all values and send them along with ours, unless one write of ours will do."""
        begins = utc_now()
        current = self._client.get_custom_fields(customer_id)
        left = _differing(wanted, current)
        is_safe = len(left) == 1 or self._fields.is_shared
        if not left or (is_safe and self._write_singly(customer_id, left)):
            return
        others = {
            field_id: value
            for field_id, value in current.items()
            if field_id not in wanted and field_id not in self._fields.archived
        }
        ours = self._without_empty(customer_id, wanted, left)
        try:
            answer = self._client.put_custom_fields(customer_id, {**others, **ours})
        except ApiError as error:
            # Such as for a value that somebody's field would not take any more.
            if error.status not in REFUSED or not self._write_singly(customer_id, left):
                raise
            return
        self._keep_window(customer_id, begins)
        if answer is not None:
            self._put_back(customer_id, {key: others[key] for key in others.keys() - answer.keys()})

    def _put_back(self, customer_id: int, lost: Values) -> None:
        """Write values that the answer to a write does not have, though they were sent along."""
        if lost and not self._write_singly(customer_id, lost):
            log.warning(
                "customer %d: Gorgias did not keep the values of the fields %s, which are not ours",
                customer_id,
                ", ".join(map(str, sorted(lost))),
            )

    def _write_singly(self, customer_id: int, left: Values) -> bool:
        """Write value by value, which touches no other; False when Gorgias does not take it so."""
        for field_id, value in left.items():
            if value is None:
                self._empty(customer_id, field_id)
                continue
            body = self._body
            if body is None:
                return False
            try:
                self._client.put_custom_field(customer_id, field_id, value, body)
            except ApiError as error:
                if not self._is_about_the_field(customer_id, error):
                    raise
                log.warning("single values cannot be written (%d); all are sent", error.status)
                self._body = None
                return False
        return True

    def _empty(self, customer_id: int, field_id: int) -> None:
        try:
            self._client.delete_custom_field(customer_id, field_id)
        except NotFoundError as error:  # it may have been empty
            if not self._is_about_the_field(customer_id, error):
                raise

    def _is_about_the_field(self, customer_id: int, error: ApiError) -> bool:
        """Whether one field was refused; raises NotFoundError when the customer is not there."""
        if isinstance(error, NotFoundError):
            self._client.get_custom_fields(customer_id)
            return True
        return error.status in REFUSED

    def _without_empty(self, customer_id: int, wanted: Values, left: Values) -> Values:
        """What to send in bulk, once those that null does not empty are emptied."""
        if self._gorgias.clear_field_with == "null":
            return wanted
        for field_id, value in left.items():
            if value is None:
                self._empty(customer_id, field_id)
        return {field_id: value for field_id, value in wanted.items() if value is not None}

    def _fitting(
        self, key: str, field: CustomFieldDefinition, value: FieldValue | None
    ) -> FieldValue | None:
        """The value as the field takes it: a dropdown is given the choice that it lacks."""
        if key not in self._choices or not isinstance(value, str):
            return value
        with self._lock:
            return value if self._offers(key, field, value) else None

    def _offers(self, key: str, field: CustomFieldDefinition, value: str) -> bool:
        choices = self._choices[key]
        if value in choices:
            return True
        if (key, value) in self._refused:
            return False
        try:
            self._client.put_choices(field, [*choices, value])
        except (ApiError, BadConnectionError) as error:
            log.warning(
                "the field of %r lacks a choice, and stays empty where it is: %s", key, error
            )
            self._refused.add((key, value))
            return False
        choices.append(value)
        return True

    def _keep_window(self, customer_id: int, begins: datetime) -> None:
        self.windows.append(Window(customer_id=customer_id, begins=begins, ends=utc_now()))


def _differing(wanted: Values, current: Mapping[int, Any] | None) -> Values:
    """Those of `wanted` that are not so; all of them when it is not known what is."""
    if current is None:
        return wanted
    return {field_id: value for field_id, value in wanted.items() if current.get(field_id) != value}


def field_writer(client: GorgiasClient, engine: Engine, store: StoreSettings) -> FieldWriter:
    """The writer of a store's fields, which are made where they do not exist yet."""
    return FieldWriter(client, engine, store, find_or_create_fields(client, engine, store))


def values_text(values: Values | None) -> str | None:
    """Values as the ledger keeps them."""
    return None if values is None else json.dumps({str(key): values[key] for key in sorted(values)})


def read_values(text: str | None) -> Values | None:
    """Values from the ledger."""
    return None if text is None else {int(key): value for key, value in json.loads(text).items()}
