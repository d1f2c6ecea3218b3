"""The run record as text: for the task's log, for the note on a DAG run, and runs side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.records import RunState
from loyalty_desk.report.formats import counter
from loyalty_desk.staging.run_record import RunRecord, Work, balance_problems

Line = tuple[str, str]

COMPARED: Final = (
    "members_fetched",
    "members_rejected",
    "members_changed",
    "customers_fetched",
    "customers_rejected",
    "customers_changed",
    "tickets_fetched",
    "tickets_rejected",
    "customers_total",
    "customers_matched",
    *(f"customers_{outcome}" for outcome in CUSTOMER_CLASSES),
    "members_total",
    "members_matched",
    *(f"members_{outcome}" for outcome in MEMBER_CLASSES),
    "planned",
    "cards_unchanged",
    "pushed",
    "failed",
    "gone",
    "left",
    "readback_checked",
    "readback_wrong",
    "gorgias_requests",
    "gorgias_rate_limited",
    "platform_requests",
    "platform_rate_limited",
    "seconds_total",
)
"""The rows of `side_by_side`."""
_SOURCES: Final = (
    ("members", Work.MEMBERS),
    ("customers", Work.CUSTOMERS),
    ("tickets", Work.TICKETS),
)


NOTHING_BEGUN: Final = "the run did not begin, so nothing was read, matched or pushed"


def summary(record: RunRecord) -> str:
    """What happened, in a few sentences for a person; of what was not reached it says nothing."""
    sentences = _match_sentences(record) if record.has_done(Work.MATCH) else [_read(record)]
    if record.has_done(Work.PLAN):
        sentences.append(_push_sentence(record))
    else:
        sentences.append("Nothing was planned or pushed")
    rejected = record.members_rejected + record.customers_rejected + record.tickets_rejected
    if rejected:
        were = "row was" if rejected == 1 else "rows were"
        sentences.append(f"{rejected:,} unusable {were} set aside")
    if record.member_files_left:
        were = "file was" if record.member_files_left == 1 else "files were"
        sentences.append(f"{record.member_files_left:,} member {were} not read")
    if record.ledger_not_read:
        sentences.append("Why balances moved is not known: the platform's ledger was not read")
    elif record.ledger_rejected:
        were = "booking" if record.ledger_rejected == 1 else "bookings"
        sentences.append(f"{record.ledger_rejected:,} {were} of the ledger could not be read")
    if record.cards_stale:
        stay = "card stays as it was" if record.cards_stale == 1 else "cards stay as they were"
        sentences.append(f"{record.cards_stale:,} {stay}, as a row of theirs was set aside")
    return ". ".join(sentences) + "."


def table(record: RunRecord) -> str:
    """The record as an aligned table, for the task's log; classes with nobody are left out, and so
    is what was not reached.
    """
    lines: list[Line] = [("state", _state(record)), ("dry run", "yes" if record.dry_run else "no")]
    lines.extend((name, _extract(record, name)) for name, work in _SOURCES if record.has_done(work))
    if record.has_done(Work.MATCH):
        for side, classes in (("customers", CUSTOMER_CLASSES), ("members", MEMBER_CLASSES)):
            lines.append((f"{side} matched", _of(record, f"{side}_matched", f"{side}_total")))
            counts = {outcome: getattr(record, f"{side}_{outcome}") for outcome in classes}
            lines.extend(
                (f"  {outcome}", f"{count:,}") for outcome, count in counts.items() if count
            )
    lines += _outcome_lines(record)
    lines.extend(("does not add up", problem) for problem in balance_problems(record))
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in lines)


def note(record: RunRecord, unwritten: Mapping[str, str] = MappingProxyType({})) -> str:
    """A few lines of markdown for the DAG run's note, with the files that were not written."""
    lines = [f"**{_state(record)}**{' (dry run)' if record.dry_run else ''}: {summary(record)}"]
    if record.failure:
        lines.append(_why(record.failure))
    if record.has_done(Work.PLAN):
        lines.append(
            f"- planned {record.planned:,}, pushed {record.pushed:,}, failed {record.failed:,}, "
            f"left {record.left:,}"
        )
    if record.checks_failed:
        lines.append(f"- checks failed: {_checks(record)}")
    lines.append(f"- {_requests(record)}, {record.seconds_total:,.0f} s")
    lines += [f"- {what} could not be written: {_plain(why)}" for what, why in unwritten.items()]
    return "\n".join(lines)


def note_without_run(failure: str) -> str:
    """The same for a run that could not begin, of which there may be no record."""
    return f"**{RunState.FAILED.value}**: {NOTHING_BEGUN}.\n{_why(failure)}"


