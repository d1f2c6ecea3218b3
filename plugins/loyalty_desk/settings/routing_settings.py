"""The section `routing` of a store's settings: whose tickets are to be answered first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from loyalty_desk.settings.sections import Share
from loyalty_desk.settings.strict import Strict

Priority = Literal["critical", "high", "normal", "low"]
"""A ticket's priority in Gorgias. Source: Gorgias API reference, "Update a ticket"."""
CONDITIONS = ("tiers", "points_at_least", "points_expire_within_days")


class RoutingRule(Strict):
    """Whose tickets get a priority. All conditions that are given must hold."""

    tiers: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], ...] = (
        Field(default=(), description="The member's tier is one of these, however it is cased.")
    )
    points_at_least: int | None = Field(
        default=None, ge=0, description="The balance is known and at least so many points."
    )
    points_expire_within_days: int | None = Field(
        default=None, ge=0, le=3660, description="Points expire today or within so many days."
    )
    priority: Priority | None = Field(
        default="high", description="The ticket's priority, or null for the tag alone."
    )

    @model_validator(mode="after")
    def _has_a_condition(self) -> RoutingRule:
        given = (self.points_at_least, self.points_expire_within_days)
        if not self.tiers and given == (None, None):
            raise ValueError(f"a rule needs one of {', '.join(CONDITIONS)}: whom it is for")
        return self


class RoutingSettings(Strict):
    """Tickets of some members get a tag of ours and a priority, within seconds."""

    rules: tuple[RoutingRule, ...] = Field(
        default=(),
        description="Whose, such as `[{tiers: [Gold], priority: high}]`; the first that fits"
        " counts. None: nothing is set, and nothing is asked of Gorgias.",
    )
    tag: str = Field(
        default="",
        max_length=256,
        pattern=r"^([^\s,'\"\\][^,'\"\\]*)?$",
        description="The ticket tag; empty: `vip-<store>`. Stores that share a Gorgias account"
        " need one each.",
    )
    share: Share = Field(
        default=0.1,
        description="Part of our budget, over the time of a push, that a sync may spend on open"
        " tickets; what is beyond it waits for the next. New tickets are not bound by it.",
    )
    first_answers: bool = Field(
        default=True,
        description="Whether a sync reads when tickets with the tag were first answered, for the"
        " report: one request for each time that such a ticket changed until it was.",
    )
