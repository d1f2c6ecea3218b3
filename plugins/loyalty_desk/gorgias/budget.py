"""The request budget of a Gorgias account, shared by all processes through staging.

Gorgias counts requests in a leaky bucket per account: 40 (API key) or 80 (OAuth2) at once, leaking
as many in 20 s (10 s for Enterprise), and every answer says how full it is. One row mirrors the
bucket. A request is taken by one statement, which the database arbitrates, so processes need no
other agreement; what a dead process took leaks away like everything else.

Source: Gorgias API reference, "Rate limits".
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from loyalty_desk.errors import ApiUnavailableError, TemporaryError
from loyalty_desk.http.pacing import backoff_s, jitter_s
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

USED_HEADER = "X-Gorgias-Account-Api-Call-Limit"
USED_OF_LIMIT = re.compile(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*")

MOST_BUDGET_WAIT_S = 600.0
"""How long a request waits for room."""
MOST_BLOCK_S = 900.0
"""Longest block that one 429 may put on everybody; the SQL takes more for a clock set back."""
DATABASE_ATTEMPTS = 5
EASING = 8
"""We come down to Gorgias' count by this part of the gap an answer: single answers are noisy."""
ROUNDING = 0.5
"""Gorgias tells whole requests while its bucket leaks evenly."""


@dataclass(frozen=True, slots=True)
class _Ticket:
    """What the budget looked like when this thread's request was taken.

    `under_way` and `corrected` are of this process: its requests without an answer, and the sum of
    its corrections so far.
    """

    taken_at_s: float
    level: float
    capacity: float
    under_way: int
    corrected: float


class BudgetGate:
    """A gate that lets a request through when the account's budget has room. Thread-safe.

    An `urgent` gate finds the room that all others leave free, so it does not queue behind a sync.

    Raises ApiUnavailableError when there was no room for `max_wait_s` (divided by the speed).
    """

    def __init__(
        self,
        engine: Engine,
        account: str,
        settings: BudgetSettings,
        *,
        speed: float = 1.0,
        urgent: bool = False,
        max_wait_s: float = MOST_BUDGET_WAIT_S,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine, self._account, self._settings = engine, account, settings
        self._reserve = 0.0 if urgent else float(settings.reserve)
        self._window_s, self._max_wait_s = settings.window_s / speed, max_wait_s / speed
        self._sleep, self._clock = sleep, clock
        # One thread of a process asks at a time: as many waiters as processes, not as threads.
        self._turn = threading.Lock()
        self._local, self._counting = threading.local(), threading.Lock()
        self._under_way, self._corrected = 0, 0.0

    def enter(self) -> None:
        began_s = self._clock()
        with self._turn:
            while True:
                ticket, wait_s = self._take()
                if ticket is not None:
                    break
                if self._clock() + wait_s - began_s > self._max_wait_s:
                    raise ApiUnavailableError(
                        f"the request budget of {self._account} had no room for"
                        f" {self._max_wait_s:.0f} s: other tools use it up"
                    )
                self._sleep(wait_s)
        self._end_of_request()  # the one before was lost on the way, without an answer
        with self._counting:
            self._under_way += 1
        self._local.ticket = ticket

    def learn(self, headers: Mapping[str, str]) -> None:
        """Bring the mirror in line with `used/limit` of an answer; without the header, do nothing.

        Answers come out of order while other requests are under way, so the two counts never agree
        to the last request. We go up at once, as that is another tool's use; down slowly, and only
        by what requests that Gorgias had not seen yet cannot explain.
        """
        ticket = self._end_of_request()
        told = USED_OF_LIMIT.fullmatch(headers.get(USED_HEADER, ""))
        if ticket is None or told is None or int(told[2]) < 1:
            return
        used, capacity = min(float(told[1]), float(told[2])), float(told[2])
        now_s = self._clock()
        # Gorgias counted somewhere between the taking and now, so half of the leak had happened.
        leaked = 0.5 * ticket.capacity / self._window_s * max(0.0, now_s - ticket.taken_at_s)
        with self._counting:
            # Answers under way together show the same gap; each must not be closed twice.
            closed = self._corrected - ticket.corrected
            gap = used - (ticket.level + closed - leaked) - ROUNDING
            slack = max(4.0, 0.1 * capacity) + ticket.under_way
            change = max(gap, 0.0) + min(gap + slack, 0.0) / EASING
            self._corrected += change
        if change or capacity != ticket.capacity:
            self._advise("budget/correct", {"change": change, "capacity": capacity}, now_s)

    def refused(self, wait_s: float) -> None:
        now_s = self._clock()
        until_s = now_s + min(wait_s, MOST_BLOCK_S)
        self._advise("budget/block", {"until_s": until_s}, now_s)

    def _end_of_request(self) -> _Ticket | None:
        ticket: _Ticket | None = getattr(self._local, "ticket", None)
        self._local.ticket = None
        if ticket is not None:
            with self._counting:
                self._under_way -= 1
        return ticket

    def _take(self) -> tuple[_Ticket | None, float]:
        """Take one request; or the seconds after which to ask again."""
        now_s = self._clock()
        binds = {
            "account": self._account,
            "capacity": float(self._settings.capacity),
            "window_s": self._window_s,
            "headroom": float(self._settings.headroom),
            "reserve": self._reserve,
            "share": self._settings.share,
            "now_s": now_s,
        }
        so_far = self._under_way, self._corrected
        for attempt in range(1, DATABASE_ATTEMPTS + 1):
            try:
                with self._engine.begin() as connection:
                    row = connection.execute(statement("budget/take"), binds).one_or_none()
                    if row is not None:
                        return _Ticket(now_s, row.level, row.capacity, *so_far), 0.0
                    budget = connection.execute(
                        statement("budget/select_budget"), {"account": self._account}
                    ).one()
                return None, self._wait_s(budget, now_s)
            except OperationalError:  # locked for very long, or the server went away
                self._sleep(backoff_s(attempt, first_s=0.1, most_s=2))
        raise TemporaryError("the staging database did not answer for the request budget")

    def _wait_s(self, budget: Any, now_s: float) -> float:
        """Seconds until there is room, with some chance in it so that waiters do not race."""
        share, rate_per_s = self._settings.share, budget.capacity / self._window_s
        elapsed_s = now_s - budget.leaked_at_s
        room = max(0.0, budget.capacity - self._settings.headroom - self._reserve - 1)
        own_room = max(0.0, share * budget.capacity - self._reserve - 1)
        needed_s: float = max(
            (budget.level - room) / rate_per_s - elapsed_s,
            (budget.own_level - own_room) / (share * rate_per_s) - elapsed_s,
            budget.blocked_until_s - now_s,
            0.0,
        )
        # Ask again now and then: another process may learn meanwhile that there is room.
        return min(needed_s, self._window_s / 4) + jitter_s(0.5 / rate_per_s)

    def _advise(self, path: str, binds: Mapping[str, float], now_s: float) -> None:
        """Write what an answer taught. The answer itself is good, so a failure only costs that."""
        common = {
            "account": self._account,
            "window_s": self._window_s,
            "share": self._settings.share,
            "now_s": now_s,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(statement(path), {**common, **binds})
        except OperationalError:
            log.warning("the request budget of %s could not be corrected", self._account)
