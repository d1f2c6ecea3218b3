"""What of a ticket is ours, as staging remembers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Row

from loyalty_desk.routing.steps import Ours
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What staging remembers of a ticket: what is ours, and when we were last at it."""

    ours: Ours = field(default_factory=Ours)
    at_utc: str = ""
    """Empty: we never were."""
    is_begun: bool = False
    """Whether a process is at it, or died at it."""
    tag_left_at_utc: str | None = None
    priority_left_at_utc: str | None = None

    @classmethod
    def of(cls, row: Row[Any]) -> Known:
        """Of a row with the columns of `routed_tickets`, which are all NULL when there is none."""
        return cls(
            ours=Ours(
                tag=row.tag,
                priority=row.priority,
                tag_is_left=row.tag_left_at_utc is not None,
                priority_is_left=row.priority_left_at_utc is not None,
            ),
            at_utc=row.at_utc or "",
            is_begun=row.state == "setting",
            tag_left_at_utc=row.tag_left_at_utc,
            priority_left_at_utc=row.priority_left_at_utc,
        )


def forget_tags(engine: Engine, store: str) -> None:
    """Remember no tag on any ticket: it is removed from the account, or made anew.

    So that a ticket without it is not taken for one from which a person took it.
    """
    with engine.begin() as connection:
        connection.execute(statement("routing/forget_tags"), {"store": store})


def count_priorities(engine: Engine, store: str) -> int:
    """How many open tickets have a priority of ours, as far as is known."""
    with reading(engine) as connection:
        found = connection.execute(statement("routing/count_priorities"), {"store": store})
        return int(found.scalar_one())
