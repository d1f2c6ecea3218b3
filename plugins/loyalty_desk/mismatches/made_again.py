"""What people decided after a backup was made, decided again from the journal.

The journal has hashes: whom they are of is found among those whom staging knows. It has neither
reasons nor names, so both say that they are from before a restore.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from loyalty_desk.errors import PermanentError
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Batch, DecisionError, Pair, Subject
from loyalty_desk.mismatches.in_force import Action
from loyalty_desk.mismatches.links import remove_link
from loyalty_desk.staging.journal import Event

BEFORE: Final = "before a restore"
REASON: Final = "decided before a restore; the reason is not known any more"


def decide_again(
    connection: Connection,
    store: str,
    event: Event,
    told: Mapping[str, Any],
    people: Mapping[str, str],
    at: datetime,
) -> int:
    """Decide again what an entry tells; returns how much of it is about nobody staging knows.

    `people` are ids by their hashes. Nothing of it is told to the journal once more.
    """
    match event:
        case Event.DECIDED:
            batch = Batch(connection, store, BEFORE, at, told["batch"])
            return sum(not _again(batch, told, people, one) for one in told["about"])
        case Event.UNDONE:
            try:
                decisions.take_back(connection, store, told["batch"], BEFORE, at)
            except DecisionError:  # about nobody whom the backup knows, which was counted then
                return 0
        case Event.UNLINKED:
            if (customer_id := people.get(told["customer"])) is None:
                return 1
            decisions.undo_links(connection, store, int(customer_id), BEFORE, at)
            try:
                remove_link(connection, store, int(customer_id), at)
            except PermanentError:  # there was none yet
                return 0
    return 0


def _again(
    batch: Batch, told: Mapping[str, Any], people: Mapping[str, str], about: tuple[str, str, str]
) -> bool:
    side, subject_hash, member_hash = about
    subject_id, member_id = people.get(subject_hash), people.get(member_hash)
    if subject_id is None or (member_hash is not None and member_id is None):
        return False
    try:
        match Action(told["action"]):
            case Action.IGNORE:
                batch.decide_ignored(Subject(side, subject_id), REASON, told["until_utc"])
            case Action.LINK:
                batch.decide_link(Pair(int(subject_id), str(member_id)))
            case Action.REFUSE:
                batch.decide_refusal(Pair(int(subject_id), str(member_id)))
    except PermanentError:  # who is gone, or is no mismatch
        return False
    return True
