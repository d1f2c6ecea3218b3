"""The mismatches as a spreadsheet: safe to open, and written row by row however many there are."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.mismatches.stage import Suggested, best_suggestions
from loyalty_desk.records import Outcome
from loyalty_desk.report.awards import load_awards
from loyalty_desk.report.classes import REASON_WORDS, class_text
from loyalty_desk.report.data import iter_tickets_not_found
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

COLUMNS: Final = (
    "side",
    "id",
    "class",
    "since",
    "newest_ticket_id",
    "tickets",
    "what_to_do",
    "may_be_member",
    "score",
    "because",
)
_ROWS_AT_ONCE: Final = 5_000
_ALL: Final = 2**31 - 1
_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_mismatches(
    engine: Engine, store: str, path: Path, now: datetime, min_score: float = 0
) -> int:
    """Write every mismatch of the store to `path`; returns how many.

    UTF-8 with a byte order mark, as spreadsheets expect, and RFC 4180. One per customer without a
    member, then one per member without a customer, then one per ticket whose look-up found nobody,
    then one per award that was lately refused as nobody was found; the class `not_a_member` is left
    out.
    """
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        with reading(engine) as connection:
            suggested = best_suggestions(connection, store, min_score)
        for row in _iter_rows(engine, store, now):
            cells = (*row, *_suggestion(suggested, row))
            writer.writerow([neutral(value) for value in cells])
            count += 1
    return count


def _suggestion(suggested: Mapping[int, Suggested], row: tuple[object, ...]) -> tuple[object, ...]:
    """Member, score and reasons for a customer that may be one; empty cells for anything else."""
    side, identifier = row[:2]
    found = suggested.get(int(str(identifier))) if side == "customer" else None
    if found is None:
        return "", "", ""
    return found.member_id, found.score, "; ".join(REASON_WORDS[one] for one in found.reasons)


def neutral(value: object) -> str:
    """The cell as text that no spreadsheet runs as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def _iter_rows(engine: Engine, store: str, now: datetime) -> Iterator[tuple[object, ...]]:
    for name in ("report/select_mismatched_customers", "report/select_mismatched_members"):
        with reading(engine) as connection:
            streaming = connection.execution_options(yield_per=_ROWS_AT_ONCE)
            for row in streaming.execute(statement(name), {"store": store}):
                yield (
                    row.side,
                    row.subject_id,
                    row.outcome,
                    row.since_utc,
                    row.newest_ticket_id,
                    row.ticket_count or 0,
                    class_text(row.side, row.outcome).what_to_do,
                )
    with reading(engine) as connection:
        streaming = connection.execution_options(yield_per=_ROWS_AT_ONCE)
        for ticket in iter_tickets_not_found(streaming, store, _ALL):
            yield (
                "ticket",
                ticket.ticket_id,
                ticket.outcome,
                utc_text(ticket.since),
                ticket.ticket_id,
                1,
                class_text("customer", ticket.outcome).what_to_do,
            )
    not_found = Outcome.CUSTOMER_NOT_FOUND.value
    with reading(engine) as connection:
        awards = load_awards(connection, store, now, most=_ALL, detail=not_found)
    for award in awards.rows:
        yield (
            "award",
            award.award_id,
            not_found,
            utc_text(award.settled_at),
            award.ticket_id,
            0 if award.ticket_id is None else 1,
            award.text.what_to_do,
        )
