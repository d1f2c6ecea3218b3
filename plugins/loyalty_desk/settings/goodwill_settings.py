"""The section `goodwill` of a store's settings: what points are worth, and what may be spent."""

from __future__ import annotations

from pydantic import Field

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

    @property
    def point_value_millionths(self) -> int | None:
        """A whole number, as money must not pass through float."""
        return None if self.point_value is None else round(self.point_value * 1_000_000)
