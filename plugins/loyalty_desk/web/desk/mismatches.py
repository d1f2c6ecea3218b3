"""Mismatches: the list, one with its evidence and history, and what people decide about them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES, class_text
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import PermanentError
from loyalty_desk.hooks.account_zones import zone_of
from loyalty_desk.lookup.candidates import hear_of
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import DecisionError, Pair, Subject
from loyalty_desk.mismatches.history import count_open
from loyalty_desk.mismatches.listing import (
    Emptiness,
    MismatchFilter,
    Side,
    Sort,
    Status,
    load_page,
    read_filter,
    why_empty,
)
from loyalty_desk.mismatches.scores import REASON_WORDS
from loyalty_desk.mismatches.searches import find_id
from loyalty_desk.plain_text import clean_prose
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.run_record import newest_match
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.evidence import load_mismatch
from loyalty_desk.web.desk.journalled import journalled
from loyalty_desk.web.forms import Form, OwnForm, is_of_another_site
from loyalty_desk.web.pages import DeskRoute, back_to, page
from loyalty_desk.web.rights import Seeing, Settling, Visitor

router = APIRouter(prefix="/desk/{store}", route_class=DeskRoute)

MOST_REASON: Final = 200
SORTS: Final = {
    Sort.NEWEST: "the newest first",
    Sort.OLDEST: "the oldest first",
    Sort.SUREST: "the surest suggestion first",
    Sort.TICKETS: "most tickets first",
    Sort.RETURNED: "came back most often first",
}
STATUSES: Final = {
    Status.OPEN: "Open",
    Status.IGNORED: "Ignored",
    Status.SETTLED: "Settled",
    Status.ALL: "All",
}


@router.get("/mismatches")
def show_mismatches(request: Request, visitor: Seeing) -> Response:
    """The list, as filtered, sorted and paged by the query."""
    return _show_list(request, visitor)


@router.post("/mismatches")
def settle_many(request: Request, visitor: Settling, form: OwnForm) -> Response:
    """Do one thing to the row whose button was pressed, else to everything that was ticked."""
    row = form.get("link") or form.get("refuse")
    action = "link" if form.get("link") else "refuse" if row else form.get("action")
    chosen = [_chosen(one) for one in ([row] if row else form.all("chosen"))]
    if not chosen:
        return _show_list(request, visitor, problem="Tick at least one row first.")
    try:
        batch, said = _settle(visitor, form, action, chosen)
    except PermanentError as error:
        return _show_list(request, visitor, problem=str(error))
    done = {"done": said, "batch": batch}
    if not row:
        return journalled(_to_list(request, visitor, **done))
    subject, _ = chosen[0]
    return journalled(_to_list(request, visitor, subject, **done, row=_place(subject)))


@router.get("/mismatches/{side}/{subject_id:path}")
def show_mismatch(request: Request, visitor: Seeing, side: str, subject_id: str) -> Response:
    """One mismatch: who it is, who it may be, and what happened to it.

    With `ask=1` also what the platform tells of whom it may be; that costs requests, so it is for
    who acts here, and not for a link on a page of another site.
    """
    is_asked = bool(request.query_params.get("ask")) and not is_of_another_site(request)
    if is_asked and not visitor.may_ask_now:
        raise WebError(403, "You may only look here. Who may do more may ask the programme now.")
    return _show_one(request, visitor, _subject(side, subject_id), is_asked=is_asked)


@router.post("/mismatches/{side}/{subject_id:path}")
def settle_one(
    request: Request, visitor: Settling, form: OwnForm, side: str, subject_id: str
) -> Response:
    """Link, refuse or ignore one."""
    subject = _subject(side, subject_id)
    try:
        batch, said = _settle(visitor, form, form.get("action"), [(subject, "")])
    except PermanentError as error:
        return _show_one(request, visitor, subject, problem=str(error))
    return journalled(_to_one(request, visitor, subject, done=said, batch=batch))


@router.post("/decisions/{batch_id}/undo")
def undo(request: Request, visitor: Settling, form: OwnForm, batch_id: str) -> Response:
    """Take back what was decided at once; then on from where it was asked for."""
    if not batch_id.isalnum():
        raise WebError(404, "There is no such decision.")
    row, opened = (_chosen(at)[0] if at else None for at in map(form.get, ("row", "opened")))
    with staging_engine().begin() as connection:
        try:
            decisions.undo(connection, visitor.store.name, batch_id, visitor.name, utc_now())
        except PermanentError as error:
            raise WebError(409, f"{error}.") from None
    if opened:
        return journalled(_to_one(request, visitor, opened, done="undone"))
    return journalled(_to_list(request, visitor, row, done="undone"))


def _to_list(
    request: Request, visitor: Visitor, at: Subject | None = None, /, **told: str
) -> Response:
    """Back to the list as it was filtered, at a row if it was about one."""
    query = _as_query(read_filter(request.query_params))
    where, fragment = f"/{visitor.store.name}/mismatches", row_id(at) if at else ""
    return back_to(request, where, fragment=fragment, **query, **told)


def _to_one(request: Request, visitor: Visitor, subject: Subject, **told: str) -> Response:
    where = f"/{visitor.store.name}/mismatches/{subject.side}/{quote(subject.id, safe='')}"
    return back_to(request, where, **told)


def row_id(subject: Subject) -> str:
    """What the link to one in its row of the list is called: whoever goes there has it in focus."""
    return f"{subject.side}-{subject.id}"


def _place(subject: Subject) -> str:
    return f"{subject.side}/{subject.id}"


def _settle(
    visitor: Visitor, form: Form, action: str, chosen: list[tuple[Subject, str]]
) -> tuple[str, str]:
    """Do an action of a form; returns the batch and the word for what was done.

    Raises:
        PermanentError: it cannot be done. Nothing was.
    """
    now, store, by = utc_now(), visitor.store.name, visitor.name
    with staging_engine().begin() as connection:
        match action:
            case "link":
                pairs = _pairs(form, chosen)
                return decisions.link(connection, store, pairs, by, now), "linked"
            case "refuse":
                pairs = _pairs(form, chosen)
                return decisions.refuse(connection, store, pairs, by, now), "refused"
            case "ignore":
                subjects = [subject for subject, _ in chosen]
                reason, until = _reason(form), _until(form.get("until"), zone_of(visitor.store))
                batch = decisions.ignore(
                    connection, store, subjects, by, now, reason=reason, until=until
                )
                return batch, "ignored"
    raise DecisionError("Choose what to do")


def _reason(form: Form) -> str:
    reason = clean_prose(form.get("reason"))
    if not reason or len(reason) > MOST_REASON:
        raise DecisionError(f"Say why, in at most {MOST_REASON} characters")
    return reason


def _pairs(form: Form, chosen: list[tuple[Subject, str]]) -> list[Pair]:
    """Who is to be whom: the member beside each customer, or whom the form names."""
    pairs = []
    for subject, suggested in chosen:
        if subject.side == Side.MEMBER:
            customer_id = find_id(form.get("customer_id"))
            if customer_id is None:
                raise DecisionError("Give the number of the customer in Gorgias")
            pairs.append(Pair(customer_id, subject.id))
            continue
        member_id = form.get("member_id") or suggested
        if not member_id:
            raise DecisionError(
                f"Customer {subject.id} has no suggestion; open it to name a member"
            )
        pairs.append(Pair(int(subject.id), member_id))
    return pairs


def _until(text: str, zone: str) -> datetime | None:
    """The end of a day of the store as a form gives it; None when it is left empty."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time.max, ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # no day, or one on which time ends
        raise DecisionError("The end date must be a day such as 2026-12-31") from None


