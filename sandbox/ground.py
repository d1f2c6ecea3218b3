"""What every store of the sandbox stands on."""

from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.people import People
from sandbox.switches import Switches


@dataclass(slots=True)
class Ground:
    """Time, people and switches. `switches` is replaced whole when one is set."""

    clock: Clock
    people: People
    switches: Switches
    seed: int
