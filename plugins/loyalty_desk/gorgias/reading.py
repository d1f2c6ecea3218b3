"""Rows of Gorgias lists, read into records. Pure; no personal data in what is rejected.

Source: Gorgias API reference and recorded answers. Which fields an answer holds depends on the
endpoint: list rows have `data` and no `channels`, a retrieve has both and `external_data`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loyalty_desk.clock import is_time_zone
from loyalty_desk.http.reading import (
    BadFieldError,
    kind,
    read_id,
    read_text,
    read_text_or_number,
    read_utc,
)
from loyalty_desk.records import Customer, Rejected, Ticket

CUSTOMERS, TICKETS, USERS, EVENTS = "customers", "tickets", "users", "events"
"""The sources that a rejected row names."""
PRIORITIES = frozenset({"critical", "high", "normal", "low"})
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_]|$)")
MERGED = "customer-merged"
"""The type of events that tell of merges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldDefinition:
    """A customer field of the account. One per `field_id`; `data_type` is text, number, boolean.

    `choices` are those of a dropdown of texts; None where any text may stand.
    """

    field_id: int
    label: str | None
    external_id: str | None
    data_type: str | None
    choices: tuple[str, ...] | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the account, by whom awards are named. One per `user_id`."""

    user_id: int
    email: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMerge:
    """That a customer was merged into another. `source_id`, whose id is dead, may be not told."""

    at_utc: str
    source_id: int | None
    survivor_id: int


def read_customer(row: Any, app_id: str | None) -> Customer:
    """Read one customer from a list or a retrieve; raises BadFieldError."""
    _require_object(row)
    email = read_text(row, "email")
    return Customer(
        customer_id=read_id(row),
        email=email,
        name=read_text(row, "name"),
        external_id=read_text_or_number(row, "external_id"),
        updated_at_utc=read_utc(row, "updated_datetime"),
        data=_pushed_data(row, app_id),
        field_ids=_fields_with_values(row),
        channels=_other_emails(row, email),
        language=_read_language(row),
    )


def read_ticket(row: Any) -> Ticket | None:
    """Read one ticket; None when nobody known sent it, which is normal. Raises BadFieldError."""
    _require_object(row)
    ticket_id = read_id(row)
    customer = row.get("customer")
    if customer is None:
        return None
    if not isinstance(customer, Mapping):
        raise BadFieldError("customer", f"is {kind(customer)} instead of an object")
    try:
        customer_id = read_id(customer)
    except BadFieldError as error:
        raise BadFieldError("customer.id", error.reason) from None
    status = read_text(row, "status")
    if status is None:
        raise BadFieldError("status", "is missing")
    return Ticket(
        ticket_id=ticket_id,
        customer_id=customer_id,
        status=status,
        updated_at_utc=read_utc(row, "updated_datetime"),
        created_at_utc=_find_utc(row, "created_datetime"),
        priority=read_priority(row.get("priority")),
        tags=read_tags(row.get("tags")),
        channel=_find_channel(row),
    )


def read_time_zone(settings: object) -> str | None:
    """The zone of an account's business hours; None when its settings name none that is known."""
    for one in settings if isinstance(settings, list) else ():
        if isinstance(one, Mapping) and one.get("type") == "business-hours":
            data = one.get("data")
            zone = data.get("timezone") if isinstance(data, Mapping) else None
            if isinstance(zone, str) and is_time_zone(zone):
                return zone
    return None


def read_priority(told: object) -> str | None:
    """A ticket's priority; None for what is none."""
    return told if isinstance(told, str) and told in PRIORITIES else None


def read_tags(told: object) -> tuple[str, ...] | None:
    """The names of a ticket's tags, sorted; None when they are not told."""
    if not isinstance(told, list):
        return None
    names = (one.get("name") for one in told if isinstance(one, Mapping))
    return tuple(sorted({name for name in names if isinstance(name, str)}))


def _find_channel(row: Mapping[str, Any]) -> str | None:
    """What a ticket came by, such as `email`; a word without which a row is as good."""
    told = row.get("channel")
    return told if isinstance(told, str) and told else None


def _find_utc(row: Mapping[str, Any], field: str) -> str | None:
    """A time without which a row is as good."""
    try:
        return read_utc(row, field)
    except BadFieldError:
        return None


def read_user(row: Any) -> User | None:
    """Read one user; None for one without an address. Raises BadFieldError."""
    _require_object(row)
    email = read_text(row, "email")
    if email is None:
        return None
    is_active = row.get("active") is True and row.get("deactivated_datetime") is None
    return User(user_id=read_id(row), email=email, is_active=is_active)


