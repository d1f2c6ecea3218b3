"""The section `push` of a store's settings: how cards are written, and to whom."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from loyalty_desk.settings.strict import Strict


class PushSettings(Strict):
    """How cards are written, and to whom."""

    audience: Literal["everybody", "recent"] = Field(
        default="everybody",
        description="To whom a sync writes cards: `everybody`, or `recent`, who has an open ticket"
        " or one within `push.recent_days`. Somebody else's is written when they write to you.",
    )
    recent_days: int = Field(
        default=90,
        ge=1,
        le=3_650,
        description="A ticket updated within these days makes its customer one of `recent`.",
    )
    minutes: float = Field(
        default=45.0, gt=0, description="Time box of the push; what is left waits for the next run."
    )
    workers: int = Field(default=4, ge=1, le=32, description="Requests under way at once.")
    readback_sample: int = Field(
        default=20, ge=0, description="Customers read back after the push to check what arrived."
    )
    protect_other_keys: Literal["known", "always"] = Field(
        default="known",
        description="Read a customer before writing when other tools' data or field values may "
        "stand there, or always (one more request per write).",
    )
