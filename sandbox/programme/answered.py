"""What a platform answers of a member otherwise than the programme holds it, place by place.

A place is a field's name, with dots for what is inside an object: `vip_tier.name`. Any place may be
said to hold another value, null, or not to be there, as in an older version of an API.
"""

from collections.abc import Iterator
from typing import Any

ABSENT = object()


class Answered:
    """The changed places of each member, by platform and row."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, int], dict[str, Any]] = {}

    def change(self, platform: str, row: int, changes: dict[str, Any]) -> None:
        """Say from now on what stands at places; `ABSENT` takes one away."""
        self._changes.setdefault((platform, row), {}).update(changes)

    def forget(self, platform: str, row: int) -> None:
        """Answer of a member as the programme holds it."""
        self._changes.pop((platform, row), None)

    def apply(self, platform: str, row: int, shown: dict[str, Any]) -> dict[str, Any]:
        """Change an answer that was just made, and return it."""
        for place, value in self._changes.get((platform, row), {}).items():
            holder, name = find_holder(shown, place)
            if holder is None:  # below something that is empty by now
                continue
            if value is ABSENT:
                holder.pop(name, None)
            else:
                holder[name] = value
        return shown


def find_holder(shown: dict[str, Any], place: str) -> tuple[dict[str, Any] | None, str]:
    """Return the object that holds a place, None when there is none, and the name in it."""
    *above, name = place.split(".")
    holder: Any = shown
    for step in above:
        holder = holder.get(step) if isinstance(holder, dict) else None
    return (holder if isinstance(holder, dict) else None), name


def places_of(shown: dict[str, Any], above: str = "") -> Iterator[str]:
    """Yield every place of an answer; an object is one, and so is each field in it."""
    for name, value in shown.items():
        yield above + name
        if isinstance(value, dict):
            yield from places_of(value, f"{above}{name}.")
