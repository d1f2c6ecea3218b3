"""A store that writes customer fields, in an account where others have values in theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import run_record, schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.run_lock import Run, take_lock
from loyalty_desk.sync.plan import plan_changes
from loyalty_desk.sync.push import PushCounts, count_changes, push_changes
from sandbox.gorgias.customer_rows import CUSTOMER_TYPES, MANAGED_FIELD, OTHER_TOOL_FIELD
from sandbox.running import Sandbox
from tests.factories import member
from tests.sql.staged import Staged

FOREIGN: Final[Mapping[str, dict[int, str]]] = {
    "none": {},
    "another tool's": {OTHER_TOOL_FIELD: "Leave at the door"},
    "managed": {MANAGED_FIELD: CUSTOMER_TYPES[1]},
    "both": {OTHER_TOOL_FIELD: "Ring twice", MANAGED_FIELD: CUSTOMER_TYPES[0]},
}
"""What stands on a customer besides ours."""
CARD: Final = {"points_balance": 100, "tier": "Gold"}
FULL: Final = {**CARD, "status": "member", "member": True}
"""What then stands in our fields."""


class FieldsWorld:
    """One customer a kind of `FOREIGN`, each of whom is a member of the store."""

    def __init__(
        self, engine: Engine, client: GorgiasClient, sandbox: Sandbox, store: StoreSettings
    ) -> None:
        self.engine, self.client, self.sandbox, self.store = engine, client, sandbox, store
        self.run = Run(store=store, run_id="r1", params=RunParams(), engine=engine)
        rows = sandbox.control("gorgias", "GET", f"customers?limit={len(FOREIGN)}")["data"]
        self.ids = {name: int(row["id"]) for name, row in zip(FOREIGN, rows, strict=True)}
        self._emails = {int(row["id"]): row["email"] for row in rows}
        for name, customer_id in self.ids.items():
            nothing: dict[int, Any] = {OTHER_TOOL_FIELD: None, MANAGED_FIELD: None}
            self.edit(customer_id, nothing | FOREIGN[name])
        with engine.begin() as connection:
            now = utc_now()
            run_record.start_run(connection, store.name, "r1", {}, now)
            take_lock(connection, self.run, now)
        self.read_members(CARD)
        self.read_customers()
        with engine.begin() as connection:
            for customer_id in self.ids.values():
                staged = Staged(connection, store.name)
                staged.match(customer_id, str(customer_id))

    def edit(self, customer_id: int, values: Mapping[int, Any]) -> None:
        """Have an agent edit fields in the helpdesk."""
        body = {"custom_fields": {str(key): value for key, value in values.items()}}
        self.sandbox.control("gorgias", "PATCH", f"customers/{customer_id}", body)

    def read_members(self, card: Mapping[str, Any]) -> None:
        """Have the platform tell everybody's card; a value None, that there is none any more."""
        told = {key: value for key, value in card.items() if value is not None}
        members = [
            member(
                str(customer_id),
                email=self._emails[customer_id],
                card=told,
                cleared=frozenset(card.keys() - told.keys()),
            )
            for customer_id in self.ids.values()
        ]
        with self.engine.begin() as connection:
            stage_members(connection, self.store.name, members, utc_now(), first_load=False)

    def read_customers(self) -> None:
        """Read the list of customers, as an extract does."""
        pages = list(self.client.iter_customer_pages())
        with self.engine.begin() as connection:
            for page in pages:
                stage_customers(
                    connection,
                    self.store.name,
                    page.customers,
                    utc_now(),
                    card_key=self.store.gorgias.card_key,
                    first_load=False,
                )

    def forget_reads(self) -> None:
        """Make all that was read of customers an old read."""
        with self.engine.begin() as connection:
            connection.execute(schema.customers.update().values(read_at_utc="2026-01-01T00:00:00Z"))

    def push(self, client: GorgiasClient | None = None) -> PushCounts:
        """Plan and push what differs, and count requests anew."""
        with self.engine.begin() as connection:
            Staged(connection, self.store.name).delete(schema.changes)
            plan_changes(connection, self.store, "r1", utc_now(), full=True, limit=None)
        self.sandbox.control("gorgias", "POST", "reset", {"counters": True, "buckets": True})
        push_changes(self.run, client or self.client)
        return count_changes(self.run)

    def requests(self) -> dict[str, int]:
        """How many requests the last push took, by the kind of customer."""
        log = self.sandbox.control("gorgias", "GET", "requests")["data"]
        counted = Counter(row["path"].split("/")[3] for row in log if "/customers/" in row["path"])
        return {name: counted[str(customer_id)] for name, customer_id in self.ids.items()}

    def values(self, customer_id: int) -> dict[int, Any]:
        """Everything in a customer's fields, by the field's id."""
        row = self.sandbox.control("gorgias", "GET", f"customers/{customer_id}")
        return {int(key): value for key, value in row["custom_field_values"].items()}

    def ours(self, customer_id: int) -> dict[str, Any]:
        """What stands in our fields, by the key of the card."""
        held = self.values(customer_id)
        ids = known_objects(self.engine, self.store.name, Kind.CUSTOM_FIELD)
        return {key: held[field_id] for key, field_id in ids.items() if field_id in held}

    def foreign(self, customer_id: int) -> dict[int, Any]:
        """What stands in the fields that are not of this store."""
        ids = known_objects(self.engine, self.store.name, Kind.CUSTOM_FIELD).values()
        return {key: value for key, value in self.values(customer_id).items() if key not in ids}

    def counter(self, name: str) -> float:
        """A counter of the run."""
        with reading(self.engine) as connection:
            record = run_record.load_run_record(connection, self.store.name, "r1")
        return float(getattr(record, name))


def editing_client(client: GorgiasClient, before: Callable[[str, str], None]) -> GorgiasClient:
    """A client that does something right before each request, as somebody else may."""
    send = client.transport.send

    def send_after(method: str, path: str, **rest: Any) -> Any:
        before(method, path)
        return send(method, path, **rest)

    client.transport.send = send_after  # type: ignore[method-assign]
    return client


MakeWorld = Callable[..., FieldsWorld]
"""Makes the world of a store, with settings of its section `gorgias` and of `push`."""
