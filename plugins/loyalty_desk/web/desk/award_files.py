"""Awards from a file: what it would do is shown by class and cost, and then asked for as seen.

Whoever is logged in is the agent: nobody awards here in another's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request, Response

from loyalty_desk.awards.csv_import import (
    AwardFile,
    AwardFileError,
    Import,
    OtherFileError,
    import_awards,
    read_content,
)
from loyalty_desk.awards.file_rows import WORDS
from loyalty_desk.awards.queue import Door
from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.web.desk.costs import Outlay, load_outlay
from loyalty_desk.web.forms import Form, OwnForm
from loyalty_desk.web.pages import DeskRoute, page
from loyalty_desk.web.rights import Awarding, Visitor

router = APIRouter(prefix="/desk/{store}/awards/import", route_class=DeskRoute)

SHOWN: Final = 100
"""Rows of each class that the page lists."""


@router.get("")
def choose_file(request: Request, visitor: Awarding) -> Response:
    """Choose a file of awards."""
    return _show(request, visitor)


@router.post("")
def import_file(request: Request, visitor: Awarding, form: OwnForm) -> Response:
    """Show what a file would do; once that was seen, do it."""
    file = done = None
    seen = form.get("seen") if form.get("action") == "import" else ""
    try:
        file = _read_file(form)
        done = import_awards(
            staging_engine(),
            visitor.store,
            file,
            ask_staging_now(staging_engine()),
            agent=visitor.name,
            preview=not seen,
            seen=seen or None,
        )
    except AwardFileError as error:
        return _show(request, visitor, problem=f"{error}.")
    except OtherFileError as error:
        return _show(request, visitor, file=file, done=error.done, problem=f"Not done: {error}.")
    return _show(request, visitor, file=file, done=done, is_preview=not seen)


def _read_file(form: Form) -> AwardFile:
    """The file that was chosen, or the one whose preview was seen; raises AwardFileError."""
    door = Door.BATCH if form.get("whole") else Door.DESK
    if "file" in form.files and form.files["file"][0]:
        name, content = form.files["file"]
        return read_content(name, content, door)
    if not form.get("content"):
        raise AwardFileError("choose a file first")
    text = form.all("content")[0]
    return AwardFile(form.get("name") or "the file", text, door)


def _show(
    request: Request,
    visitor: Visitor,
    *,
    file: AwardFile | None = None,
    done: Import | None = None,
    is_preview: bool = True,
    problem: str = "",
) -> Response:
    return page(
        request,
        "import.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Awards",
        file=file,
        done=done,
        bad=sorted(done.bad_lines.items()) if done else [],
        notices=done.notices if done else {},
        classes_of=_classes(done) if done else [],
        outlay=_outlay(visitor, done) if done and is_preview else None,
        words=WORDS,
        approvals=sum(line.waits for line in done.lines) if done else 0,
        is_preview=is_preview,
        is_batch=file is not None and file.door is Door.BATCH,
        problem=problem,
        columns=[name for name in FIELDS if name != "agent"],
        shown=SHOWN,
    )


def _classes(done: Import) -> list[tuple[str, Sequence[int], str]]:
    """Each class with its rows and what it means, and the sum of them."""
    rows = [(WORDS[fate][0], (count,), WORDS[fate][1]) for fate, count in done.counts.items()]
    everything = (sum(done.counts.values()),)
    return [*rows, ("All", everything, "The sum of the lines above.")]


def _outlay(visitor: Visitor, done: Import) -> Outlay:
    with reading(staging_engine()) as connection:
        return load_outlay(
            connection,
            visitor.store,
            staging_now(connection),
            before=done.parts(new=False),
            added=done.parts(new=True),
        )
