"""A member file is shown as a sync would take it, before it is dropped. Nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from fastapi import APIRouter, Request, Response

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now
from loyalty_desk.sync.member_preview import SHOWN, MemberPreview, preview_file
from loyalty_desk.web.forms import OwnForm
from loyalty_desk.web.pages import DeskRoute, page
from loyalty_desk.web.rights import Settling, Visitor

router = APIRouter(prefix="/desk/{store}/quality/member-file", route_class=DeskRoute)

_NO_NAME: Final = re.compile(r"[^\w. -]+")


@router.get("")
def choose_member_file(request: Request, visitor: Settling) -> Response:
    """Choose a file of members."""
    return _show(request, visitor)


@router.post("")
def preview_member_file(request: Request, visitor: Settling, form: OwnForm) -> Response:
    """Show what a sync would do with it."""
    name, content = form.files.get("file", ("", b""))
    if not name:
        return _show(request, visitor, problem="Choose a file first.")
    try:
        # The reader takes what lies somewhere; what lies here is gone with the answer.
        with TemporaryDirectory() as folder:
            path = Path(folder) / (_NO_NAME.sub("_", name)[-80:].lstrip(".") or "members.csv")
            path.write_bytes(content)
            now = ask_staging_now(staging_engine())
            found = preview_file(staging_engine(), visitor.store, path, now)
    except LoyaltyDeskError as error:
        columns = visitor.store.member_files.columns  # by its name: where it lies is no news here
        why = str(error).replace(str(columns), columns.name)
        return _show(request, visitor, problem=f"Not readable as a member file: {why}.")
    return _show(request, visitor, found=found)


def _show(
    request: Request, visitor: Visitor, *, found: MemberPreview | None = None, problem: str = ""
) -> Response:
    return page(
        request,
        "member_file.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Quality",
        found=found,
        classes_of=_classes(found) if found else [],
        problem=problem,
        shown=SHOWN,
        columns=visitor.store.member_files.columns.name,
    )


def _classes(found: MemberPreview) -> list[tuple[str, Sequence[int], str]]:
    """What becomes of the rows; who is gone has none, and stands below the sum."""
    rows: list[tuple[str, Sequence[int], str]] = [
        ("New", (found.new,), "Not known yet, or known as gone."),
        ("Changed", (found.changed,), "Known, and different in some field."),
        ("As they are", (found.same,), "Known, and the same."),
        ("Not usable", (found.rejected,), "Set aside; what is known of them stays."),
    ]
    if found.repeated:
        rows.append(("Repeated", (found.repeated,), "Of an id the first row counts."))
    if found.kept_out:
        rows.append(("Erased", (found.kept_out,), "Kept out, as they were erased."))
    rows.append(("All rows", (found.rows,), "The sum of the lines above."))
    if found.gone is not None:
        rows.append(("Gone", (found.gone,), "Known, and not in a file of everybody: they leave."))
    return rows
