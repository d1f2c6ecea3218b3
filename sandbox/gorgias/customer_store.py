"""The customers of the account: generated rows, and on top of them what was changed."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.answers import dump
from sandbox.clock import iso_naive, iso_offset
from sandbox.emails import ChangedAddresses, find_owner, fold
from sandbox.gorgias import customer_rows
from sandbox.gorgias.customer_rows import customer_id_of
from sandbox.ground import Ground
from sandbox.order import TimeOrder

APP_ID = "64f0c0ffee0000000000aa01"
FIRST_CHANNEL_ID = 900_000_000


@dataclass(slots=True)
class Pushed:
    """A value written with `PUT /customers/{id}/data`, as JSON text to keep a million small.

    `before` is what reads still show until `visible_s`.
    """

    text: bytes
    version_us: int | None
    before: bytes | None
    visible_s: float


class Customers:
    """Customers by row number. Rows from `people.customers` on were created while running."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        created = customer_rows.created_stamps(ground)
        self.by_created = TimeOrder(created)
        self.by_updated = TimeOrder(customer_rows.updated_stamps(ground, created))
        self.size = ground.people.customers
        self.gone: dict[int, int | None] = {}  # row -> row that it was merged into, or None
        self.changes: dict[int, dict[str, Any]] = {}
        self.values: dict[int, dict[int, Any]] = {}
        self._pushed: dict[tuple[int, str], Pushed] = {}
        self._integrations: dict[int, dict[str, Any]] = {}
        self._addresses = ChangedAddresses()

    @property
    def count(self) -> int:
        """How many customers there are."""
        return self.size - len(self.gone)

    def find_row(self, customer_id: int) -> int | None:
        """Return the row of a customer who is there, else None."""
        row = customer_rows.find_row_of(customer_id)
        if row is None or row >= self.size or row in self.gone:
            return None
        return row

    def first_row_beyond(self, customer_id: int) -> int:
        """Return the first row whose id is greater than a number."""
        beyond = customer_id - customer_rows.FIRST_CUSTOMER_ID
        return max(0, beyond // customer_rows.ID_STEP + 1)

    def find_survivor(self, customer_id: int) -> int | None:
        """Return the id that a merged customer lives on under, None when not merged."""
        beside = customer_rows.row_beside_gone(customer_id)
        row = customer_rows.find_row_of(customer_id)
        if beside is not None:
            row = beside[0] if beside[1] and beside[0] < self.size else None
        elif row is not None:
            row = self.gone.get(row)
        while row is not None and row in self.gone:
            row = self.gone[row]
        return None if row is None else customer_id_of(row)

    def fields(self, row: int) -> dict[str, Any]:
        """Return the fields that a caller can set; `channels` as `Channel` records."""
        changed = self.changes.get(row)
        if row >= self._ground.people.customers:
            return changed or {}
        generated = customer_rows.generate(self._ground, row)
        return {**generated, **changed} if changed else generated

    def rows_with_address(self, address: str) -> list[int]:
        """Return the rows with a channel of this address, however it is spelled."""
        rows = self._addresses.rows(address)
        owner = find_owner(address)
        for sharer in self._ground.people.sharers(owner) if owner else ():
            row = self._ground.people.find_customer_row(sharer)
            if row is None or row in self.gone or row in self._addresses:
                continue
            wanted = fold(address)
            if any(fold(channel.address) == wanted for channel in self.fields(row)["channels"]):
                rows.add(row)
        return sorted(rows)

    def rows_with_external_id(self, external_id: str) -> list[int]:
        """Return the rows with this external id."""
        rows = {row for row, set_ in self.changes.items() if set_.get("external_id") == external_id}
        row = customer_rows.find_row_by_external_id(self._ground, external_id)
        if row is not None and row not in self.gone:
            rows.add(row)
        return sorted(r for r in rows if self.fields(r)["external_id"] == external_id)

    def create(self, fields: dict[str, Any]) -> int:
        """Add a customer and return the row."""
        row = self.size
        self.size += 1
        now_us = self._ground.clock.now_us()
        self.changes[row] = fields
        self._addresses.put(row, [channel.address for channel in fields["channels"]])
        self.by_created.move(row, now_us)
        self.by_updated.move(row, now_us)
        return row

    def update(self, row: int, changes: dict[str, Any], *, touches: bool = True) -> None:
        """Change fields and, unless told otherwise, with them `updated_datetime`."""
        self.changes.setdefault(row, {}).update(changes)
        if "channels" in changes:
            self._addresses.put(row, [channel.address for channel in changes["channels"]])
        if touches:
            self.touch(row)

    def touch(self, row: int) -> None:
        """Say that a customer was updated now."""
        self.by_updated.move(row, self._ground.clock.now_us())

    def remove(self, row: int, survivor: int | None) -> None:
        """Delete a customer, merged into a survivor or not."""
        self.gone[row] = survivor
        self.by_created.remove(row)
        self.by_updated.remove(row)
        self._addresses.put(row, ())
        if row < self._ground.people.customers:  # tickets still name one who was added here
            self.changes.pop(row, None)
        self.values.pop(row, None)
        self._integrations.pop(row, None)
        for place in ("data", APP_ID):
            self._pushed.pop((row, place), None)

    def push(self, row: int, place: str, content: Any, version_us: int | None) -> bool:
        """Store a pushed value, unless the stored one has a newer version. Say which."""
        old = self._pushed.get((row, place))
        if old and old.version_us is not None and version_us is not None:
            older = version_us < old.version_us
            if older or (
                version_us == old.version_us and not self._ground.switches.equal_version_applied
            ):
                return False
        if version_us is None and old:
            version_us = old.version_us
        delay_s = self._ground.switches.data_visible_after_s
        before = dump(self.pushed(row, place)) if delay_s > 0 else None
        visible_s = self._ground.clock.run_s() + delay_s
        self._pushed[row, place] = Pushed(dump(content), version_us, before, visible_s)
        return True

    def pushed(self, row: int, place: str) -> Any:
        """Return what a place holds: "data" or an app id. None for nothing."""
        stored = self._pushed.get((row, place))
        if stored is None:
            if place == "data" and row < self._ground.people.customers:
                return customer_rows.other_tools_data(self._ground, row)
            return None
        if stored.before is not None and self._ground.clock.run_s() < stored.visible_s:
            return json.loads(stored.before)
        return json.loads(stored.text)

    def field_values(self, row: int) -> dict[int, Any]:
        """Return custom field values by definition id."""
        values = self.values.get(row)
        if values is None and row < self._ground.people.customers:
            return customer_rows.other_tools_values(self._ground, row)
        return values or {}

    def set_field_values(self, row: int, values: dict[int, Any]) -> None:
        """Set some custom field values; None clears one."""
        merged = {**self.field_values(row), **values}
        self.values[row] = {key: value for key, value in merged.items() if value is not None}

    def set_integration(self, row: int, key: str, content: Any) -> None:
        """Keep what an integration, by its id as text, says about a customer."""
        self._integrations.setdefault(row, {})[key] = content

    def share_an_integration(self, one: int, other: int) -> bool:
        """Tell whether some integration says something about both."""
        held = (self._integrations.get(row, {}).keys() for row in (one, other))
        return bool(set.intersection(*map(set, held)))

    def list_row(self, row: int) -> dict[str, Any]:
        """Return a customer as lists show one: without channels, integrations, external data."""
        fields = self.fields(row)
        first, last = customer_rows.split_name(fields["name"])
        # Documentation samples lack the offset, live answers have it: clients meet both.
        stamp = iso_naive if row % 97 == 11 else iso_offset
        shown = {
            "id": customer_id_of(row),
            "external_id": fields["external_id"],
            "active": fields["active"],
            "email": fields["email"],
            "name": fields["name"],
            "firstname": first,
            "lastname": last,
            "language": fields["language"],
            "timezone": fields["timezone"],
            "created_datetime": stamp(self.by_created.stamp(row)),
            "updated_datetime": stamp(self.by_updated.stamp(row)),
            "meta": fields["meta"],
            "data": self.pushed(row, "data"),
            "note": fields["note"],
            "custom_fields": self._custom_fields(row),
        }
        return shown | ({"customer": None} if self._ground.switches.list_rows_have_customer else {})

    def created_row(self, row: int) -> dict[str, Any]:
        """Return a customer as the answer to its creation shows it."""
        integrations = dict(self._integrations.get(row, {}))
        more = {"customer": None, "channels": self.channels(row), "integrations": integrations}
        return self.list_row(row) | more

    def full(self, row: int) -> dict[str, Any]:
        """Return a customer as `GET /customers/{id}` shows it."""
        pushed = self.pushed(row, APP_ID)
        external = {} if pushed is None else {APP_ID: pushed}
        return self.created_row(row) | {"external_data": external, "ecommerce_data": {}}

    def thin(self, row: int) -> dict[str, Any]:
        """Return a customer as ticket lists show one."""
        fields = self.fields(row)
        first, last = customer_rows.split_name(fields["name"])
        return {
            "id": customer_id_of(row),
            "email": fields["email"],
            "name": fields["name"],
            "firstname": first,
            "lastname": last,
            "meta": fields["meta"],
        }

    def channels(self, row: int) -> list[dict[str, Any]]:
        """Return the channels of a customer as the API shows them."""
        fields = self.fields(row)
        created_us = self.by_created.stamp(row)
        owner = {"id": customer_id_of(row), "name": fields["name"]}
        return [
            {
                "id": FIRST_CHANNEL_ID + row * 10 + place,
                "type": channel.type,
                "address": channel.address,
                "preferred": channel.preferred,
                "created_datetime": iso_offset(created_us + 10 + place),
                "updated_datetime": iso_offset(created_us + 20 + place),
                "deleted_datetime": None,
                "user": owner,
                "customer": owner,
            }
            for place, channel in enumerate(fields["channels"])
        ]

    def _custom_fields(self, row: int) -> dict[str, Any]:
        if self._ground.switches.customer_custom_fields_shape == "empty":
            return {}
        values = self.field_values(row)
        return {str(key): {"id": key, "value": value} for key, value in values.items()}
