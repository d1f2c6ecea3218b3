"""What is to be done to one object, from what is wanted and what the account holds. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from loyalty_desk.gorgias.objects import ARCHIVED, DEACTIVATED, Body, Kind


class Verb(StrEnum):
    """What connect does to an object."""

    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    RESTORE = "restore"
    """Out of the archive, as it should be."""
    REMOVE_DOUBLE = "remove_double"
    REMOVE_UNWANTED = "remove_unwanted"
    DO_WITHOUT = "do_without"
    """Gorgias does not make it, and the rest works without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One object as it should be. `key` names it within its kind and store.

    `body` is what it is made with; `repaired` are the keys that are put back when somebody changed
    them, and `settled` those that stay as they are once it is made. `is_ours` tells by its natural
    key whether an object is ours, when its id is not known.
    """

    kind: Kind
    key: str
    body: Body
    repaired: frozenset[str]
    is_ours: Callable[[Body], bool]
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is to be done to one object. `changed` names the keys that are put back."""

    verb: Verb
    kind: Kind
    key: str
    gorgias_id: int | None
    body: Body
    changed: tuple[str, ...] = ()


def actions_for(wanted: Wanted, held: Sequence[Body], known_id: int | None) -> list[Action]:
    """What to do about one wanted object, given all objects of its kind, oldest first.

    The object whose id we know is ours whatever became of it; what has our natural key besides is a
    double, made by hand or by a call whose answer was lost. Nothing else is touched.
    """
    ours = [row for row in held if row["id"] == known_id or wanted.is_ours(row)]
    if not ours:
        return [_action(Verb.CREATE, wanted, None)]
    kept = min(ours, key=lambda row: (row["id"] != known_id, bool(row.get(DEACTIVATED))))
    doubles = [
        _action(Verb.REMOVE_DOUBLE, wanted, row)
        for row in ours
        # A field cannot be deleted: in the archive it is as gone as it can be.
        if row is not kept and not (wanted.kind is Kind.CUSTOM_FIELD and row.get(DEACTIVATED))
    ]
    if kept.get(ARCHIVED) is not None:
        return [_action(Verb.RESTORE, wanted, kept), *doubles]
    changed = tuple(key for key in sorted(wanted.repaired) if _differs(wanted.body, kept, key))
    if kept.get(DEACTIVATED) is not None:
        changed = (*changed, DEACTIVATED)
    verb = Verb.UPDATE if changed else Verb.KEEP
    return [_action(verb, wanted, kept, changed), *doubles]


def unwanted(kind: Kind, known: Mapping[str, int], keys: Iterable[str]) -> list[Action]:
    """What was made earlier and is not wanted any more, such as a macro whose file is gone."""
    return [
        Action(verb=Verb.REMOVE_UNWANTED, kind=kind, key=key, gorgias_id=known[key], body={})
        for key in sorted(set(known) - set(keys))
    ]


def covers(held: Any, wanted: Any) -> bool:
    """Whether an answer holds what is wanted; Gorgias may add keys, and spell null as absent."""
    if isinstance(wanted, Mapping):
        return isinstance(held, Mapping) and all(
            covers(held.get(key), value) for key, value in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(held, list)
            and len(held) == len(wanted)
            and all(covers(*pair) for pair in zip(held, wanted, strict=True))
        )
    return bool(held == wanted)


def _differs(body: Body, held: Body, key: str) -> bool:
    return not covers(held.get(key), body.get(key))


def _action(verb: Verb, wanted: Wanted, row: Body | None, changed: tuple[str, ...] = ()) -> Action:
    return Action(
        verb=verb,
        kind=wanted.kind,
        key=wanted.key,
        gorgias_id=None if row is None else int(row["id"]),
        body={**wanted.body, **{key: row[key] for key in wanted.settled if row and key in row}},
        changed=changed,
    )
