"""Sends webhooks to addresses on this machine, and keeps what became of each try."""

from typing import Any

from sandbox.calling import Background, Call, iter_tries
from sandbox.clock import Clock


class Deliveries:
    """The tries of one platform's deliveries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._background = Background()
        self.tries: list[dict[str, Any]] = []

    def reset(self) -> None:
        """Forget all tries, and give up those under way."""
        self._background.cancel()
        self.tries = []

    def send(self, event_type: str, call: Call, attempts: int, timeout_s: float) -> None:
        """Deliver in the background, until the answer is a 2xx or `attempts` are used up."""
        self._background.start(self._deliver(event_type, call, attempts, timeout_s))

    async def _deliver(self, event_type: str, call: Call, attempts: int, timeout_s: float) -> None:
        async for attempt, reply in iter_tries(self._clock, call, attempts, timeout_s):
            log = {"event_type": event_type, "attempt": attempt, "status": reply.status}
            self.tries.append(log)
            if reply.is_success:
                return
