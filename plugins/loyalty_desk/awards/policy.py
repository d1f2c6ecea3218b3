"""What may be awarded: pure rules on amounts. Points are whole, credits in hundredths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.records import MemberStatus, Unit
from loyalty_desk.settings.award_settings import AwardSettings

_PARTS_OF_ONE = {Unit.POINTS: 1, Unit.CREDITS: 100}


def to_parts(amount: Decimal, unit: Unit) -> int:
    """The amount as it is stored: points, or hundredths of a credit."""
    return int(amount * _PARTS_OF_ONE[unit])


def from_parts(parts: int, unit: Unit) -> Decimal:
    """The amount that `to_parts` made `parts` of."""
    return (
        Decimal(parts) if unit == Unit.POINTS else (Decimal(parts) / 100).quantize(Decimal("0.01"))
    )


def signed(amount: Decimal, unit: str) -> str:
    """An amount as people read it, such as `+1,500 points`."""
    return f"{amount:+,f} {unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What was awarded since midnight (UTC) in the unit at hand, in parts, plus and minus alike."""

    by_agent: int
    by_member: int


def needs_approval(amount: Decimal, unit: Unit, settings: AwardSettings) -> bool:
    """Whether another person has to approve the award, given or taken away."""
    above = getattr(settings, f"approval_above_{unit}")
    return above is not None and abs(amount) > above


def may_be_awarded(status: str, settings: AwardSettings) -> bool:
    """Whether somebody with that status may have something by hand."""
    allowed = {
        MemberStatus.MEMBER: True,
        MemberStatus.GUEST: settings.allow_guests,
        MemberStatus.EXCLUDED: settings.allow_excluded,
    }
    return allowed.get(MemberStatus(status), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit as it stands: `left` is what it still allows, in points or credits."""

    setting: str
    what: str
    most: int
    left: Decimal


def find_limits(unit: Unit, today: Today, settings: AwardSettings) -> list[Limit]:
    """Every limit on awards in a unit, with what was used of it today."""
    used_of = (
        (f"max_{unit}_per_award", 0, "one award"),
        (f"max_{unit}_per_agent_per_day", today.by_agent, "one agent a day"),
        (f"max_{unit}_per_member_per_day", today.by_member, "one member a day"),
    )
    return [
        limit_of(setting, what, getattr(settings, setting), used, unit)
        for setting, used, what in used_of
    ]


def limit_of(setting: str, what: str, most: int, used: int, unit: Unit) -> Limit:
    """A limit of `most` points or credits, of which `used` parts are gone."""
    left = from_parts(max(0, most * _PARTS_OF_ONE[unit] - used), unit)
    return Limit(setting=setting, what=what, most=most, left=left)


def find_breaches(
    request: AwardRequest, today: Today, settings: AwardSettings, *, of_agent: bool = True
) -> dict[str, str]:
    """The limits that the award would break: a reason for each, by the setting's name.

    Those `of_agent` rest on whoever awards alone, and are left out where another has to approve.
    """
    breaches = breaches_of(request, find_limits(request.unit, today, settings))
    if not of_agent:
        breaches.pop(f"max_{request.unit}_per_agent_per_day", None)
    return breaches


def breaches_of(request: AwardRequest, limits: Iterable[Limit]) -> dict[str, str]:
    """Which of the limits the award would break: a reason for each, by the setting's name."""
    return breaches_of_sum(abs(request.amount), request.unit, limits)


def breaches_of_sum(amount: Decimal, unit: Unit, limits: Iterable[Limit]) -> dict[str, str]:
    """The same of what several awards come to."""
    return {
        limit.setting: (
            f"{limit.what} may have {limit.most:,} {unit} at most, {limit.left:,} are left"
        )
        for limit in limits
        if amount > limit.left
    }
