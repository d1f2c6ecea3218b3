"""What may be awarded: pure rules on amounts. Points are whole, credits in hundredths."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.records import Unit
from loyalty_desk.settings_sections import AwardSettings

_PARTS_OF_ONE = {Unit.POINTS: 1, Unit.CREDITS: 100}


def to_parts(amount: Decimal, unit: Unit) -> int:
    """The amount as it is stored: points, or hundredths of a credit."""
    return int(amount * _PARTS_OF_ONE[unit])


def from_parts(parts: int, unit: Unit) -> Decimal:
    """The amount that `to_parts` made `parts` of."""
    return (
        Decimal(parts) if unit == Unit.POINTS else (Decimal(parts) / 100).quantize(Decimal("0.01"))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What was awarded since midnight (UTC) in the unit at hand, in parts, plus and minus alike."""

    by_agent: int
    by_member: int


def needs_approval(amount: Decimal, unit: Unit, settings: AwardSettings) -> bool:
    """Whether another person has to approve the award, given or taken away."""
    above = getattr(settings, f"approval_above_{unit}")
    return above is not None and abs(amount) > above


def find_breaches(request: AwardRequest, today: Today, settings: AwardSettings) -> dict[str, str]:
    """The limits that the award would break: a reason for each, by the setting's name."""
    unit = request.unit
    amount = abs(to_parts(request.amount, unit))
    limits = (
        (f"max_{unit}_per_award", 0, "one award"),
        (f"max_{unit}_per_agent_per_day", today.by_agent, "one agent a day"),
        (f"max_{unit}_per_member_per_day", today.by_member, "one member a day"),
    )
    breaches = {}
    for name, used, what in limits:
        most = getattr(settings, name)
        if used + amount > most * _PARTS_OF_ONE[unit]:
            left = from_parts(max(0, most * _PARTS_OF_ONE[unit] - used), unit)
            breaches[name] = f"{what} may have {most} {unit} at most, {left} are left"
    return breaches
