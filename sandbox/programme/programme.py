"""The loyalty programme: its members, their ledger, and who is told what happens there."""

from typing import Any, Protocol, cast

from fastapi import Request

from sandbox.ground import Ground
from sandbox.programme.ledger import Entry, Ledger
from sandbox.programme.member_store import Members


class Listener(Protocol):
    """Who is told: a platform, which may tell its webhooks."""

    def changed(self, row: int) -> None:
        """A member changed."""

    def booked(self, entry: Entry) -> None:
        """Something was booked."""


class Programme:
    """Members and ledger, whichever platform they are asked through. `reset` makes both anew."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.listeners: list[Listener] = []
        self.reset()

    def reset(self) -> None:
        """Put members and ledger back to what the seed gives."""
        self.members = Members(self.ground)
        self.ledger = Ledger(self.ground, self.members)

    def book(
        self,
        row: int,
        amounts: tuple[int, int],
        about: dict[str, Any],
        visible_after_s: float = 0.0,
    ) -> Entry:
        """Book for a member as `Ledger.add` does, and tell everybody who listens."""
        entry = self.ledger.add(row, amounts, about, visible_after_s)
        for listener in self.listeners:
            listener.booked(entry)
        self.changed(row)
        return entry

    def answer_otherwise(self, platform: str, row: int, changes: dict[str, Any]) -> None:
        """Have a platform answer otherwise of a member, which is a change of theirs."""
        self.members.answered.change(platform, row, changes)
        self.members.update(row, {})
        self.changed(row)

    def changed(self, row: int) -> None:
        """Tell everybody who listens that a member changed."""
        for listener in self.listeners:
            listener.changed(row)


def programme_of(request: Request) -> Programme:
    """Return the programme that a request is about."""
    return cast("Programme", request.app.state.programme)