def read_customer_merge(row: Any) -> CustomerMerge:
    """Read one event of a merge; raises BadFieldError.

    Source: Gorgias API reference, "Events": `customer-merged` is about the survivor.
    """
    _require_object(row)
    told = row.get("data")
    source = told.get("source_customer_id") if isinstance(told, Mapping) else None
    return CustomerMerge(
        at_utc=read_utc(row, "created_datetime"),
        source_id=None if source is None else read_id({"id": source}),
        survivor_id=read_id({"id": row.get("object_id")}),
    )


def read_definition(row: Any) -> CustomFieldDefinition:
    """Read one custom field definition; raises BadFieldError."""
    _require_object(row)
    definition = row.get("definition")
    return CustomFieldDefinition(
        field_id=read_id(row),
        label=read_text(row, "label"),
        external_id=read_text_or_number(row, "external_id"),
        data_type=read_text(definition, "data_type") if isinstance(definition, Mapping) else None,
        choices=_choices(definition),
        active=row.get("deactivated_datetime") is None,
    )


def _choices(definition: Any) -> tuple[str, ...] | None:
    settings = definition.get("input_settings") if isinstance(definition, Mapping) else None
    choices = settings.get("choices") if isinstance(settings, Mapping) else None
    if not isinstance(choices, list) or not all(isinstance(one, str) for one in choices):
        return None
    return tuple(choices)


def read_field_value(row: Any) -> tuple[int, Any]:
    """Read one value of a customer's field: the definition's id and the value."""
    _require_object(row)
    definition = row.get("field")
    if not isinstance(definition, Mapping):
        raise BadFieldError("field", f"is {kind(definition)} instead of an object")
    return read_id(definition), row.get("value")


def rejected(source: str, row: Any, error: BadFieldError) -> Rejected:
    """The row as the report may name it: by its id, when that is usable, and the field at fault."""
    record_id = row.get("id") if isinstance(row, Mapping) else None
    usable = isinstance(record_id, int) and not isinstance(record_id, bool)
    return Rejected(
        source=source,
        record_id=str(record_id) if usable else None,
        field=error.field,
        reason=error.reason,
    )


def _require_object(row: Any) -> None:
    if not isinstance(row, Mapping):
        raise BadFieldError("(row)", f"is {kind(row)} instead of an object")


def _read_language(row: Mapping[str, Any]) -> str | None:
    """The language's two letters, without its country; what is none is not known, and no fault."""
    told = row.get("language")
    found = _LANGUAGE.match(told.lower()) if isinstance(told, str) else None
    return found[1] if found else None


def _pushed_data(row: Mapping[str, Any], app_id: str | None) -> Mapping[str, Any] | None:
    """What stands where our pushes land: the app's own data, or `data` for an API key.

    None when the answer does not hold that place. Anything but an object is refused, since a push
    would replace what another tool wrote there.
    """
    place = "data" if app_id is None else "external_data"
    if place not in row:
        return None
    found = row[place]
    if app_id is not None and isinstance(found, Mapping):
        found = found.get(app_id)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise BadFieldError(place, f"is {kind(found)} instead of an object")
    return found


def _fields_with_values(row: Mapping[str, Any]) -> frozenset[int] | None:
    """The ids of the custom fields that hold a value; None when the answer does not tell.

    Source: recorded answers: `{"311": {"value": "Gold", "id": 311}}`, in lists and retrieves alike.
    """
    held = row.get("custom_fields")
    if not isinstance(held, Mapping):
        return None
    ids: set[int] = set()
    for one in held.values():
        field_id = one.get("id") if isinstance(one, Mapping) else None
        if not isinstance(field_id, int):
            return None
        if one.get("value") is not None:
            ids.add(field_id)
    return frozenset(ids)


def _other_emails(row: Mapping[str, Any], primary: str | None) -> tuple[str, ...] | None:
    """The customer's further e-mail addresses in their order, without deleted ones."""
    channels = row.get("channels")
    if channels is None:
        return None
    if not isinstance(channels, list):
        raise BadFieldError("channels", f"is {kind(channels)} instead of a list")
    taken = {(primary or "").lower()}
    others: list[str] = []
    for channel in channels:
        if not isinstance(channel, Mapping):
            raise BadFieldError("channels", f"holds {kind(channel)} instead of an object")
        if channel.get("type") != "email" or channel.get("deleted_datetime") is not None:
            continue
        address = read_text(channel, "address")
        if address is not None and address.lower() not in taken:
            taken.add(address.lower())
            others.append(address)
    return tuple(others)
