"""The section `texts` of a store's settings: what shoppers are told, and in which languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from loyalty_desk.settings.strict import Strict

Language = Annotated[str, Field(pattern="^[a-z]{2}$")]


class TextSettings(Strict):
    """What shoppers are told on a card, and in which languages."""

    language: Language = Field(
        default="en",
        description="What everybody is told in whose language in Gorgias is none of `languages`.",
    )
    languages: tuple[Language, ...] = Field(
        default=(),
        description="Further languages, such as `[de, fr]`: who has one in Gorgias is told in it,"
        " and each has its macros.",
    )
    folder: str = Field(
        default="",
        description="Folder of the store's own texts, a file a language such as `de.yaml`; empty:"
        " what ships.",
    )
    credits_as_money: bool = Field(
        default=False,
        description="Whether store credit is said with the sign of `currency`; else as a number.",
    )

    @property
    def offered(self) -> tuple[str, ...]:
        """Each language once, the one of everybody else first."""
        return tuple(dict.fromkeys((self.language, *self.languages)))