def _chosen(text: str) -> tuple[Subject, str]:
    """A row that was ticked: `customer/id`, `customer/id/member` or `member/id`. A member's id may
    hold a slash: it is all that is left.
    """
    side, _, subject_id = text.partition("/")
    member_id = ""
    if side == Side.CUSTOMER:
        subject_id, _, member_id = subject_id.partition("/")
    return _subject(side, subject_id), member_id


def _subject(side: str, subject_id: str) -> Subject:
    """Whom a mismatch is about; raises WebError 404 for what cannot be."""
    is_one = find_id(subject_id) if side == Side.CUSTOMER else subject_id.isprintable()
    if side not in set(Side) or not subject_id or not is_one:
        raise WebError(404, "There is no such mismatch.")
    return Subject(side, subject_id)


def _show_list(request: Request, visitor: Visitor, *, problem: str = "") -> Response:
    chosen, now, store = read_filter(request.query_params), utc_now(), visitor.store
    with reading(staging_engine()) as connection:
        found = load_page(connection, store.name, chosen, now, min_score=store.mismatches.min_score)
        matched_at = newest_match(connection, store.name)
        why = why_empty(found, chosen, has_matched=matched_at is not None)
        # Counted only where it is said: it takes a look at every mismatch.
        is_counted = why is Emptiness.FILTERED
        open_in_all = count_open(connection, store.name, now) if is_counted else None
    return page(
        request,
        "mismatches.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Mismatches",
        chosen=chosen,
        query=_as_query(chosen),
        found=found,
        pages=found.pages,
        why_empty=why,
        matched_at=matched_at,
        open_in_all=open_in_all,
        problem=problem,
        batch=_batch(request),
        row=request.query_params.get("row", ""),
        row_id=row_id,
        class_text=class_text,
        reason_words=REASON_WORDS,
        **_CHOICES,
    )


