"""What no public source settles about any platform, and what differs from account to account."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ProgrammeSwitches:
    """One field per open question."""

    programme_clock_ahead_s: float = 0.0
    """How far the platform's clock is ahead of ours, in real seconds; below zero it is behind."""

    programme_merged_answers: str = "gone"
    """What the id of a member who was merged answers: `gone` (404), or `survivor`, whose answers
    are then those of the other. What was booked for the one is in nobody's ledger any more."""
