"""Gorgias: customers, tickets, customer data and custom fields.

Source: Gorgias API reference, "Customers", "Custom fields", "Tickets", "Pagination".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, TypeVar

from loyalty_desk.card.keys import FieldType
from loyalty_desk.errors import ApiUnavailableError, MovedError
from loyalty_desk.gorgias.paging import iter_rows
from loyalty_desk.gorgias.reading import (
    CUSTOMERS,
    EVENTS,
    MERGED,
    TICKETS,
    USERS,
    CustomerMerge,
    CustomFieldDefinition,
    User,
    read_customer,
    read_customer_merge,
    read_definition,
    read_field_value,
    read_ticket,
    read_time_zone,
    read_user,
    rejected,
)
from loyalty_desk.http.reading import BadFieldError, read_id
from loyalty_desk.http.transport import Transport
from loyalty_desk.records import Customer, Rejected, Ticket

CustomerOrder = Literal["updated_datetime:desc", "created_datetime:asc"]
ValueBody = Literal["raw", "object"]
"""How the write of one field's value spells it: the bare value, or `{"id", "value"}`."""
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpdeskAccount:
    """The Gorgias account that the credentials belong to."""

    domain: str | None
    active: bool
    time_zone: str | None
    """By its IANA name; None where the account tells none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    """One page of the customer list; each row is in `customers` or in `rejected`."""

    customers: list[Customer]
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """One page of the ticket list; a ticket that no known customer sent is in neither."""

    tickets: list[Ticket]
    rejected: list[Rejected]


class GorgiasClient:
    """Reads and writes one Gorgias account. Thread-safe as far as the transport is.

    `card_key` is the key of our card inside a customer's data. With an `app_id` the data of that
    OAuth2 app is read back, otherwise the customer's own `data`. Every method raises what
    `Transport.send` raises.
    """

    def __init__(self, transport: Transport, *, card_key: str, app_id: str | None) -> None:
        self.card_key, self.app_id = card_key, app_id
        self._transport = transport

    @property
    def transport(self) -> Transport:
        """For the counts of a run."""
        return self._transport

    def get_account(self) -> HelpdeskAccount:
        """Return the account; the cheapest call that tells whether the credentials work."""
        body = self._transport.get_json("/api/account")
        if not isinstance(body, Mapping):
            raise self._unusable("/api/account")
        domain = body.get("domain")
        return HelpdeskAccount(
            domain=domain if isinstance(domain, str) else None,
            active=body.get("deactivated_datetime") is None,
            time_zone=read_time_zone(body.get("settings")),
        )

    def iter_customer_pages(
        self, order_by: CustomerOrder = "updated_datetime:desc"
    ) -> Iterator[CustomerPage]:
        """Yield every customer of the account, page after page.

        An updated row moves while the list is read, so the same customer may come twice.

        Raises:
            CursorError: a page without its cursor, or with one seen before: not the whole list.
        """
        for rows in iter_rows(self._transport, "/api/customers", {"order_by": order_by}):
            yield self._read_customers(rows)

    def iter_ticket_pages(self) -> Iterator[TicketPage]:
        """Yield tickets that are not trashed, latest update first; raises as customers do."""
        query = {"order_by": "updated_datetime:desc", "trashed": "false"}
        for rows in iter_rows(self._transport, "/api/tickets", query):
            tickets, bad = _read_all(rows, TICKETS, read_ticket)
            known = [ticket for ticket in tickets if ticket is not None]
            yield TicketPage(tickets=known, rejected=bad)

    def iter_customer_merges(self, since_utc: str) -> Iterator[CustomerMerge]:
        """Yield the merges of customers from a time on, the oldest first; raises as customers do.

        Unusable events are left out.

        Source: Gorgias API reference, "List events".
        """
        query = {
            "types": MERGED,
            "created_datetime[gte]": since_utc,
            "order_by": "created_datetime:asc",
        }
        for rows in iter_rows(self._transport, "/api/events", query):
            yield from _read_all(rows, EVENTS, read_customer_merge)[0]

    def get_customer(self, customer_id: int) -> Customer:
        """Return one customer with its data and further e-mail addresses.

        Raises:
            NotFoundError: deleted. MovedError: merged into another customer.
        """
        path = f"/api/customers/{customer_id}"
        try:
            customer = read_customer(self._transport.get_json(path), self.app_id)
        except BadFieldError as error:
            raise self._unusable(path, error.field) from None
        if customer.customer_id != customer_id:
            raise MovedError(self._transport.service, "GET", path, 200, "another customer came")
        return customer

    def get_raw_customer(self, customer_id: int) -> Mapping[str, Any]:
        """Return a customer with every key, as macros see it; raises as `get_customer` does."""
        path = f"/api/customers/{customer_id}"
        body = self._transport.get_json(path)
        if not isinstance(body, Mapping):
            raise self._unusable(path)
        return body

    def get_caller(self) -> Mapping[str, Any]:
        """Return the user whom the credentials are of."""
        body = self._transport.get_json("/api/users/0")
        if not isinstance(body, Mapping):
            raise self._unusable("/api/users/0")
        return body

    def iter_users(self) -> Iterator[User]:
        """Yield the account's users who have an address; unusable rows are left out.

        Raises:
            CursorError: a page without its cursor, or with one seen before: not the whole list.

        Source: Gorgias API reference, "List users".
        """
        for rows in iter_rows(self._transport, "/api/users", {}):
            users, _ = _read_all(rows, USERS, read_user)
            yield from (user for user in users if user is not None)

    def find_customers_by_email(self, email: str) -> list[Customer]:
        """Return the customers whose primary e-mail this is; usually one or none.

        Source: no match is 200 with an empty list. Unusable rows are left out.
        """
        return self._find_customers({"email": email})

    def find_customers_by_address(self, email: str) -> list[Customer]:
        """Return the customers who have this e-mail, as the primary or a further address."""
        return self._find_customers({"channel_type": "email", "channel_address": email})

    def _find_customers(self, query: Mapping[str, str]) -> list[Customer]:
        return [
            customer
            for rows in iter_rows(self._transport, "/api/customers", query)
            for customer in self._read_customers(rows).customers
        ]

    def put_customer_data(
        self, customer_id: int, data: Mapping[str, Any], version_utc: str | None
    ) -> None:
        """Replace the customer's data as a whole; other tools' keys must be in `data`.

        Gorgias answers 202 both when it takes the data and when it holds a newer version, so only
        a read tells. Versions must rise strictly. The documented spelling has no offset.

        Raises:
            NotFoundError: deleted. MovedError: merged into another customer.
        """
        body: dict[str, Any] = {"data": data}
        if version_utc is not None:
            body["version"] = version_utc.removesuffix("Z")
        self._transport.send("PUT", f"/api/customers/{customer_id}/data", json=body, retry=True)

    def get_custom_fields(self, customer_id: int) -> dict[int, Any]:
        """Return the customer's field values by the field definition's id."""
        path = f"/api/customers/{customer_id}/custom-fields"
        body = self._transport.get_json(path)
        # Documented as a bare array, while the same endpoint of tickets really wraps it.
        rows = body.get("data") if isinstance(body, Mapping) else body
        if not isinstance(rows, list):
            raise self._unusable(path)
        try:
            return dict(read_field_value(row) for row in rows)
        except BadFieldError as error:
            raise self._unusable(path, error.field) from None

    def put_custom_fields(
        self, customer_id: int, values: Mapping[int, object]
    ) -> dict[int, Any] | None:
        """Set several field values, by definition id, in one call.

        What becomes of the fields left out is disputed: they may be cleared. Returns what the
        customer then has, None when the answer does not tell.

        Source: Gorgias API reference, "Update a customer's custom field values"; recorded answers.
        """
        if not values:
            return None
        body = [{"id": field_id, "value": value} for field_id, value in sorted(values.items())]
        path = f"/api/customers/{customer_id}/custom-fields"
        answer = self._transport.send("PUT", path, json=body, retry=True).body
        rows = answer.get("data") if isinstance(answer, Mapping) else answer
        try:
            return dict(map(read_field_value, rows)) if isinstance(rows, list) else None
        except BadFieldError:
            return None

    def put_custom_field(
        self, customer_id: int, field_id: int, value: object, body: ValueBody
    ) -> None:
        """Set one field value, which touches no other one. Which body is understood is disputed."""
        path = f"/api/customers/{customer_id}/custom-fields/{field_id}"
        json = value if body == "raw" else {"id": field_id, "value": value}
        self._transport.send("PUT", path, json=json, retry=True)

    def delete_custom_field(self, customer_id: int, field_id: int) -> None:
        """Clear one field value.

        Raises:
            NotFoundError: no such customer; perhaps also when the field had no value (open).
        """
        path = f"/api/customers/{customer_id}/custom-fields/{field_id}"
        self._transport.send("DELETE", path, retry=True)

    def iter_custom_field_definitions(self) -> Iterator[CustomFieldDefinition]:
        """Yield the account's customer fields, archived ones included as far as Gorgias lists them.

        Raises:
            ApiUnavailableError: a definition is unusable; skipping it might make a second one.
        """
        path = "/api/custom-fields"
        for rows in iter_rows(self._transport, path, {"object_type": "Customer"}):
            for row in rows:
                try:
                    yield read_definition(row)
                except BadFieldError as error:
                    raise self._unusable(path, error.field) from None

    def create_custom_field(
        self,
        label: str,
        field_type: FieldType,
        *,
        choices: Sequence[str] = (),
        external_id: str | None = None,
        description: str | None = None,
    ) -> int:
        """Create a customer field, a dropdown with its `choices`, and return its id.

        Never repeated after a lost answer: look for it by `external_id` or label first.
        """
        body: dict[str, Any] = {
            "object_type": "Customer",
            "label": label,
            "definition": field_definition(field_type, choices),
        }
        optional = {"external_id": external_id, "description": description}
        body |= {key: value for key, value in optional.items() if value is not None}
        answer = self._transport.send("POST", "/api/custom-fields", json=body, retry=False)
        try:
            return read_id(answer.body if isinstance(answer.body, Mapping) else {})
        except BadFieldError as error:
            raise self._unusable("/api/custom-fields", error.field) from None

    def put_choices(self, field: CustomFieldDefinition, choices: Sequence[str]) -> None:
        """Give a dropdown other choices."""
        body = {
            "object_type": "Customer",
            "label": field.label,
            "definition": field_definition("dropdown", choices),
        }
        self._transport.send("PUT", f"/api/custom-fields/{field.field_id}", json=body, retry=True)

    def add_tag(self, ticket_id: int, name: str) -> None:
        """Put a tag of the account on a ticket; raises NotFoundError when either is not there."""
        path = f"/api/tickets/{ticket_id}/tags"
        self._transport.send("POST", path, json={"names": [name]}, retry=True)

    def remove_tag(self, ticket_id: int, name: str) -> None:
        """Take a tag off a ticket; raises NotFoundError when there is no such ticket."""
        path = f"/api/tickets/{ticket_id}/tags"
        self._transport.send("DELETE", path, json={"names": [name]}, retry=True)

    def leave_note(self, ticket_id: int, text: str) -> None:
        """Leave an internal note on a ticket, in the name of whoever the credentials are of.

        Never repeated after a lost answer: it may stand there already.

        Raises:
            NotFoundError: no such ticket.

        Source: Gorgias API reference, "Create a message" (notes: `channel` internal-note, no
        receiver; `/users/0` is the caller).
        """
        try:
            sender = read_id(self.get_caller())
        except BadFieldError as error:
            raise self._unusable("/api/users/0", error.field) from None
        body = {
            "channel": "internal-note",
            "via": "api",
            "from_agent": True,
            "public": False,
            "sender": {"id": sender},
            "body_text": text,
            "body_html": f"<div>{escape(text).replace(chr(10), '<br>')}</div>",
        }
        self._transport.send("POST", f"/api/tickets/{ticket_id}/messages", json=body, retry=False)

    def _read_customers(self, rows: list[Any]) -> CustomerPage:
        customers, bad = _read_all(rows, CUSTOMERS, lambda row: read_customer(row, self.app_id))
        return CustomerPage(customers=customers, rejected=bad)

    def _unusable(self, path: str, field: str = "(body)") -> ApiUnavailableError:
        return ApiUnavailableError(
            f"{self._transport.service} answered {path} with something that cannot be used: {field}"
        )


def field_definition(field_type: FieldType, choices: Sequence[str] = ()) -> dict[str, Any]:
    """What a customer field is made with.

    Source: Gorgias API reference, "Create a custom field".
    """
    data_type, settings = {
        "text": ("text", {"input_type": "input"}),
        "dropdown": ("text", {"input_type": "dropdown", "choices": list(choices)}),
        "number": ("number", {"input_type": "input_number"}),
        "boolean": ("boolean", {"input_type": "dropdown", "choices": [True, False]}),
    }[field_type]
    return {"data_type": data_type, "input_settings": settings}


def _read_all(
    rows: list[Any], source: str, read: Callable[[Any], Record]
) -> tuple[list[Record], list[Rejected]]:
    records: list[Record] = []
    bad: list[Rejected] = []
    for row in rows:
        try:
            records.append(read(row))
        except BadFieldError as error:
            bad.append(rejected(source, row, error))
    return records, bad
