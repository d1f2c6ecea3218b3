"""What `push.audience` costs and saves, by what a run's plan counted."""

from __future__ import annotations

from loyalty_desk.staging.run_record import RunRecord, Work


def audience_words(record: RunRecord) -> str:
    """A few sentences for a person; empty where a run planned nothing to tell it by."""
    if not record.has_done(Work.PLAN):
        return ""
    if "writes_saved" in record.written:
        return _of_recent(record)
    if "cards_left_out" in record.written:
        return _of_left_out(record)
    return _of_everybody(record) if record.planned else ""


def _of_recent(record: RunRecord) -> str:
    everybody = record.planned + record.writes_saved
    return (
        f"push.audience: recent planned {_writes(record.planned)}, "
        f"{record.planned_withdraw:,} of them to take a card away. everybody would have planned "
        f"{everybody:,}, so this run saved {record.writes_saved:,}. Who has no card and writes to "
        "you costs one write, by the lookup of the ticket."
    )


def _of_left_out(record: RunRecord) -> str:
    have = "customer has" if record.cards_left_out == 1 else "customers have"
    said = f"{record.cards_left_out:,} {have} no card, not having written lately."
    if record.filled:
        said += f" {_writes(record.filled)} in the background brought cards to others of them."
    return said


def _of_everybody(record: RunRecord) -> str:
    others = record.planned - record.planned_recent
    return (
        f"push.audience: everybody planned {_writes(record.planned)}, {record.planned_recent:,} of "
        f"them for customers with a recent ticket. recent would leave out the other {others:,}: "
        "a new card is not written, one that changes costs one write that takes it away and none "
        "after that. Who has no card and writes to you costs one write, by the lookup of the "
        "ticket."
    )


def _writes(count: int) -> str:
    return f"{count:,} {'write' if count == 1 else 'writes'}"