def _show_one(
    request: Request,
    visitor: Visitor,
    subject: Subject,
    *,
    is_asked: bool = False,
    problem: str = "",
) -> Response:
    with reading(staging_engine()) as connection:
        found = load_mismatch(connection, visitor.store.name, subject, utc_now())
    if found is None:
        raise WebError(404, "There is no such mismatch.")
    may_be = [one.member_id for one in found.candidates]
    return page(
        request,
        "mismatch.html.j2",
        visitor,
        status=400 if problem else 200,
        place="Mismatches",
        found=found,
        subject=subject,
        heard=hear_of(visitor.store, may_be) if is_asked else {},
        text=class_text(subject.side, found.row.outcome),
        problem=problem,
        batch=_batch(request),
        opened=_place(subject),
        reason_words=REASON_WORDS,
        now_utc=utc_text(utc_now()),
    )


def _batch(request: Request) -> str:
    """The batch that the page may undo, of what was just done."""
    batch = request.query_params.get("batch", "")
    return batch if batch.isalnum() else ""


def _as_query(chosen: MismatchFilter) -> dict[str, str]:
    """The query that asks for the same; what is the default is left out."""
    values = {
        "side": chosen.side,
        "class": chosen.outcome,
        "status": None if chosen.status is Status.OPEN else chosen.status,
        "sort": None if chosen.sort is Sort.NEWEST else chosen.sort,
        "suggested": "1" if chosen.only_suggested else None,
        "q": chosen.words,
        "page": None if chosen.page == 1 else chosen.page,
    }
    return {name: str(value) for name, value in values.items() if value}


_CHOICES: Final[dict[str, Any]] = {
    "sides": [(side.value, f"{side.value.capitalize()}s") for side in Side],
    "classes": sorted(
        {
            (outcome.value, text.title)
            for classes in (CUSTOMER_CLASSES, MEMBER_CLASSES)
            for outcome, text in classes.items()
            if text.needs_person
        }
    ),
    "statuses": list(STATUSES.items()),
    "sorts": list(SORTS.items()),
}
