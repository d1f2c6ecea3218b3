"""What every store of the sandbox stands on."""

from dataclasses import dataclass

from sandbox.clock import SECOND_US, Clock
from sandbox.people import People
from sandbox.switches import Switches


@dataclass(slots=True)
class Ground:
    """Time, people and switches. `switches` is replaced whole when one is set."""

    clock: Clock
    people: People
    switches: Switches
    seed: int

    def platform_now_us(self) -> int:
        """The time by the platform's own clock, with which it stamps members and bookings."""
        return self.clock.now_us() + round(self.switches.programme_clock_ahead_s * SECOND_US)
