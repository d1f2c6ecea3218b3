"""A share of the request budget, for what may wait or be left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from loyalty_desk.settings.sections import BudgetSettings


class RequestShare:
    """So many requests at most in each `period_s`, spread as they are used. Thread-safe.

    What is asked for under it still takes its turn in the budget itself. One a task, so processes
    do not share it. `speed` is the installation's.
    """

    def __init__(
        self,
        budget: BudgetSettings,
        share: float,
        *,
        period_s: float | None = None,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        per_s = share * budget.share * budget.capacity / budget.window_s
        self._most = per_s * (budget.window_s if period_s is None else period_s)
        self._per_s, self._clock = per_s * speed, clock
        self._left, self._at_s, self._lock = self._most, clock(), Lock()

    def take(self, requests: float) -> bool:
        """Take requests out of the share, if they are there."""
        with self._lock:
            now_s = self._clock()
            refilled = self._left + (now_s - self._at_s) * self._per_s
            self._left, self._at_s = min(self._most, refilled), now_s
            if self._left < requests:
                return False
            self._left -= requests
            return True
