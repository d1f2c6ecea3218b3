"""A leaky bucket: fills by one a request, leaks steadily, refuses what would overflow."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer of a bucket to one request. `retry_after_s` is 0 when it was let in."""

    used: int
    limit: int
    retry_after_s: int

    @property
    def header(self) -> str:
        """The text `used/limit` that Gorgias sends with each answer."""
        return f"{self.used}/{self.limit}"


class Bucket:
    """Room for `limit` requests that empties in `window_s`. All times in sandbox seconds."""

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit = limit
        self._leak_per_s = limit / window_s
        self._level = 0.0
        self._seen_s = 0.0
        self._load_per_s = 0.0
        self._load_until_s = 0.0

    def take(self, now_s: float) -> Taken:
        """Let one request in, or say after how many whole seconds there is room for it."""
        self._settle(now_s)
        # A hair of tolerance: without it rounding refuses a caller that waited exactly long enough.
        over = self._level + 1 - self.limit
        if over > 1e-6:
            return Taken(math.ceil(self._level), self.limit, math.ceil(over / self._leak_per_s))
        self._level += 1
        return Taken(min(math.ceil(self._level), self.limit), self.limit, 0)

    def fill(self, now_s: float, requests: float) -> None:
        """Put in requests that somebody else made, up to the brim."""
        self._settle(now_s)
        self._level = min(float(self.limit), self._level + requests)

    def load(self, now_s: float, share: float, for_s: float) -> None:
        """Let somebody else use a share of the leak rate from now on, for so many seconds."""
        self._settle(now_s)
        self._load_per_s = share * self._leak_per_s
        self._load_until_s = now_s + for_s

    def used(self, now_s: float) -> int:
        """Return how full the bucket is, in requests."""
        self._settle(now_s)
        return math.ceil(self._level)

    def empty(self) -> None:
        """Forget all requests and all foreign load."""
        self._level = 0.0
        self._load_per_s = 0.0

    def _settle(self, now_s: float) -> None:
        loaded_s = max(0.0, min(now_s, self._load_until_s) - self._seen_s)
        self._drift(loaded_s, self._load_per_s - self._leak_per_s)
        self._drift(max(0.0, now_s - self._seen_s - loaded_s), -self._leak_per_s)
        self._seen_s = max(self._seen_s, now_s)

    def _drift(self, for_s: float, by_per_s: float) -> None:
        self._level = min(float(self.limit), max(0.0, self._level + by_per_s * for_s))
