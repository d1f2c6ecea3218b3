"""Makes awards anonymous: who awarded how much, when and why stays, for whom does not."""

from __future__ import annotations

import json
import uuid
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.staging.statements import statement

KEPT_FACTS: Final = frozenset(
    {"unit", "amount", "reason", "door", "reverses", "approve_by_utc", "token_id", "queued_by"}
)
"""What an audit entry says that is not about the person."""
_LONGEST_CODE: Final = 40


def blank_award(connection: Connection, store: str, award_id: str) -> None:
    """Take out of an award and its audit whom it was for, and what people wrote."""
    key = {"store": store, "award_id": award_id}
    for event in connection.execute(statement("privacy/blank/select_events"), key).all():
        facts = {
            name: value for name, value in json.loads(event.facts).items() if name in KEPT_FACTS
        }
        binds = {
            **key,
            "event_number": event.event_number,
            "facts": json.dumps(facts, sort_keys=True),
            "detail": _code(event.detail),
        }
        connection.execute(statement("privacy/blank/blank_event"), binds)
    blank = {"no_key": award_id, "no_content": uuid.uuid4().hex}
    connection.execute(statement("privacy/blank/blank_award"), {**key, **blank})


def _code(detail: str | None) -> str | None:
    """A detail that is one of our words; what people wrote may name anybody."""
    return detail if detail and " " not in detail and len(detail) < _LONGEST_CODE else None
