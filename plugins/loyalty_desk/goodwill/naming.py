"""Tiers and tags as tables and filters name them. Pure, and without pandas: pages start with it."""

from __future__ import annotations

import json
from typing import Final

NOT_KNOWN: Final = "not known"
NONE: Final = "none"


def tags_of(tags: str) -> list[str]:
    """The tags that an award counts under; one that says so where none are known, or there."""
    return [own_name(str(tag)) for tag in json.loads(tags)] or [NONE] if tags else [NOT_KNOWN]


def own_name(name: str | None) -> str:
    """A tier or tag as tables and filters name it: in quotes where it is one of our words."""
    if not name:
        return NONE
    return f"“{name}”" if name.strip("“”") in {NONE, NOT_KNOWN} else name
