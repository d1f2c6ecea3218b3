"""What was written to a customer's card when, what for, and what changed by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import orjson
from sqlalchemy import Connection, Row

from loyalty_desk.card.differences import Difference, find_differences
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import WITHDRAWN, CauseKind, Outcome
from loyalty_desk.staging.statements import statement

MOST: Final = 10
NEWEST: Final = "9999"
"""Above any version, in whatever order a database has texts."""
PLACES: Final = {"customer_data": "card", "custom_fields": "customer fields"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write of a card, as people read it. `why` is what it was for; `link` leads there, below
    the store's pages, and is empty where nothing does."""

    at_utc: str
    place: str
    what: str
    whose: str
    why: str
    link: str
    differences: list[Difference]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Writes, the newest first. `older` is where the next page begins; empty on the last one."""

    writes: list[Write]
    older: str = ""


def load_history(connection: Connection, store: str, customer_id: int, before: str = "") -> History:
    """What was written to a customer's card, of before the version `before` if one is named."""
    binds = {
        "store": store,
        "customer_id": customer_id,
        "before_version": before if before and before.isprintable() else NEWEST,
        "most": MOST + 1,
    }
    rows = connection.execute(statement("push/history/select_writes_of"), binds).all()
    shown = rows[:MOST]
    older = shown[-1].version_utc if len(rows) > MOST else ""
    return History(writes=[_write(row) for row in shown], older=older)


def _write(row: Row[Any]) -> Write:
    before, after = read_card(row.card_before), read_card(row.card) or {}
    why, link = _why(row.cause, row.cause_ref)
    return Write(
        at_utc=row.written_at_utc,
        place=PLACES.get(row.destination, row.destination),
        what=what_changed(before, after, is_found=row.cause == CauseKind.FOUND),
        whose=whose_card(row.outcome, row.member_id),
        why=why,
        link=link,
        differences=find_differences(before or {}, after),
    )


def read_card(text: str | None) -> Mapping[str, Any] | None:
    """A card as staging keeps it; None where none is known."""
    card: Mapping[str, Any] | None = None if text is None else orjson.loads(text)
    return card


def what_changed(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], *, is_found: bool = False
) -> str:
    """What a write did, in a word or three."""
    if is_found:
        return "It stood there already"
    if not after:
        return "Taken away"
    if before is None:
        return "First write that is kept"
    if not before:
        return "First card"
    if before == after:
        return "The same in other words"
    return "No member's card any more" if _is_lost(before, after) else "Changed"


def _is_lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return before.get("member") is True and after.get("member") is False


def whose_card(outcome: str, member_id: str | None) -> str:
    """Whose card it is; of nobody's what it states."""
    if outcome == WITHDRAWN:
        return "nobody's"
    if outcome == Outcome.MATCHED:
        return f"member {member_id}" if member_id else "a member's"
    return CARD_CLASSES[Outcome(outcome)].summary if outcome in CARD_CLASSES else outcome


def changes_path(run_id: str) -> str:
    """Where the changes of a run are, below the store's pages."""
    return f"/runs/{quote(run_id, safe='')}/changes"


def _why(cause: str | None, ref: str | None) -> tuple[str, str]:
    """What a card was written for, and where that is told."""
    if cause is None:
        return "It stood there when this history began, or the reason is not told", ""
    link = ""
    if ref and cause in (CauseKind.SYNC, CauseKind.FOUND):
        link = changes_path(ref)
    elif ref and cause == CauseKind.AWARD:
        link = f"/awards/{quote(ref, safe='')}"
    of_ticket = f" for ticket {ref}" if ref and cause == CauseKind.LOOKUP else ""
    return f"{_WHY[CauseKind(cause)]}{of_ticket}", link


_WHY: Final = {
    CauseKind.SYNC: "A sync",
    CauseKind.FOUND: "A sync found it",
    CauseKind.AWARD: "An award",
    CauseKind.WEBHOOK: "The platform told of a change",
    CauseKind.LOOKUP: "A lookup",
    CauseKind.DECISION: "A person said who is who",
    CauseKind.DISCONNECT: "The store was disconnected",
    CauseKind.ERASURE: "A person is erased",
}
