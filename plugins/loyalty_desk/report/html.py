"""The report of a run: one self-contained page for a support manager, and a spreadsheet beside it.

The page holds ids, counts and agents' names, no e-mail, no script, and asks for nothing over the
network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Engine

from loyalty_desk.card.emails import masked_name
from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES, ClassText, class_text
from loyalty_desk.errors import StorageError
from loyalty_desk.folders import Folder, filled, remove, whole
from loyalty_desk.goodwill.table import Table
from loyalty_desk.mismatches.history import Progress
from loyalty_desk.mismatches.scores import REASON_WORDS
from loyalty_desk.records import Outcome, RunState
from loyalty_desk.report import awards, charts, formats
from loyalty_desk.report.audience import audience_words
from loyalty_desk.report.data import ReportData, load_report_data
from loyalty_desk.report.files import CSV, JSON, XLSX, write_files
from loyalty_desk.report.insight import Insight
from loyalty_desk.report.mismatch_rows import iter_mismatches
from loyalty_desk.report.shown import PLAINLY, Shown
from loyalty_desk.report.text import summary
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import COUNTERS, RunRecord, Work
from loyalty_desk.staging.statements import statement

PAGE: Final = "report.html.j2"
REPORT: Final = "report.html"
FILES: Final = (XLSX, CSV, JSON)
LATEST: Final = "latest.html"
_TEMPLATES: Final = Path(__file__).with_name("templates")
_STAGES: Final = ("members", "customers", "tickets", "match", "plan", "push", "checks")
_STATE_WORDS: Final = {
    RunState.RUNNING: "Still running",
    RunState.SUCCEEDED: "Succeeded",
    RunState.FAILED: "Stopped",
    RunState.ABANDONED: "Abandoned for a newer run",
}


def write_report(
    engine: Engine,
    store: str,
    run_id: str,
    out_dir: Folder,
    now: datetime,
    *,
    min_score: float = 0,
    sheets: Sequence[Table] = (),
    shown: Shown = PLAINLY,
) -> Folder:
    """Write `report.html` and the files of mismatches into `out_dir`; returns the page's path.

    Also writes the page as `latest.html` beside `out_dir`, and keeps the path in `runs`. May be
    repeated. The mismatches are those that staging holds now, with suggestions from `min_score` on;
    their workbook has further `sheets`.

    Raises:
        LookupError: the store has no such run.
        StorageError: it cannot be written; a report of the run that was there before is there yet.
    """
    data = load_report_data(engine, store, run_id, now, min_score)
    path = out_dir / REPORT
    binds = {"store": store, "run_id": run_id, "report_path": str(path)}
    try:
        with filled(out_dir.parent) as folder:
            write_pages(engine, data, folder / out_dir.name, now, min_score, sheets, shown)
    except StorageError:
        with reading(engine) as connection:
            run = connection.execute(statement("report/runs/select_runs"), binds).one()
        if run.report_path is None:  # else retention would never find the half of it
            remove(out_dir, ignore_errors=True)
        raise
    with engine.begin() as connection:
        connection.execute(statement("report/runs/set_report_path"), binds)
    return path


def write_pages(
    engine: Engine,
    data: ReportData,
    out_dir: Path,
    now: datetime,
    min_score: float,
    sheets: Sequence[Table] = (),
    shown: Shown = PLAINLY,
) -> None:
    """Write what `write_report` does from data that is read already, and keep no path."""
    store = data.record.store
    out_dir.mkdir(parents=True, exist_ok=True)
    rows = iter_mismatches(engine, store, now, min_score)
    run_id = data.record.run_id
    count = write_files(
        rows, out_dir, store=store, run_id=run_id, now=now, sheets=sheets, shown=shown
    )
    page = {**_page(data, now, shown), "mismatches": count, "files": FILES, "mailed": False}
    _write(out_dir / REPORT, page | {"folder": ""})
    _write(out_dir.parent / LATEST, page | {"folder": f"{out_dir.name}/"})


def write_mailed_page(
    data: ReportData, now: datetime, shown: Shown, out_dir: Path, count: int, files: Sequence[str]
) -> Path:
    """Write the page that is mailed with `files` of so many rows beside it; returns its path."""
    beside = {"mismatches": count, "files": files, "mailed": True, "folder": ""}
    page = {**_page(data, now, shown), **beside}
    _write(path := out_dir / REPORT, page)
    return path


def _write(path: Path, page: Mapping[str, Any]) -> None:
    """Write the page in one step, so that nobody ever opens half of one."""
    with whole(path) as unfinished:
        unfinished.write_text(template(PAGE).render(page), encoding="utf-8")


@cache
def template(name: str) -> Any:
    """A template of the report's, with the filters that print numbers and times."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= formats.FILTERS
    environment.globals["named"] = masked_name
    return environment.get_template(name)


