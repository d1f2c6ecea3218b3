"""The mismatches as a person asks for them: filtered, sorted, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Connection, Row

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.mismatches.decisions import Subject
from loyalty_desk.mismatches.scores import Reason
from loyalty_desk.mismatches.searches import find_email_key, find_id, read_page, read_words
from loyalty_desk.records import Outcome
from loyalty_desk.staging.statements import statement

PAGE_ROWS: Final = 50
_E = TypeVar("_E", bound=StrEnum)


class Status(StrEnum):
    """Which of the mismatches; one that is ignored is not open while that holds."""

    OPEN = "open"
    IGNORED = "ignored"
    SETTLED = "settled"
    ALL = "all"


class Sort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    SUREST = "surest"
    TICKETS = "tickets"
    RETURNED = "returned"


class Side(StrEnum):
    CUSTOMER = "customer"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class MismatchFilter:
    """What a person asked for. `words` are an e-mail address, or the id of a customer, member or
    ticket.
    """

    side: Side | None = None
    outcome: Outcome | None = None
    status: Status = Status.OPEN
    sort: Sort = Sort.NEWEST
    only_suggested: bool = False
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One per customer or member, as the list shows it. `score` is None without a suggestion."""

    subject: Subject
    outcome: Outcome
    opened_at: datetime
    settled_at: datetime | None
    returned: int
    ignored_reason: str | None
    ignored_until: datetime | None
    name: str | None
    email: str | None
    tickets: int
    newest_ticket_id: int | None
    linked_member_id: str | None
    suggested_member_id: str | None
    suggested_name: str | None = None
    suggested_email: str | None = None
    score: float | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what was asked for, and how many there are in all."""

    rows: list[Mismatch] = field(default_factory=list)
    found: int = 0

    @property
    def pages(self) -> int:
        return -(-self.found // PAGE_ROWS) or 1


class Emptiness(StrEnum):
    """Why a page of the list holds nothing."""

    NOT_MATCHED = "no sync has come to the match yet"
    BEYOND = "the page is beyond the last one"
    FILTERED = "nothing is as the filter asks"
    NONE_OPEN = "nothing is open"


def read_filter(query: Mapping[str, str]) -> MismatchFilter:
    """Read a query; what it does not say, or says wrongly, is the default."""
    return MismatchFilter(
        side=_one_of(Side, query.get("side")),
        outcome=_one_of(Outcome, query.get("class")),
        status=_one_of(Status, query.get("status")) or Status.OPEN,
        sort=_one_of(Sort, query.get("sort")) or Sort.NEWEST,
        only_suggested=query.get("suggested") == "1",
        words=read_words(query),
        page=read_page(query),
    )


def why_empty(page: Page, chosen: MismatchFilter, *, has_matched: bool) -> Emptiness | None:
    """Why there is nothing to see; None when there is."""
    if page.rows:
        return None
    if not has_matched:
        return Emptiness.NOT_MATCHED
    if page.found:
        return Emptiness.BEYOND
    asked_for_all = replace(chosen, sort=Sort.NEWEST, page=1) == MismatchFilter()
    return Emptiness.NONE_OPEN if asked_for_all else Emptiness.FILTERED


def load_page(
    connection: Connection,
    store: str,
    chosen: MismatchFilter,
    now: datetime,
    *,
    min_score: float = 0,
    most: int = PAGE_ROWS,
) -> Page:
    """Read one page of what was asked for, with suggestions from `min_score` on."""
    binds = {
        "store": store,
        "now_utc": utc_text(now),
        "side": chosen.side or "",
        "outcome": chosen.outcome or "",
        "status": chosen.status.value,
        "only_suggested": int(chosen.only_suggested),
        "min_score": min_score,
        "sort": chosen.sort.value,
        "most": most,
        **_search(chosen.words),
    }
    select = statement("mismatches/listing/select_page")
    rows = connection.execute(select, {**binds, "skip": (chosen.page - 1) * most}).all()
    counted = rows
    if not rows and chosen.page > 1:  # beyond the last page no row tells how many there are
        counted = connection.execute(select, {**binds, "skip": 0, "most": 1}).all()
    return Page([_read(row) for row in rows], counted[0].found if counted else 0)


def _search(words: str) -> dict[str, str | int]:
    """What the words mean: an e-mail's key, or an id of whatever kind."""
    key = find_email_key(words)
    subject_id = "" if key else words
    return {"email_key": key or "", "subject_id": subject_id, "ticket_id": find_id(words) or 0}


def _one_of(kind: type[_E], value: str | None) -> _E | None:
    return kind(value) if value in set(kind) else None


def _read(row: Row[Any]) -> Mismatch:
    card_name = orjson.loads(row.card).get("name") if row.card else None
    is_customer = row.side == Side.CUSTOMER
    return Mismatch(
        subject=Subject(row.side, row.subject_id),
        outcome=Outcome(row.outcome),
        opened_at=parse_utc(row.opened_at_utc),
        settled_at=parse_utc(row.settled_at_utc) if row.settled_at_utc else None,
        returned=row.returned,
        ignored_reason=row.ignored_reason,
        ignored_until=parse_utc(row.ignored_until_utc) if row.ignored_until_utc else None,
        name=row.customer_name if is_customer else card_name,
        email=row.customer_email if is_customer else row.member_email,
        tickets=row.ticket_count,
        newest_ticket_id=row.newest_ticket_id,
        linked_member_id=row.linked_member_id,
        suggested_member_id=row.suggested_member_id,
        suggested_name=card_name if row.suggested_member_id else None,
        suggested_email=row.member_email if row.suggested_member_id else None,
        score=row.score,
        reasons=tuple(map(Reason, orjson.loads(row.reasons))) if row.reasons else (),
    )
