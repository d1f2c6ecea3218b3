"""The section `awards` of a store's settings: what may be awarded by hand, and how far."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from loyalty_desk.settings.sections import check_cron
from loyalty_desk.settings.strict import Strict


class AwardSettings(Strict):
    """What may be awarded by hand."""

    max_points_per_award: int = Field(
        default=1_000, ge=0, le=999_999_999, description="Largest award of points."
    )
    max_credits_per_award: int = Field(
        default=50, ge=0, le=999_999_999, description="Largest award of credits."
    )
    max_points_per_agent_per_day: int = Field(
        default=10_000, ge=0, description="Points an agent may award a day (UTC), plus and minus."
    )
    max_credits_per_agent_per_day: int = Field(
        default=500, ge=0, description="Credits an agent may award a day (UTC), plus and minus."
    )
    max_points_per_member_per_day: int = Field(
        default=2_000, ge=0, description="Points a member may be awarded a day, plus and minus."
    )
    max_credits_per_member_per_day: int = Field(
        default=100, ge=0, description="Credits a member may be awarded a day, plus and minus."
    )
    max_points_per_token_per_hour: int = Field(
        default=5_000,
        ge=0,
        description="Points that come through one token within any hour, plus and minus; a token"
        " may have one of its own.",
    )
    max_credits_per_token_per_hour: int = Field(
        default=250, ge=0, description="The same for credits."
    )
    max_points_per_token_per_day: int = Field(
        default=20_000,
        ge=0,
        description="Points that come through one token a day (UTC), plus and minus; a token may"
        " have one of its own.",
    )
    max_credits_per_token_per_day: int = Field(
        default=1_000, ge=0, description="The same for credits."
    )
    max_points_over_http_per_day: int = Field(
        default=50_000,
        ge=0,
        description="Points that come over HTTP a day (UTC), by all tokens together, plus and"
        " minus.",
    )
    max_credits_over_http_per_day: int = Field(
        default=2_500, ge=0, description="The same for credits."
    )
    max_points_by_file_per_day: int = Field(
        default=100_000,
        ge=0,
        description="Points that `awards import` queues a day (UTC), plus and minus; they do not"
        " count on what comes over HTTP.",
    )
    max_credits_by_file_per_day: int = Field(
        default=5_000, ge=0, description="The same for credits."
    )
    max_points_by_batch_per_day: int = Field(
        default=100_000,
        ge=0,
        description="Points of files on the desk that another person approves as a whole a day"
        " (UTC), plus and minus; they count neither on what comes over HTTP nor on who sends them.",
    )
    max_credits_by_batch_per_day: int = Field(
        default=5_000, ge=0, description="The same for credits."
    )
    allow_negative: bool = Field(
        default=True, description="Whether points or credits may be taken away by hand."
    )
    points_below_zero: Literal["allow", "warn", "refuse"] = Field(
        default="warn",
        description="What becomes of a deduction that leaves a member less than no points, as far "
        "as the staged balance tells: warn (files), or refuse it.",
    )
    allow_guests: bool = Field(
        default=True, description="Whether guests (points without having joined) may be awarded."
    )
    allow_excluded: bool = Field(
        default=False, description="Whether members excluded from the programme may be awarded."
    )
    reasons: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(
        default=("gesture", "correction", "late_delivery", "damaged_item", "other"),
        min_length=1,
        description="The reasons to choose from.",
    )
    schedule: str | None = Field(
        default="*/10 * * * *",
        description="Cron expression of the run that applies what is left over, or null.",
    )
    _schedule_is_cron = field_validator("schedule")(check_cron)
    same_award_minutes: float = Field(
        default=2.0,
        ge=0,
        description="Without a key: how long the same agent, ticket, amount and unit for the same "
        "person count as a double click.",
    )
    take_back_minutes: float = Field(
        default=15.0,
        ge=0,
        description="Minutes in which agents may take back an award of their own; 0: never.",
    )
    take_backs_per_agent_per_day: int = Field(
        default=10, ge=0, description="Awards an agent may take back from tickets a day (UTC)."
    )
    visible_after_s: float = Field(
        default=120.0,
        ge=60,
        description="Seconds after which a booking surely shows in the platform's ledger, also one "
        "whose answer was lost. An award is never sent again before.",
    )
    give_up_hours: float = Field(
        default=24.0,
        gt=0,
        description="Hours after which an award that nobody can tell of is left to a person.",
    )
    approval_above_points: int | None = Field(
        default=None,
        ge=0,
        description="An award of more points waits until another person approves it; null: never.",
    )
    approval_above_credits: int | None = Field(
        default=None, ge=0, description="The same for credits."
    )
    approval_hours: float = Field(
        default=24.0,
        gt=0,
        description="Hours after which an award that nobody approved is rejected.",
    )
    ticket_note: bool | None = Field(
        default=None,
        description="Whether an applied award leaves an internal note on its Gorgias ticket; null:"
        " where widgets show what the integration fetched, as those are behind until it asks.",
    )
