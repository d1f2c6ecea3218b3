"""The audit events of the account: who was created, who was deleted."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.clock import iso_offset
from sandbox.gorgias.customer_rows import (
    DELETED_PLACE,
    FIRST_CUSTOMER_ID,
    GONE_EVERY,
    ID_STEP,
    MERGED_PLACE,
    created_stamps,
    customer_id_of,
)
from sandbox.gorgias.paging import Key, Walk
from sandbox.ground import Ground

AGENT_ID = 12
DELETED_AFTER_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an object, at `at_us`."""

    id: int
    type: str
    object_type: str
    object_id: int
    at_us: int
    data: dict[str, Any] | None = None
    user_id: int = AGENT_ID

    def shown(self) -> dict[str, Any]:
        """Return the event as the API shows it."""
        return {
            "id": self.id,
            "context": f"dd4f0000-0000-4000-8000-{self.id:012d}",
            "created_datetime": iso_offset(self.at_us),
            "data": self.data,
            "object_id": self.object_id,
            "object_type": self.object_type,
            "type": self.type,
            "user_id": self.user_id,
            "uri": f"/api/events/{self.id}/",
        }


class Events:
    """Events in order of time, which is the order of their ids.

    Each generated customer left `customer-created` with the id 2 * row + 1, each customer gone from
    the start `customer-deleted` with the id 2 * row + 2. Later ones are kept in a list.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._created = created_stamps(ground)
        self._first_new = 2 * ground.people.customers + 1
        self._new: list[Event] = []

    def add(
        self,
        kind: str,
        object_type: str,
        object_id: int,
        data: dict[str, Any] | None = None,
        *,
        user_id: int = AGENT_ID,
    ) -> dict[str, Any]:
        """Note that something happened now, and return the event. An empty kind is not noted."""
        event_id, at_us = self._first_new + len(self._new), self._ground.clock.now_us()
        event = Event(event_id, kind, object_type, object_id, at_us, data, user_id)
        if kind:
            self._new.append(event)
        return event.shown()

    def find(self, event_id: int) -> Event | None:
        """Return an event, None when there is none with this id."""
        if event_id >= self._first_new:
            place = event_id - self._first_new
            return self._new[place] if place < len(self._new) else None
        row, deleted = divmod(event_id - 1, 2)
        if event_id < 1:
            return None
        at_us = int(self._created[row])
        if not deleted:
            return Event(event_id, "customer-created", "Customer", customer_id_of(row), at_us)
        if row % GONE_EVERY not in (DELETED_PLACE, MERGED_PLACE):
            return None
        gone_id = FIRST_CUSTOMER_ID + ID_STEP * row + 1
        return Event(event_id, "customer-deleted", "Customer", gone_id, at_us + DELETED_AFTER_US)

    def walk_of(self, types: set[str]) -> Walk:
        """Return the walk through the events of some types; of all types for none named."""
        old: Sequence[int] = range(1, self._first_new)
        if types and "customer-created" not in types:
            # Few customers are gone: stepping through them alone spares walking a million events.
            old = sorted(
                2 * row + 2
                for place in (DELETED_PLACE, MERGED_PLACE)
                for row in range(place, self._ground.people.customers, GONE_EVERY)
            )
        new = range(self._first_new, self._first_new + len(self._new))

        def walk(after: Key | None, down: bool) -> Iterator[Key]:  # noqa: FBT001 - as TimeOrder
            for part in (new, old) if down else (old, new):
                ids = part
                if after is not None:
                    ids = (
                        ids[: bisect_left(ids, after[-1])]
                        if down
                        else ids[bisect_right(ids, after[-1]) :]
                    )
                for event_id in reversed(ids) if down else ids:
                    event = self.find(event_id)
                    if event is not None and (not types or event.type in types):
                        yield event.at_us, event_id

        return walk
