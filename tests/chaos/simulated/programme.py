"""A simulated loyalty platform at the far end of a simulated wire. It answers as Rivo does.

What a request does it does when it arrives, whoever waits for the answer by then: an answer may be
lost, late or wrong, and the booking is made all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import requests
from requests.structures import CaseInsensitiveDict

from loyalty_desk.http.deadline import Wire
from loyalty_desk.http.exchange import Answer, Call, Lost
from tests.chaos.simulated.world import World

ANSWER_S = 30.0
"""A platform has done what it was asked for within so long; whoever asked waits no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to calls of a kind (`member`, `award`, `ledger`) from one moment to another.

    `whose`: only to calls about that member. `takes_s` is how long the trouble takes each time, and
    `count` how often it happens.
    """

    kind: str
    effect: str
    from_s: float
    until_s: float
    takes_s: float = 0.0
    count: int = 1_000_000
    whose: str | None = None


@dataclass(slots=True)
class Booking:
    marker: str
    member_id: str
    shows_at_s: float
    is_revoked: bool = False


@dataclass(slots=True)
class Programme:
    """Members, what was booked for them, and what goes wrong on the way."""

    world: World
    shows_after_s: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)
    bookings: list[Booking] = field(default_factory=list)
    _counts: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world.exchange = self.exchange

    def booked(self, award_id: str) -> int:
        """How often an award is booked and not taken back."""
        return sum(f"ld:{award_id}" in one.marker and not one.is_revoked for one in self.bookings)

    def fails_for(self, member_id: str) -> bool:
        """Whether something is wrong with that very member."""
        return any(one.whose == member_id for one in self.faults)

    def exchange(
        self,
        session: requests.Session,
        call: Call,
        timeout: tuple[float, float],
        wire: Wire | None = None,
    ) -> Answer | Lost:
        """What `http.exchange` is to the transport, in simulated time."""
        world = self.world
        world.breathe()
        kind, who = _about(call)
        fault = self._fault(kind, who)
        effect = fault.effect if fault else ""
        if effect == "refused" and fault:
            world.wait(fault.takes_s)
            return Lost("the connection was refused", sent=False)
        world.wait(world.random.uniform(0.01, 0.2))
        if wire is not None and wire.deadline.left_s() <= 0:
            return Lost("the time was over", sent=False)
        limit_s = ANSWER_S if wire is None else wire.deadline.left_s() + ANSWER_S
        return self._on_the_wire(call, effect, fault, min(limit_s, timeout[1]))

    def _on_the_wire(
        self, call: Call, effect: str, fault: Fault | None, limit_s: float
    ) -> Answer | Lost:
        """What was sent arrives or not, has its effect now or a while later, and is answered."""
        world, takes_s = self.world, fault.takes_s if fault else 0.05
        if effect in {"429", "503 before", "422", "html before"}:
            world.wait(min(takes_s, limit_s))
            status = {"429": 429, "503 before": 503, "422": 422, "html before": 200}[effect]
            headers = {"Retry-After": "1"} if effect == "429" else {}
            broken = "HTML instead of JSON" if effect == "html before" else ""
            return _answer(status, None, headers, broken)
        if effect == "lost before":
            world.wait(takes_s)
            return Lost("the connection was dropped", sent=True)
        answers: list[tuple[int, Any]] = []
        world.at(world.now_s + min(takes_s, ANSWER_S - 0.5), lambda: answers.append(self._do(call)))
        world.wait(min(takes_s + 0.01, limit_s))
        if not answers or effect in {"lost after", "late"}:
            world.wait(max(0.0, limit_s - takes_s) if effect == "late" else 0.0)
            return Lost("no answer within the time limit", sent=True)
        if effect in {"503 after", "408 after"}:
            return _answer(int(effect[:3]), None)
        if effect in {"cut", "html after"}:
            return _answer(200, None, broken="broken JSON")
        return _answer(*answers[0])

    def _fault(self, kind: str, who: str) -> Fault | None:
        for number, one in enumerate(self.faults):
            is_on = one.from_s <= self.world.now_s < one.until_s and one.kind == kind
            if is_on and one.whose in {None, who} and self._counts.get(number, 0) < one.count:
                self._counts[number] = self._counts.get(number, 0) + 1
                return one
        return None

    def _do(self, call: Call) -> tuple[int, Any]:
        """Do what a request asks for; the status and the body of the answer."""
        kind, who = _about(call)
        if kind == "award" and call.form is not None:
            marker, shows_at_s = call.form["internal_note"], self.world.now_s + self.shows_after_s
            holder = self.merged.get(who, who)
            self.bookings.append(Booking(marker, holder, shows_at_s))
            return 201, {"data": _entry(len(self.bookings), self.bookings[-1])}
        if kind == "ledger":
            # What was booked for somebody who was merged is shown to nobody who asks for them.
            entries = [
                _entry(number, one)
                for number, one in enumerate(self.bookings, 1)
                if one.member_id == who and one.shows_at_s <= self.world.now_s
            ]
            shown = [] if who in self.merged else entries
            return 200, {"data": shown, "links": {"next_since_id": None}}
        member_id = self.merged.get(who, who)
        return 200, {"data": _member(member_id)}


def email_of(member_id: str) -> str:
    return f"m{member_id}@shop.example"


def _about(call: Call) -> tuple[str, str]:
    """The kind of a call, and the id of the member that it is about."""
    if call.method == "POST" and call.form is not None:
        return "award", call.form["customer_identifier"]
    if call.query and "filters[customer_identifier]" in call.query:
        return "ledger", str(call.query["filters[customer_identifier]"])
    identifier = unquote(call.path.rpartition("/")[2])
    return "member", identifier.partition("@")[0].removeprefix("m")


def _answer(
    status: int, body: Any, headers: dict[str, str] | None = None, broken: str = ""
) -> Answer:
    return Answer(
        status=status, headers=CaseInsensitiveDict(headers or {}), body=body, broken=broken
    )


def _entry(number: int, booking: Booking) -> dict[str, Any]:
    revoked_at = "2026-03-02" if booking.is_revoked else None
    attributes = {"internal_note": booking.marker, "revoked_at": revoked_at}
    return {"id": str(number), "type": "points_event", "attributes": attributes}


def _member(member_id: str) -> dict[str, Any]:
    attributes = {
        "email": email_of(member_id),
        "loyalty_status": "member",
        "points_tally": 10,
        "credits_tally": "0",
    }
    return {"id": member_id, "type": "customer", "attributes": attributes}
