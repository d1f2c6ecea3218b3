"""What is to be done to one ticket: what is wanted, what stands there, what of it is ours. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from loyalty_desk.gorgias.tickets import USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the store's rules want on a ticket; None for nothing of ours.

    `has_tag` is whether a rule fits, and `tag` the store's tag whether or not one does.
    """

    tag: str
    has_tag: bool
    priority: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What stands on a ticket; None where it is not known."""

    tags: Collection[str] | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What of it is ours, and what is left to people since a person changed it."""

    tag: str | None = None
    priority: str | None = None
    tag_is_left: bool = False
    priority_is_left: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether nothing of ours stands there, and nobody took anything of ours away."""
        return self == Ours()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What to do, at one request each, and what a person turns out to have changed."""

    add_tag: str | None = None
    remove_tag: str | None = None
    priority: str | None = None
    tag_is_left: bool = False
    priority_is_left: bool = False
    waits_for_tag: bool = False
    """Whether a tag would be added, were there one in the account."""

    @property
    def requests(self) -> int:
        return sum(one is not None for one in (self.add_tag, self.remove_tag, self.priority))


def decide(wanted: Wanted, seen: Seen, ours: Ours, *, may_remove: bool) -> Steps:
    """What brings a ticket to what is wanted without undoing what a person did.

    A tag that stands there already, and a priority that somebody chose, are not ours, and stay.
    With `may_remove` false the tag was there before us, and is never taken off.
    """
    add, remove, tag_is_left = _tag_steps(wanted, seen, ours, may_remove=may_remove)
    priority, priority_is_left = _priority_step(wanted, seen, ours)
    return Steps(
        add_tag=add,
        remove_tag=remove,
        priority=priority,
        tag_is_left=tag_is_left,
        priority_is_left=priority_is_left,
    )


def _tag_steps(
    wanted: Wanted, seen: Seen, ours: Ours, *, may_remove: bool
) -> tuple[str | None, str | None, bool]:
    """The tag to add, the one to take off, and whether tags are left to people."""
    if ours.tag_is_left:
        return None, None, True
    stands = seen.tags is not None and ours.tag in seen.tags
    held = ours.tag
    if held is not None and seen.tags is not None and not stands:
        if held == wanted.tag:
            return None, None, True
        held = None  # The store's tag has another name now, and the old one went with `connect`.
    target = wanted.tag if wanted.has_tag else None
    if held == target:
        return None, None, False
    is_there = target is not None and seen.tags is not None and target in seen.tags
    remove = held if stands and may_remove else None
    return None if is_there else target, remove, False


def _priority_step(wanted: Wanted, seen: Seen, ours: Ours) -> tuple[str | None, bool]:
    """The priority to set, and whether it is left to people."""
    if ours.priority_is_left:
        return None, True
    if ours.priority is None:
        is_free = seen.priority in (None, USUAL)
        return (wanted.priority if is_free and wanted.priority != USUAL else None), False
    if seen.priority is not None and seen.priority != ours.priority:
        return None, True
    target = wanted.priority or USUAL
    return (None if target == ours.priority else target), False
