"""Which awards somebody has to hear of, and what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_desk.awards.queue import amount_text
from loyalty_desk.hooks.notifiers import Alert
from loyalty_desk.records import AwardState
from loyalty_desk.staging.statements import statement

TODO = {
    AwardState.REFUSED: "not booked; award anew once the reason is gone",
    AwardState.UNKNOWN: "nobody can tell whether it is booked: look at the member's ledger on the"
    " platform, then `python -m loyalty_desk awards resolve`",
}


def take_to_alert(connection: Connection, store: str, run_id: str) -> list[str]:
    """The refused and unknown awards to alert about, from now on this run's. May be repeated."""
    binds = {"store": store, "run_id": run_id}
    return sorted(connection.execute(statement("awards/follow_up/take_to_alert"), binds).scalars())


def award_alert(store: str, awards: Sequence[Row[Any]]) -> Alert:
    """The message about refused and unknown awards: ids, no names and no addresses."""
    lines = []
    for award in awards:
        state = AwardState(award.state)
        ticket = f", ticket {award.ticket_id}" if award.ticket_id else ""
        lines += [
            f"{award.award_id}: {state}, {award.detail}",
            f"  {amount_text(award)} ({award.reason}) by {award.agent}{ticket}",
            f"  {TODO.get(state, 'settled since')}",
        ]
    count = f"{len(awards)} award{'s' if len(awards) > 1 else ''}"
    return Alert(subject=f"[{store}] {count} refused or unknown", text="\n".join(lines))
