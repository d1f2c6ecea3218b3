"""What is so with a store's set-up, as far as it can be seen from here. Shapes alone, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from loyalty_desk.clock import in_zone
from loyalty_desk.doctor.finding import Finding
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.hooks.account_zones import UNTIL_KNOWN
from loyalty_desk.hooks.dag_switches import Switch
from loyalty_desk.records import RunState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.run_record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A connection of the store. `trouble` is why it cannot be used as it is filled in."""

    title: str
    conn_id: str
    conn_type: str
    add: str
    """The command that adds it."""
    counter: str
    """The counter of a run that tells how often the account was asked."""
    is_missing: bool = False
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What came of it when a connection was last tried on the desk."""

    at: datetime
    works: bool
    sentence: str
    time_zone: str | None = None
    """Of the Gorgias account; None: it told none, or it is no account of Gorgias."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """A run of the sync; the newest of its state and kind."""

    run_id: str
    state: RunState
    started_at: datetime
    failure: str | None = None
    record: RunRecord | None = None
    """What it did; of one that ended well."""
    limit: int | None = None
    """How many cards it was to write at most."""

    @property
    def left_some(self) -> bool:
        """Whether it left cards, or may have: those beyond a limit are not counted."""
        if self.record is None:
            return False
        reached = self.limit is not None and self.record.planned >= self.limit
        return reached or self.record.left > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody said that the report of a dry run is right."""

    run_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the staging database tells of the set-up."""

    dry: Mapping[RunState, SeenRun] = field(default_factory=dict)
    real: Mapping[RunState, SeenRun] = field(default_factory=dict)
    tries: Mapping[str, Try] = field(default_factory=dict)
    """By the id of the connection."""
    looked: Look | None = None
    made: Mapping[Kind, int] = field(default_factory=dict)
    """How many objects connect made in Gorgias, of each kind that occurs."""
    is_disconnected: bool = False
    has_token: bool = False
    """Whether a token for awards is in use."""
    has_adopted: bool = False
    """Whether connect keeps a button that a person made."""
    newest_award: datetime | None = None
    """When the newest award came from a ticket, over HTTP."""
    newest_webhook: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is so. `remembered` is None while the staging database cannot be used."""

    store: StoreSettings
    account_zone: str | None = None
    """The zone of the Gorgias account, where schedules go by it and it is known."""
    accounts: tuple[Account, ...]
    platform: str
    signs_webhooks: bool | None
    """Whether its webhooks can be verified; None where the connection cannot be read."""
    could_sign_webhooks: bool = True
    """Whether they could, with a secret in the connection."""
    switches: Mapping[str, Switch] | None
    """How each DAG stands; None where Airflow's database cannot be asked."""
    database: tuple[Finding, ...] = ()
    """What the doctor finds wrong with the staging database."""
    has_tables: bool = True
    address: str | None
    """Where others reach this installation."""
    address_trouble: str | None = None
    remembered: Remembered | None

    @property
    def time_zone(self) -> str:
        """The zone that the store's schedules go by."""
        return self.store.time_zone or self.account_zone or UNTIL_KNOWN

    def moment(self, at: datetime) -> str:
        """A time for people, by that zone."""
        return in_zone(at, self.time_zone)