def side_by_side(records: Sequence[RunRecord]) -> str:
    """Runs in columns, as given."""
    heads = ["", *(record.run_id for record in records)]
    lines = [heads, ["state", *(_state(record) for record in records)]]
    for name in COMPARED:
        values = [counter(record, name) for record in records]
        lines.append([name.replace("_", " "), *values])
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _match_sentences(record: RunRecord) -> list[str]:
    customers = f"{record.customers_total:,} {_plural(record.customers_total, 'customer')}"
    members = f"{record.members_total:,} {_plural(record.members_total, 'member')}"
    sentences = [
        f"{record.customers_matched:,} of {customers} matched",
        f"{record.members_matched:,} of {members} found in Gorgias",
    ]
    not_found = record.customers_customer_not_found
    if not_found:
        are = (
            "customer with recent tickets is"
            if not_found == 1
            else "customers with recent tickets are"
        )
        sentences.append(f"{not_found:,} {are} not in the programme")
    return sentences


def _read(record: RunRecord) -> str:
    """What was read of what there is to read, for a run that came no further."""
    done = [
        f"{getattr(record, f'{name}_fetched'):,} {name}"
        for name, work in _SOURCES
        if record.has_done(work)
    ]
    if not done:
        return "It stopped before anything was read to its end"
    return f"It read {', '.join(done)}, and stopped before the match"


def _outcome_lines(record: RunRecord) -> list[Line]:
    by_kind = (
        f"{record.planned_new:,} new, {record.planned_update:,} update, "
        f"{record.planned_clear:,} clear"
    )
    if record.planned_texts:
        by_kind += f", {record.planned_texts:,} in other words"
    if record.planned_withdraw:
        by_kind += f", {record.planned_withdraw:,} taken away"
    not_pushed = f"{record.failed:,} failed, {record.gone:,} gone, {record.left:,} left"
    if record.rewritten:
        not_pushed += f"; {record.rewritten:,} unchanged, in a newer form"
    unchanged = f"{record.cards_unchanged:,} unchanged"
    if record.cards_stale:
        unchanged += f", {record.cards_stale:,} stale"
    lines = [
        (Work.PLAN, "planned", f"{record.planned:,} ({by_kind}), {unchanged}"),
        (Work.PUSH, "pushed", f"{record.pushed:,}, {not_pushed}"),
        (
            Work.READ_BACK,
            "read back",
            f"{record.readback_checked:,}, {record.readback_wrong:,} wrong",
        ),
    ]
    return [
        *((name, text) for work, name, text in lines if record.has_done(work)),
        *(
            [("edited meanwhile", f"fields of {record.gorgias_field_edits:,} customers")]
            if record.gorgias_field_edits
            else []
        ),
        *(
            [("checks failed", _checks(record))]
            if "quality_critical_failed" in record.written
            else []
        ),
        ("requests", _requests(record)),
        ("seconds", f"{record.seconds_total:,.1f}"),
    ]


def _checks(record: RunRecord) -> str:
    parts = [
        f"{record.quality_critical_failed:,} critical",
        f"{record.quality_warning_failed:,} warning",
    ]
    if record.quality_row_failed:
        parts.insert(1, f"{record.quality_row_failed:,} for rows that were set aside")
    return ", ".join(parts)


def _aligned(cells: Iterable[str], widths: Sequence[int]) -> str:
    name, *values = (
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join((name, *values)).rstrip()


def _push_sentence(record: RunRecord) -> str:
    if not record.planned:
        return "Every card is right already, nothing was to be pushed"
    planned = f"{record.planned:,} {_plural(record.planned, 'card')}"
    if record.dry_run:
        return f"{planned} would have changed; this was a dry run, so nothing was pushed"
    if not record.pushed + record.failed + record.gone + record.left:
        return f"{planned} had to change; nothing was pushed"
    parts = [f"{record.pushed:,} pushed"]
    for name, words in (
        ("failed", "failed"),
        ("gone", "had no customer any more"),
        ("left", "left for the next run"),
    ):
        count = getattr(record, name)
        if count:
            parts.append(f"{count:,} {words}")
    return f"{planned} had to change: {', '.join(parts)}"


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _state(record: RunRecord) -> str:
    return RunState(record.state).value


def _extract(record: RunRecord, source: str) -> str:
    parts = [f"{getattr(record, f'{source}_fetched'):,} fetched"]
    for what in ("rejected", "changed", "gone"):
        count = getattr(record, f"{source}_{what}", 0)
        if count:
            parts.append(f"{count:,} {what}")
    return ", ".join(parts)


def _of(record: RunRecord, part: str, whole: str) -> str:
    return f"{getattr(record, part):,} of {getattr(record, whole):,}"


def _requests(record: RunRecord) -> str:
    return (
        f"Gorgias {record.gorgias_requests:,} ({record.gorgias_rate_limited:,} told to wait), "
        f"platform {record.platform_requests:,} ({record.platform_rate_limited:,} told to wait)"
    )


def _why(failure: str) -> str:
    return f"Why: {_plain(failure)}"


def _plain(text: str) -> str:
    """Text on one line that markdown shows as it is."""
    return "".join(
        f"\\{char}" if char in "\\`*_[]<>#|" else char for char in " ".join(text.split())
    )
