"""Which platform the member ids in staging are of, so that two are never mixed.

Another platform has other ids for the same people, or the same ids for others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import PlatformChangedError
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state


@dataclass(frozen=True, slots=True)
class Left:
    """A platform that a store was on, and when it left."""

    name: str
    left_at_utc: str


@dataclass(frozen=True, slots=True)
class PlatformOf:
    """The platform of a store's members, and those that it left, the first one first."""

    name: str
    left: tuple[Left, ...] = ()

    def left_since(self, at_utc: str) -> str | None:
        """The platform that the store was on at a time, if it has left it since."""
        return next((one.name for one in self.left if at_utc < one.left_at_utc), None)

    def was_on_at(self, at_utc: str) -> str:
        """The platform that the store was on at a time."""
        return self.left_since(at_utc) or self.name


def find_platform_of(connection: Connection, store: str) -> PlatformOf | None:
    """None before the first sync."""
    kept = find_state(connection, store, StateKey.PLATFORM)
    if kept is None:
        return None
    told = json.loads(kept)
    return PlatformOf(told["name"], tuple(Left(*one) for one in told["left"]))


def check_platform(connection: Connection, store: StoreSettings) -> None:
    """See that staging is of the platform that the stores file names.

    Raises:
        PlatformChangedError: it is of another one.
    """
    known = find_platform_of(connection, store.name)
    if known is not None and known.name != store.platform:
        raise PlatformChangedError(store.name, known.name, store.platform)


def claim_platform(connection: Connection, store: StoreSettings, now: datetime) -> None:
    """Remember the platform of a store that was on none."""
    if find_platform_of(connection, store.name) is None:
        _keep(connection, store.name, PlatformOf(store.platform), now)


def change_platform(connection: Connection, store: StoreSettings, now: datetime) -> None:
    """Remember that the store is on the platform of the stores file from now on."""
    known = find_platform_of(connection, store.name)
    left = () if known is None else (*known.left, Left(known.name, utc_text(now)))
    _keep(connection, store.name, PlatformOf(store.platform, left), now)


def find_left_platform(connection: Connection, store: str, queued_at_utc: str) -> str | None:
    """The platform that an award was for, if the store has left it since."""
    known = find_platform_of(connection, store)
    return None if known is None else known.left_since(queued_at_utc)


def _keep(connection: Connection, store: str, of: PlatformOf, now: datetime) -> None:
    content = {"name": of.name, "left": [[one.name, one.left_at_utc] for one in of.left]}
    keep_state(connection, store, StateKey.PLATFORM, json.dumps(content), now)
