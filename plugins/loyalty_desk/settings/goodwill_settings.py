"""The section `goodwill` of a store's settings: what points are worth, and what may be spent."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from loyalty_desk.settings.sections import check_cron
from loyalty_desk.settings.strict import Strict


class GoodwillSettings(Strict):
    """What points and credits by hand cost."""

    point_value: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="What one point is worth to the shop, in its `currency`, such as 0.01; null:"
        " points are told as points, and no money is made of them.",
    )

    budget_per_month: float | None = Field(
        default=None,
        ge=0.01,
        le=1_000_000_000,
        description="What may be spent on points and credits by hand in a month (UTC), in the same"
        " currency; people are told once at 80 and once at 100 percent. Null: no budget.",
    )

    schedule: str | None = Field(
        default="0 7 * * 1-5",
        description="Cron expression of when it is looked whether the month that ended is told to"
        " `reports.email_to`, each once a month; or null.",
    )
    _schedule_is_cron = field_validator("schedule")(check_cron)

    @field_validator("point_value")
    @classmethod
    def _is_some_millionths(cls, value: float | None) -> float | None:
        if value is not None and round(value * 1_000_000) == 0:
            raise ValueError("must be 0.000001 or more")
        return value

    @field_validator("budget_per_month")
    @classmethod
    def _is_of_money(cls, budget: float | None, told: ValidationInfo) -> float | None:
        if budget is not None and told.data.get("point_value") is None:
            raise ValueError("needs `point_value` beside it, or points would cost nothing")
        return budget

    @property
    def point_value_millionths(self) -> int | None:
        """A whole number, as money must not pass through float."""
        return None if self.point_value is None else round(self.point_value * 1_000_000)
