"""What a server was asked: the figures that tests and benchmarks read back."""

from collections import Counter, deque
from typing import Any

LOG_LENGTH = 10_000
TIMELINE_LENGTH = 7_200


class Counters:
    """Requests by method, route template and status, and the use of the bucket by second.

    A dropped connection counts with status 0. `under_way` is how many are being served just now.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self.reset()

    def reset(self) -> None:
        """Start to count anew."""
        self._by_call: Counter[tuple[str, str, int]] = Counter()
        self._timeline: dict[int, list[int]] = {}
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)

    def record(self, now_s: float, call: tuple[str, str, str, int], used: int | None) -> None:
        """Count one request: (method, template, path, status), and how full the bucket was."""
        method, template, path, status = call
        self._by_call[method, template, status] += 1
        self._log.append({"at_s": now_s, "method": method, "path": path, "status": status})
        second = self._timeline.setdefault(int(now_s), [0, 0, 0])
        second[0] += 1
        second[1] += status == 429
        second[2] = max(second[2], used or 0)
        if len(self._timeline) > TIMELINE_LENGTH:
            del self._timeline[next(iter(self._timeline))]

    def requests(self) -> list[dict[str, Any]]:
        """Return the last requests, oldest first: second, method, path and status, no content."""
        return list(self._log)

    def report(self) -> dict[str, Any]:
        """Return all figures; `bucket_use` has one row a sandbox second with traffic."""
        return {
            "total": self._by_call.total(),
            "under_way": self.under_way,
            "refused_429": sum(n for (_, _, status), n in self._by_call.items() if status == 429),
            "requests": [
                {"method": method, "route": template, "status": status, "count": count}
                for (method, template, status), count in sorted(self._by_call.items())
            ],
            "bucket_use": [
                {"second": second, "requests": row[0], "refused": row[1], "max_used": row[2]}
                for second, row in self._timeline.items()
            ],
        }
