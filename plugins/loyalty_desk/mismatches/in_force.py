"""Which of the decisions about one customer or member are in force. Pure.

Of two that cannot both hold the later one does, whichever kinds they are. A customer is linked to
one member, or ignored, or neither; and beside that is not the members that were refused for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Row


class Action(StrEnum):
    """What was decided."""

    LINK = "link"
    """The customer is that member."""
    REFUSE = "refuse"
    """The customer is not that member, who is suggested no more."""
    IGNORE = "ignore"
    """Nobody has to look at it, until a time or for good."""


@dataclass(slots=True)
class InForce:
    """The decisions about one customer or member that hold. `refused` is by member."""

    link: Row[Any] | None = None
    ignore: Row[Any] | None = None
    refused: dict[str, Row[Any]] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        one_each = [one for one in (self.link, self.ignore) if one is not None]
        return frozenset(one.decision_id for one in (*one_each, *self.refused.values()))

    def add(self, decision: Row[Any]) -> None:
        """Let one more decision hold, and none that it contradicts."""
        match Action(decision.action):
            case Action.LINK:
                self.refused.pop(decision.member_id, None)
                self.link, self.ignore = decision, None
            case Action.REFUSE:
                self.refused[decision.member_id] = decision
                self.ignore = None
                if self.link is not None and self.link.member_id == decision.member_id:
                    self.link = None
            case Action.IGNORE:
                self.link, self.ignore = None, decision


def in_force(decisions: Iterable[Row[Any]]) -> InForce:
    """What holds after these, the oldest first; none of them taken back."""
    holding = InForce()
    for one in decisions:
        holding.add(one)
    return holding
