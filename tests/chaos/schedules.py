"""What goes wrong in one schedule: made from a seed alone, so that each can be run again."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

SPEED: Final = 50.0
"""Of the sandbox and the worker; a sandbox second is 20 ms."""
DELAY_S: Final = 0.15
"""Real seconds by which a delayed request or answer is late."""

APPROVAL_ABOVE_POINTS: Final = 10
VISIBLE_AFTER_S: Final = 7_200.0
"""What the store says of how late a booking may show; the sandbox skips the time in between."""
SHOWS_AFTER_S: Final = (0.0, 0.0, 10.0, 119.0, VISIBLE_AFTER_S - 1)
DAY_S: Final = 86_400.0

KILLS: Final = (
    "before_claim",
    *(f"before_commit:{number}" for number in range(1, 7)),
    *(f"after_commit:{number}" for number in range(1, 7)),
    "before_reading",
    "before_call",
    "call_sent",
    "effect_without_answer",
    "answered",
    "before_ledger",
    "before_refresh",
)
"""The boundaries of the award path. The commits in turn: the claim, that it is about to be sent,
how it ended, and those of what follows an award."""

Rule = dict[str, Any]
AWARD: Final = "(award)"
MEMBER: Final = "(member)"
LEDGER: Final = "(ledger)"
"""Stand for the routes of the platform at hand."""


def _at(effect: str, route: str = AWARD, method: str = "POST", **more: Any) -> Rule:
    return {"effect": effect, "method": method, "route": route, "count": 1, **more}


_LATE: Final = {"delay_ms": DELAY_S * SPEED * 1000}
FAULTS: Final[dict[str, tuple[Rule, ...]]] = {
    "none": (),
    "call dropped": (_at("drop"),),
    "answer dropped": (_at("drop", after=True),),
    "call dropped twice": (_at("drop", count=2),),
    "answer dropped twice": (_at("drop", count=2, after=True),),
    "call late": (_at("delay", **_LATE),),
    "answer late": (_at("delay", after=True, **_LATE),),
    "503 before the effect": (_at("status", status=503),),
    "503 after the effect": (_at("status", status=503, after=True),),
    "408 after the effect": (_at("status", status=408, after=True),),
    "429 before the effect": (_at("status", status=429),),
    "422, a refusal": (_at("status", status=422),),
    "HTML before the effect": (_at("html", status=200),),
    "HTML after the effect": (_at("html", status=200, after=True),),
    "answer cut off": (_at("truncate"),),
    "answer twice": (_at("duplicate"),),
    "answer twice, late": (_at("duplicate", **_LATE),),
    "member's answer dropped": (_at("drop", MEMBER, "GET"),),
    "member's answer cut off": (_at("truncate", MEMBER, "GET"),),
    "member's answer twice": (_at("duplicate", MEMBER, "GET"),),
    "answer dropped, ledger dropped": (
        _at("drop", after=True),
        _at("drop", LEDGER, "GET", count=3),
    ),
    "answer dropped, ledger cut off": (
        _at("drop", after=True),
        _at("truncate", LEDGER, "GET", count=3),
    ),
    "answer dropped, ledger 503": (
        _at("drop", after=True),
        _at("status", LEDGER, "GET", status=503, count=3),
    ),
    "answer dropped, ledger twice": (
        _at("drop", after=True),
        _at("duplicate", LEDGER, "GET", count=2),
    ),
    "call dropped, ledger without cursor": (
        _at("drop"),
        _at("no_cursor", LEDGER, "GET", count=2),
    ),
    "answer dropped, ledger repeats a page": (
        _at("drop", after=True),
        _at("repeat_cursor", LEDGER, "GET", count=2),
    ),
    "member refused the second time": (_at("status", MEMBER, "GET", status=422, skip=1),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One award or two, and what happens to them. `kills` has one boundary a worker, or None.

    `shows_after_s` is how long the platform hides a booking, in sandbox seconds. `approves` is what
    an approver says to each award that needs it. `merged_answers` is what the platform answers of
    the first award's member, who is merged into another once the workers are through; None when
    nobody is. The clocks of the platform and of the second worker's machine are ahead by so much.
    """

    seed: int
    amounts: tuple[tuple[str, str], ...]
    fault: str
    kills: tuple[str | None, ...]
    shows_after_s: float
    approves: bool
    merged_answers: str | None = None
    platform_ahead_s: float = 0.0
    worker_ahead_s: float = 0.0

    @classmethod
    def of(cls, seed: int) -> Schedule:
        """The schedule of a seed. Consecutive seeds go through all kills and all faults."""
        random = Random(seed)
        workers = random.choice((1, 2))
        kill = random.choice((None, KILLS[seed % len(KILLS)], KILLS[seed % len(KILLS)]))
        other = random.choice((None, None, random.choice(KILLS)))
        kinds = (
            *(("5", "points"), ("-3", "points"), ("2.50", "credits"), ("-1", "credits")),
            (str(APPROVAL_ABOVE_POINTS + 1), "points"),
        )
        return cls(
            seed=seed,
            amounts=tuple(random.choices(kinds, k=random.choice((1, 1, 2)))),
            fault=tuple(FAULTS)[seed // 2 % len(FAULTS)],
            kills=(kill, other)[:workers],
            shows_after_s=random.choice(SHOWS_AFTER_S),
            approves=random.choice((True, False)),
            merged_answers=random.choice((*[None] * 6, "gone", "survivor")),
            platform_ahead_s=random.choice((0.0, 0.0, -DAY_S, DAY_S)),
            worker_ahead_s=random.choice((0.0, -DAY_S, DAY_S)),
        )
