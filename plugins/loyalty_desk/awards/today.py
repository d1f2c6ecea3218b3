"""What everybody was awarded today, and by whom, all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from loyalty_desk.awards.policy import Today
from loyalty_desk.awards.queue import Door, midnight_utc
from loyalty_desk.records import Unit
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardOfToday:
    """An award of today; plus and minus alike count.

    One that does not count, as it was refused, tells all the same whose an address is.
    """

    subject: str
    member_id: str | None
    email: str | None
    unit: str
    agent: str
    door: str
    parts: int
    counts: bool


class AwardedToday:
    """What `select_awarded_today` and `select_came_in` ask of one award at a time.

    `addresses` has the e-mail key of members, so that a member was awarded, too, what was asked for
    by their address, or by one that turned out to be theirs today.
    """

    def __init__(self, awards: Iterable[AwardOfToday], addresses: Mapping[str, str]) -> None:
        self._by_agent = Counter[tuple[str, str]]()
        self._by_door = Counter[tuple[str, str]]()
        self._by_member = Counter[tuple[str, str]]()
        self._holders: dict[str, set[str]] = {}
        for member_id, email_key in addresses.items():
            self._holders.setdefault(email_key, set()).add(member_id)
        awards = list(awards)
        for award in awards:
            if award.email and award.member_id:
                self._holders.setdefault(award.email, set()).add(award.member_id)
        for award in awards:
            self.add(award)

    def add(self, award: AwardOfToday) -> None:
        if not award.counts:
            return
        whose = {award.subject, award.member_id or award.subject}
        if award.member_id is None and award.email:
            whose |= self._holders.get(award.email, set())
        for who in whose:
            self._by_member[who, award.unit] += award.parts
        self._by_door[award.door, award.unit] += award.parts
        if award.door != Door.BATCH:  # another person approves it, so it is on no agent's limit
            self._by_agent[award.agent, award.unit] += award.parts

    def of(self, subject: str, unit: Unit, *, agent: str) -> Today:
        """What is held against an award's limits."""
        return Today(
            by_agent=self._by_agent[agent, unit.value],
            by_member=self._by_member[subject, unit.value],
        )

    def by_door(self, door: str, unit: Unit) -> int:
        return self._by_door[door, unit.value]


def load_awards_of_today(connection: Connection, store: str, now: datetime) -> list[AwardOfToday]:
    """Every award since midnight (UTC), the oldest first."""
    binds = {"store": store, "since_utc": midnight_utc(now)}
    rows = connection.execute(statement("awards/queue/select_awards_of_today"), binds)
    return [AwardOfToday(**row._mapping) for row in rows]
