"""What became of the calls of HTTP integrations: counted for each of them, the last ones kept."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.calling import Background, Reply

KEPT = 100


@dataclass(slots=True)
class Record:
    """The calls of one integration. One call is one event, tried once or more."""

    calls: int = 0
    succeeded: int = 0
    failed: int = 0
    stored: int = 0
    failures_in_a_row: int = 0
    last: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def note_try(self, trigger: str, ticket_id: int, attempt: int, reply: Reply) -> None:
        """Keep one try: no address, header or body, as they hold secrets and people's data."""
        self.last.append({
            "trigger": trigger,
            "ticket_id": ticket_id,
            "attempt": attempt,
            "status": reply.status,
            "took_ms": round(reply.took_s * 1000),
            "trouble": reply.trouble,
        })  # fmt: skip

    def note_end(self, *, succeeded: bool) -> None:
        """Count a call that is over."""
        if succeeded:
            self.succeeded += 1
            self.failures_in_a_row = 0
        else:
            self.failed += 1
            self.failures_in_a_row += 1

    def shown(self) -> dict[str, Any]:
        """Return the figures as the control API shows them; `pending` calls are not over yet."""
        return {
            "calls": self.calls,
            "pending": self.calls - self.succeeded - self.failed,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "stored": self.stored,
            "failures_in_a_row": self.failures_in_a_row,
            "last": list(self.last),
        }


class Deliveries:
    """The records of all integrations by id, and the calls under way."""

    def __init__(self) -> None:
        self.background = Background()
        self.records: dict[int, Record] = {}

    def reset(self) -> None:
        """Give up the calls under way and forget the figures."""
        self.background.cancel()
        self.records = {}

    def record(self, integration_id: int) -> Record:
        """Return the record of an integration, a new one at first."""
        return self.records.setdefault(integration_id, Record())
