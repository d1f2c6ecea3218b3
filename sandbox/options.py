"""What a sandbox is started with."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.switches import Switches


def start_of_today() -> datetime:
    """Return midnight UTC today: the moment before which all generated history lies."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Sizes, seed, ports and pace. `tickets` None means 15 for every 100 customers.

    `speed` is how many sandbox seconds pass in one real second; `latency_ms` is in sandbox time.
    """

    members: int
    customers: int
    seed: int
    host: str = "127.0.0.1"
    gorgias_port: int = 0
    platforms: tuple[str, ...] = ("rivo",)
    speed: float = 1.0
    latency_ms: float = 0.0
    tickets: int | None = None
    enterprise: bool = False
    allowance: float = 1.0
    """How many times the requests of a real account Gorgias lets in."""
    base: datetime = field(default_factory=start_of_today)
    switches: Switches = field(default_factory=Switches)