def _page(data: ReportData, now: datetime, shown: Shown) -> dict[str, Any]:
    record = data.record
    return {
        "record": record,
        "done": {work.name.lower(): record.has_done(work) for work in Work},
        "made_at": now,
        "elsewhere": shown.elsewhere,
        "state_words": _STATE_WORDS[record.state],
        "summary": summary(record),
        "problems": data.problems,
        "unwritten": data.unwritten,
        "failed_pushes": data.failed_pushes,
        "rejected": data.rejected,
        "files_left": data.files_left,
        "checks": data.checks,
        "failed_checks": [check for check in data.checks if not check.passed],
        "awards": data.awards,
        "award_days": awards.DAYS,
        "card_keys": data.card_keys,
        "audience": audience_words(record),
        "push_chart": _push_chart(record),
        "push_rows": _push_rows(record),
        "stages": _stages(record),
        "stage_chart": _stage_chart(record),
        "counters": _counters(record),
        **_people(data),
        **_history(data.recent),
    }


def _people(data: ReportData) -> dict[str, Any]:
    """Where customers and members ended up, and whose tickets are open."""
    record = data.record
    customers, members = _classes(record, "customer"), _classes(record, "member")
    return {
        "has_matched": data.has_matched,
        "not_found": data.not_found,
        "progress": [
            (row, class_text(row.side, row.outcome).title) for row in data.progress if _moves(row)
        ],
        "insight": data.insight,
        "age_chart": _age_chart(data.insight),
        "domain_chart": _domain_chart(data.insight),
        "suggested": data.suggested,
        "reason_words": REASON_WORDS,
        "tickets_not_found": [
            (ticket, class_text("customer", ticket.outcome)) for ticket in data.tickets_not_found
        ],
        "tickets_by_class": [
            (class_text("customer", outcome).title, tickets)
            for outcome, tickets in data.tickets_by_class.items()
        ],
        "open_tickets": data.open_tickets,
        "sides": [
            {"name": "customer", "classes": customers, "chart": _side_chart(record, "customer")},
            {"name": "member", "classes": members, "chart": _side_chart(record, "member")},
        ],
        "to_look_at": sum(row["count"] for row in customers if row["text"].needs_person),
    }


def _history(runs: list[RunRecord]) -> dict[str, Any]:
    """The run among those before it, of which the oldest is the first."""
    return {
        "has_run_before": len(runs) > 1,
        "recent": runs[::-1],
        "trends": _trends(runs),
        "trend_classes": [
            (name, f"#{title}")
            for name, title, _ in _classes_that_need_a_person()
            if any(getattr(record, name) for record in runs)
        ],
    }


def _moves(row: Progress) -> bool:
    return bool(row.open or row.settled)


def _classes(record: RunRecord, side: str) -> list[dict[str, Any]]:
    classes = CUSTOMER_CLASSES if side == "customer" else MEMBER_CLASSES
    return [
        {
            "outcome": outcome.value,
            "text": text,
            "count": getattr(record, f"{side}s_{outcome}"),
            "share": formats.share(getattr(record, f"{side}s_{outcome}"), _total(record, side)),
        }
        for outcome, text in classes.items()
    ]


