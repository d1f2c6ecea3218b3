"""What a run wrote to cards, or would write: of a dry run before anything is pushed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row

from loyalty_desk.card.cards import absent_card
from loyalty_desk.card.differences import Difference, find_differences
from loyalty_desk.card.keys import CARD, KEYS
from loyalty_desk.card.texts import TEXT_KEYS
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.mismatches.searches import find_id
from loyalty_desk.records import ChangeState, Destination, Outcome
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.run_record import load_run_record
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.card_history import (
    PLACES,
    changes_path,
    read_card,
    what_changed,
    whose_card,
)
from loyalty_desk.web.pages import DeskRoute, page
from loyalty_desk.web.rights import Seeing

router = APIRouter(prefix="/desk/{store}/runs/{run_id}", route_class=DeskRoute)

MOST: Final = 50
CHUNK: Final = 500
LOOKED_AT: Final = 3_000
"""Changes that one page looks through for a field, so that a rare one costs nobody a long wait."""
EVERYBODY: Final = 2**63 - 1
KINDS: Final = {
    "new": "First card",
    "update": "Changed",
    "clear": "No member's card any more",
    "texts": "The same in other words",
    "withdraw": "Taken away",
}
STATES: Final = {
    ChangeState.PLANNED.value: "not written yet",
    ChangeState.SENDING.value: "being written",
    ChangeState.DONE.value: "written",
    ChangeState.FAILED.value: "failed",
    ChangeState.GONE.value: "customer is gone",
}
FIELDS: Final = {
    key.name: key.label for key in CARD if key.name not in {*TEXT_KEYS, "summary", "synced_at"}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the query asks for; empty is everything. `after` is where the page before ended."""

    field: str = ""
    kind: str = ""
    state: str = ""
    customer: str = ""
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        return any((self.field, self.kind, self.state, self.customer))

    def query(self, after: str = "") -> dict[str, str]:
        return {**asdict(self), "after": after}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One card of a run, as people read it. `note` says what the differences do not."""

    customer_id: int
    name: str | None
    place: str
    what: str
    whose: str
    state: str
    is_failed: bool
    note: str
    differences: list[Difference]


@dataclass(slots=True)
class Found:
    """A page of changes. `after` is where the next one begins; empty when there is none."""

    changes: list[Change] = field(default_factory=list)
    after: str = ""


@router.get("/changes")
def show_changes(request: Request, visitor: Seeing, run_id: str) -> Response:
    """The changes of a run, filtered and a page at a time."""
    chosen = _read_query(request.query_params)
    if not run_id.isprintable():
        raise WebError(404, "There is no such run.")
    with reading(staging_engine()) as connection:
        try:
            run = load_run_record(connection, visitor.store.name, run_id)
        except LookupError:
            raise WebError(404, "There is no such run; runs are kept for a limited time.") from None
        found = find_changes(connection, visitor.store, run_id, chosen)
    return page(
        request,
        "run_changes.html.j2",
        visitor,
        place="Overview",
        run=run,
        path=changes_path(run_id),
        chosen=chosen,
        found=found,
        fields=sorted(FIELDS.items(), key=lambda one: one[1]),
        kinds=KINDS.items(),
        states=STATES.items(),
        has_places=len(visitor.store.push_to) > 1,
    )


def _read_query(query: Mapping[str, str]) -> Chosen:
    """What is asked for; a word that no list has asks for everything."""
    asked = {name: query.get(name, "") for name in ("field", "kind", "state")}
    known = {"field": FIELDS, "kind": KINDS, "state": STATES}
    after = query.get("after", "")
    return Chosen(
        customer=query.get("customer", "").strip(),
        after=after if _read_after(after) else "",
        **{name: word if word in known[name] else "" for name, word in asked.items()},
    )


def _read_after(text: str) -> tuple[int, str] | None:
    number, _, destination = text.partition(" ")
    customer_id = find_id(number)
    return (customer_id, destination) if customer_id and destination.isprintable() else None


def find_changes(
    connection: Connection, store: StoreSettings, run_id: str, chosen: Chosen
) -> Found:
    """A page of changes that are as asked for, by customer; fewer where many were looked at."""
    found = Found()
    for number, row in enumerate(_iter_rows(connection, store, run_id, chosen)):
        here = f"{row.customer_id} {row.destination}"
        if len(found.changes) == MOST or number == LOOKED_AT:
            return found
        change = _change(store, row)
        if not chosen.field or chosen.field in {one.key for one in change.differences}:
            found.changes.append(change)
        found.after = here
    found.after = ""
    return found


def _iter_rows(
    connection: Connection, store: StoreSettings, run_id: str, chosen: Chosen
) -> Iterator[Row[Any]]:
    """Yield rows by customer, from where the page before ended."""
    after = _read_after(chosen.after) or (0, "")
    last = EVERYBODY
    if chosen.customer:
        last = find_id(chosen.customer) or 0
        after = max(after, (last, ""))
    chunk = CHUNK if chosen.field else MOST + 1
    while True:
        binds = {
            "store": store.name,
            "run_id": run_id,
            "kind": chosen.kind,
            "state": chosen.state,
            "after_customer": after[0],
            "after_destination": after[1],
            "last_customer": last,
            "chunk": chunk,
        }
        rows = connection.execute(statement("push/history/select_run_changes"), binds).all()
        yield from rows
        if len(rows) < chunk:
            return
        after = rows[-1].customer_id, rows[-1].destination


def _change(store: StoreSettings, row: Row[Any]) -> Change:
    before = read_card(row.card_before)
    is_done = row.state == ChangeState.DONE
    after = read_card(row.written_card) if is_done else _wanted(row)
    if not is_done and row.destination == Destination.CUSTOM_FIELDS:
        before, after = _in_fields(store, before), _in_fields(store, after)
    return Change(
        customer_id=row.customer_id,
        name=row.name,
        place=PLACES.get(row.destination, row.destination),
        what=KINDS.get(row.kind, row.kind) if after is None else _what(row, before, after),
        whose=whose_card(row.outcome, row.member_id),
        state=STATES.get(row.state, row.state),
        is_failed=row.state == ChangeState.FAILED,
        note=_note(row, before, after, is_done=is_done),
        differences=[] if after is None else find_differences(before or {}, after),
    )


def _what(row: Row[Any], before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    if before is None:  # what the card said is not known, but the plan knew whether there was one
        return KINDS.get(row.kind, str(row.kind))
    return what_changed(before, after)


def _wanted(row: Row[Any]) -> Mapping[str, Any] | None:
    """The card that is to be written, by what is staged now; None when that is not known."""
    if row.outcome == Outcome.MATCHED:
        return read_card(row.wanted_card)
    return absent_card(Outcome(row.outcome)) if row.outcome in CARD_CLASSES else {}


def _in_fields(store: StoreSettings, card: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The part of a card that customer fields hold, but for sentences, which follow from it."""
    if card is None:
        return None
    keys = (set(store.gorgias.custom_fields) & KEYS.keys()) - set(TEXT_KEYS)
    return {key: value for key, value in card.items() if key in keys}


def _note(
    row: Row[Any],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    is_done: bool,
) -> str:
    """What the differences alone do not say, if there is anything."""
    if after is None:
        if is_done:
            return "What was written is not kept, or it stood there already."
        return "The member is not known any more."
    notes = []
    if before is None and row.kind != "new":
        notes.append("What the card said before is not kept.")
    if not is_done:
        notes.append(row.error or _since_planned(row))
    return " ".join(filter(None, notes))


def _since_planned(row: Row[Any]) -> str:
    """What came between the plan and now."""
    if row.accepted_fingerprint == row.fingerprint:
        return "It was written meanwhile."
    if row.outcome == Outcome.MATCHED and row.wanted_fingerprint != row.fingerprint:
        return "The member changed since this was planned; this is as of now."
    return ""
