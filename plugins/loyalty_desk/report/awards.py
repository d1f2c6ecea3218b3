"""The awards that somebody has to look at: refused, or nobody knows whether they were booked.

Holds ids and amounts; of an agent's address only the name. A member's id may be an e-mail address,
which the page masks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.queue import amount_text
from loyalty_desk.card.emails import short_name
from loyalty_desk.classes import ClassText
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.report.award_texts import award_text
from loyalty_desk.staging.statements import statement

DAYS: Final = 30
"""How long a refused or unknown award is shown after it was settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardToLookAt:
    """One per award. `amount` is with its unit, as `+50 points`.

    `member_id` is the member that was asked for, or else whom its e-mail is matched with by now;
    `customer_id` the customer with that e-mail. Both are None when nobody is known.
    """

    award_id: str
    settled_at: datetime
    amount: str
    agent: str
    ticket_id: int | None
    member_id: str | None
    customer_id: int | None
    state: str
    detail: str | None
    text: ClassText


@dataclass(frozen=True, slots=True)
class AwardsToLookAt:
    """The newest of them, the newest first, and how many there are in all."""

    rows: list[AwardToLookAt]
    count: int


def load_awards(
    connection: Connection, store: str, now: datetime, *, most: int, detail: str = ""
) -> AwardsToLookAt:
    """Read at most so many of the store's, of one `detail` if given."""
    found = connection.execute(
        statement("report/findings/select_awards_to_look_at"),
        {
            "store": store,
            "since_utc": utc_text(now - timedelta(days=DAYS)),
            "detail": detail,
            "how_many": most,
        },
    ).all()
    return AwardsToLookAt([_read(row) for row in found], found[0].award_count if found else 0)


def _read(row: Row[Any]) -> AwardToLookAt:
    return AwardToLookAt(
        award_id=row.award_id,
        settled_at=parse_utc(row.settled_at_utc),
        amount=amount_text(row),
        agent=short_name(row.agent),
        ticket_id=row.ticket_id,
        member_id=row.asked_member_id or row.matched_member_id,
        customer_id=row.customer_id,
        state=row.state,
        detail=row.detail,
        text=award_text(
            row.state,
            row.detail,
            by_email=row.asked_member_id is None,
            is_member=row.matched_member_id is not None,
        ),
    )
