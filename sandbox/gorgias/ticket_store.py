"""The tickets of the account: two in three from the last 30 days, the others older."""

from typing import Any

import numpy as np

from sandbox.clock import DAY_US, SECOND_US, iso_offset
from sandbox.gorgias.access import AGENT_ID
from sandbox.gorgias.desk import FIRST_TAG_ID, Desk
from sandbox.ground import Ground
from sandbox.mixing import Shuffle, mix, mix_many
from sandbox.order import TimeOrder

FIRST_TICKET_ID = 40_001
FIRST_MESSAGE_ID = 500_000_000
RECENT_DAYS, OLDEST_DAYS = 30, 700
SUBJECTS = ("Where is my order", "My points are missing", "Wrong size", "Birthday reward", "Return")
AGENTLESS_EVERY, TRASHED_EVERY, ODD_CLOSE_EVERY = 97, 53, 211
FAR_FUTURE_US = 2_145_916_800 * SECOND_US


class Tickets:
    """Tickets by row number, in order of creation; each is of another customer while they last."""

    def __init__(self, ground: Ground, desk: Desk, count: int) -> None:
        self._ground, self._desk = ground, desk
        self.generated = self.size = count if ground.people.customers else 0
        self._customers = Shuffle(ground.seed, 41, ground.people.customers)
        rows = np.arange(self.size, dtype=np.int64)
        dice = mix_many(ground.seed, 42, rows.astype(np.uint64))
        self.by_created = TimeOrder(self._created(rows))
        lasted = (dice % np.uint64(3 * DAY_US)).astype(np.int64)
        limit = ground.clock.base_us - SECOND_US - (dice % np.uint64(1_000_000)).astype(np.int64)
        self.by_updated = TimeOrder(np.minimum(self._created(rows) + lasted, limit))
        self.changes: dict[int, dict[str, Any]] = {}
        self.gone: set[int] = set()
        self._messages: dict[int, list[dict[str, Any]]] = {}
        self._row_of_message: dict[int, int] = {}
        self._last_message_id = FIRST_MESSAGE_ID + 2 * self.size
        self._moved_customers: dict[int, int] = {}
        self._new_of_customer: dict[int, list[int]] = {}

    def _created(self, rows: "np.typing.NDArray[np.int64]") -> "np.typing.NDArray[np.int64]":
        old = self.size // 3
        base_us = self._ground.clock.base_us
        ages_old = OLDEST_DAYS * DAY_US - rows * ((OLDEST_DAYS - 35) * DAY_US // max(1, old))
        recent = rows - old
        span_us = (RECENT_DAYS - 1) * DAY_US
        ages_new = span_us - recent * (span_us // max(1, self.size - old))
        stamps: np.typing.NDArray[np.int64] = base_us - np.where(rows < old, ages_old, ages_new)
        return stamps

    def find_row(self, ticket_id: int) -> int | None:
        """Return the row of a ticket that is there, else None."""
        row = ticket_id - FIRST_TICKET_ID
        return row if 0 <= row < self.size and row not in self.gone else None

    def customer_row(self, row: int) -> int | None:
        """Return the row of a ticket's customer, None for a ticket without one."""
        changed = self.changes.get(row, {})
        if "customer_row" in changed or row >= self.generated:
            found: int | None = changed.get("customer_row")
        elif row % AGENTLESS_EVERY == 5:
            found = None
        else:
            found = self._customers.forward(row % self._ground.people.customers)
        while found is not None and found in self._moved_customers:
            found = self._moved_customers[found]
        return found

    def rows_of_customer(self, customer_row: int) -> list[int]:
        """Return the rows of a customer's tickets."""
        rows = set(self._new_of_customer.get(customer_row, ()))
        sources = [old for old, new in self._moved_customers.items() if new == customer_row]
        for source in (customer_row, *sources):
            rows.update(self._generated_rows(source))
            rows.update(self._new_of_customer.get(source, ()))
        return sorted(
            r for r in rows if r not in self.gone and self.customer_row(r) == customer_row
        )

    def _generated_rows(self, customer_row: int) -> range:
        if customer_row >= self._ground.people.customers:
            return range(0)
        first = self._customers.backward(customer_row)
        return range(first, self.generated, self._ground.people.customers)

    def has_any(self, customer_row: int) -> bool:
        """Tell whether a customer has tickets."""
        return bool(self.rows_of_customer(customer_row))

    def hand_over(self, source: int, target: int) -> None:
        """Give all tickets of a customer to another."""
        self._moved_customers[source] = target

    def create(self, fields: dict[str, Any], messages: list[dict[str, Any]]) -> int:
        """Add a ticket and return its row."""
        row = self.size
        self.size += 1
        now_us = self._ground.clock.now_us()
        self.changes[row] = fields
        self.by_created.move(row, now_us)
        self.by_updated.move(row, now_us)
        customer_row = fields.get("customer_row")
        if customer_row is not None:
            self._new_of_customer.setdefault(customer_row, []).append(row)
        for message in messages:
            self.add_message(row, message)
        return row

    def update(self, row: int, changes: dict[str, Any]) -> None:
        """Change a ticket, and with it `updated_datetime`."""
        self.changes.setdefault(row, {}).update(changes)
        customer_row = changes.get("customer_row")
        if customer_row is not None:
            self._new_of_customer.setdefault(customer_row, []).append(row)
        self.by_updated.move(row, self._ground.clock.now_us())

    def remove(self, row: int) -> None:
        """Delete a ticket."""
        self.gone.add(row)
        self.by_created.remove(row)
        self.by_updated.remove(row)

    def is_trashed(self, row: int) -> bool:
        """Tell whether a ticket lies in the trash."""
        return row < self.generated and row % TRASHED_EVERY == 2

    def tag_ids(self, row: int) -> list[int]:
        """Return the ids of a ticket's tags."""
        held: list[int] | None = self.changes.get(row, {}).get("tag_ids")
        if held is not None:
            return held
        return [FIRST_TAG_ID] if row < self.generated and row % 4 == 1 else []

    def tags(self, row: int) -> list[dict[str, Any]]:
        """Return the tags as a ticket shows them."""
        tags = (self._desk.tags.held.get(tag_id) for tag_id in self.tag_ids(row))
        return [
            {"id": tag["id"], "name": tag["name"], "decoration": tag["decoration"] or {}}
            for tag in tags
            if tag
        ]

    def add_message(self, row: int, content: dict[str, Any]) -> dict[str, Any]:
        """Add a message to a ticket and return it."""
        self._last_message_id += 1
        now_us = self._ground.clock.now_us()
        message = self._message(self._last_message_id, row, now_us) | content
        self._messages.setdefault(row, []).append(message)
        self._row_of_message[message["id"]] = row
        self.by_updated.move(row, now_us)
        return message

    def messages(self, row: int) -> list[dict[str, Any]]:
        """Return the messages of a ticket, oldest first."""
        generated: list[dict[str, Any]] = []
        if row < self.generated:
            for nth, text in enumerate(("Hello, could you have a look?", "We are on it.")):
                stamp_us = self.by_created.stamp(row) + nth * SECOND_US
                message = self._message(FIRST_MESSAGE_ID + 2 * row + nth, row, stamp_us)
                generated.append(message | {"body_text": text, "from_agent": nth == 1})
        return generated + self._messages.get(row, [])

    def message_ids(self) -> range:
        """Return the ids of all messages, oldest first; some may be gone with their tickets."""
        return range(FIRST_MESSAGE_ID, self._last_message_id + 1)

    def find_message(self, message_id: int) -> dict[str, Any] | None:
        """Return a message of a ticket that is there, None for none."""
        row = self._row_of_message.get(message_id)
        if row is None and FIRST_MESSAGE_ID <= message_id < FIRST_MESSAGE_ID + 2 * self.generated:
            row = (message_id - FIRST_MESSAGE_ID) // 2
        if row is None or row in self.gone:
            return None
        return next(one for one in self.messages(row) if one["id"] == message_id)

    def _message(self, message_id: int, row: int, stamp_us: int) -> dict[str, Any]:
        return {
            "id": message_id,
            "uri": f"/api/tickets/{FIRST_TICKET_ID + row}/messages/{message_id}/",
            "ticket_id": FIRST_TICKET_ID + row,
            "external_id": None,
            "public": True,
            "channel": "email",
            "via": "email",
            "from_agent": False,
            "subject": None,
            "body_text": None,
            "body_html": None,
            "sender": None,
            "receiver": None,
            "attachments": [] if message_id % 2 else None,
            "created_datetime": iso_offset(stamp_us),
            "sent_datetime": iso_offset(stamp_us),
        }

    def list_row(self, row: int) -> dict[str, Any]:
        """Return a ticket as lists show one, without its customer."""
        dice = mix(self._ground.seed, 43, row)
        created_us, updated_us = self.by_created.stamp(row), self.by_updated.stamp(row)
        is_open = row >= self.generated or dice % 3 == 0
        subject = SUBJECTS[dice % len(SUBJECTS)]
        shown = {
            "id": FIRST_TICKET_ID + row,
            "uri": f"/api/tickets/{FIRST_TICKET_ID + row}/",
            "external_id": None,
            "language": "en",
            "status": "open" if is_open else "closed",
            "priority": "normal",
            "channel": "email",
            "via": "email",
            "from_agent": False,
            "assignee_user": {"id": AGENT_ID} if dice % 5 == 0 else None,
            "assignee_team": None,
            "subject": subject,
            "excerpt": "Hello, could you have a look?",
            "integrations": [{"name": "Support", "address": "help@lakeside.test", "type": "email"}],
            "meta": None,
            "tags": self.tags(row),
            "messages_count": len(self._messages.get(row, ())) + 2 * (row < self.generated),
            "is_unread": dice % 7 == 0,
            "spam": False,
            "created_datetime": iso_offset(created_us),
            "opened_datetime": None,
            "last_received_message_datetime": None,
            "last_message_datetime": iso_offset(created_us + SECOND_US),
            "updated_datetime": iso_offset(updated_us),
            "closed_datetime": None if is_open else iso_offset(self._closed_us(row, updated_us)),
            "snooze_datetime": None,
            "trashed_datetime": iso_offset(updated_us) if self.is_trashed(row) else None,
        }
        changed = self.changes.get(row, {})
        return shown | {name: value for name, value in changed.items() if name in shown}

    def _closed_us(self, row: int, updated_us: int) -> int:
        # Live accounts hold dates decades ahead: no client may assume created <= closed <= now.
        return FAR_FUTURE_US if row % ODD_CLOSE_EVERY == 3 else updated_us
