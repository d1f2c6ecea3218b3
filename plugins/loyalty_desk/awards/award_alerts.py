"""Which awards somebody has to hear of, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row

from loyalty_desk.awards.queue import amount_text, get_award
from loyalty_desk.card.emails import short_name
from loyalty_desk.hooks.notifiers import Alert
from loyalty_desk.records import AwardState
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.telling import AlertKind, owe_alert

TODO = {
    AwardState.REFUSED: "not booked; award anew once the reason is gone",
    AwardState.UNKNOWN: "nobody can tell whether it is booked: look at the member's ledger on the"
    " platform, then `python -m loyalty_desk awards resolve`",
}


def owe_new_awards(connection: Connection, store: str, run_id: str) -> int:
    """Have people told of the awards that came to be refused or unknown; returns how many."""
    binds = {"store": store, "run_id": run_id}
    taken = sorted(connection.execute(statement("awards/follow_up/take_to_alert"), binds).scalars())
    if taken:
        content = {"award_ids": taken}
        owe_alert(connection, store, AlertKind.AWARDS, content, alert_id=f"awards {uuid4().hex}")
    return len(taken)


def load_award_alert(connection: Connection, store: str, award_ids: Sequence[str]) -> Alert | None:
    """The message about the awards as they are now; None when none of them needs anybody."""
    awards = [get_award(connection, store, award_id) for award_id in award_ids]
    if not any(AwardState(award.state) in TODO for award in awards):
        return None
    return award_alert(store, awards)


def award_alert(store: str, awards: Sequence[Row[Any]]) -> Alert:
    """The message about refused and unknown awards: ids and agents' names, no addresses."""
    lines = []
    for award in awards:
        state = AwardState(award.state)
        ticket = f", ticket {award.ticket_id}" if award.ticket_id else ""
        lines += [
            f"{award.award_id}: {state}, {award.detail}",
            f"  {amount_text(award)} ({award.reason}) by {short_name(award.agent)}{ticket}",
            f"  {TODO.get(state, 'settled since')}",
        ]
    count = f"{len(awards)} award{'s' if len(awards) > 1 else ''}"
    return Alert(subject=f"[{store}] {count} refused or unknown", text="\n".join(lines))