def _total(record: RunRecord, side: str) -> int:
    return int(getattr(record, f"{side}s_total"))


def _side_chart(record: RunRecord, side: str) -> Markup | None:
    total = _total(record, side)
    if not total:
        return None
    matched = getattr(record, f"{side}s_{Outcome.MATCHED}")
    rows = [("Matched", matched, _with_share(matched, total), charts.GOOD)]
    for row in _classes(record, side):
        text: ClassText = row["text"]
        colour = charts.LOOK if text.needs_person else charts.CALM
        if row["count"]:
            rows.append((text.title, row["count"], _with_share(row["count"], total), colour))
    return charts.bars(f"{side}s", f"Where the {total:,} {side}s ended up", rows)


def _push_rows(record: RunRecord) -> list[tuple[str, int, str]]:
    return [
        ("Pushed", record.pushed, charts.GOOD),
        ("Failed", record.failed, charts.BAD),
        ("Customer gone", record.gone, charts.CALM),
        ("Left for the next run", record.left, charts.LOOK),
    ]


def _push_chart(record: RunRecord) -> Markup | None:
    rows = _push_rows(record)
    if not any(count for _, count, _ in rows):
        return None
    bars = [(label, count, f"{count:,}", colour) for label, count, colour in rows]
    return charts.bars("push", "What became of the planned cards", bars)


def _stages(record: RunRecord) -> list[tuple[str, float]]:
    return [(stage, getattr(record, f"seconds_{stage}")) for stage in _STAGES]


def _stage_chart(record: RunRecord) -> Markup | None:
    stages = _stages(record)
    if not any(seconds for _, seconds in stages):
        return None
    rows = [
        (stage.capitalize(), seconds, formats.duration(seconds), charts.CALM)
        for stage, seconds in stages
    ]
    return charts.bars("stages", "Time of each stage", rows)


def _trends(recent: list[RunRecord]) -> list[tuple[str, Markup]]:
    """Charts over the last runs that came so far, the oldest on the left; none of a single run."""
    shown = (
        ("customers_matched", "Customers matched", charts.GOOD),
        *_classes_that_need_a_person(),
        ("pushed", "Cards pushed", charts.CALM),
        ("failed", "Cards failed", charts.BAD),
    )
    found = []
    for name, title, colour in shown:
        runs = [record for record in recent if name in record.written]
        values = [getattr(record, name) for record in runs]
        if len(runs) > 1 and any(values):
            labels = [formats.moment(record.started_at_utc) for record in runs]
            chart = charts.trend(f"trend-{name}", f"{title}, by run", labels, values, colour)
            found.append((title, chart))
    return found


def _classes_that_need_a_person() -> list[tuple[str, str, str]]:
    """The counter, title and colour of each, for a chart over the runs."""
    return [
        (f"{side}s_{outcome}", f"{text.title}: {side}s", charts.LOOK)
        for side, classes in (("customer", CUSTOMER_CLASSES), ("member", MEMBER_CLASSES))
        for outcome, text in classes.items()
        if text.needs_person
    ]


def _age_chart(insight: Insight) -> Markup | None:
    if not any(count for _, count in insight.ages):
        return None
    rows = [(title, count, f"{count:,}", charts.LOOK) for title, count in insight.ages]
    return charts.bars("ages", "How old the open mismatches are", rows)


def _domain_chart(insight: Insight) -> Markup | None:
    if not insight.mistyped:
        return None
    rows = [
        (f"{one.typed} for {one.meant}", one.customers, f"{one.customers:,}", charts.CALM)
        for one in insight.mistyped
    ]
    return charts.bars("domains", "The most frequent slips in domains", rows)


def _counters(record: RunRecord) -> list[tuple[str, float, str]]:
    fields = RunRecord.model_fields
    return [(name, getattr(record, name), fields[name].description or "") for name in COUNTERS]


def _with_share(part: int, whole: int) -> str:
    return f"{part:,} ({formats.share(part, whole)})"
