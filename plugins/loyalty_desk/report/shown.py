"""How a report shows what it names: where it leads, and in which time zone its times are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loyalty_desk.elsewhere import NOWHERE, Elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    elsewhere: Elsewhere = NOWHERE
    zone: str = "UTC"
    """Of times in workbooks, which have cells for times but none for their zones."""


PLAINLY: Final = Shown()
