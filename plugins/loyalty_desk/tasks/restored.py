"""What staging must be told after it was restored from a backup: the world has gone on.

Awards may have been booked and cards written since the backup was made. So an award that waits is
looked for on the platform before it is sent, one that waits for approval is asked about anew unless
its question is still open in Airflow, and the next sync compares everything with what stands in
Gorgias.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.awards.deciding import is_asked_about
from loyalty_desk.awards.queue import add_event
from loyalty_desk.records import AwardState
from loyalty_desk.staging.statements import statement

DETAIL: Final = "staging was restored: looked for before it is sent"


def take_up(engine: Engine, now: datetime, *, by: str) -> Counter[str]:
    """Make restored staging safe to go on from; returns how many awards wait, by store."""
    with engine.begin() as connection:
        connection.execute(statement("restore/forget_locks"))
        connection.execute(statement("restore/forget_turns"))
        connection.execute(statement("restore/forget_watermarks"))
        connection.execute(statement("restore/forget_field_values"))
        doubted = connection.execute(statement("restore/doubt_waiting_awards")).all()
        for row in doubted:
            state = AwardState(row.state)
            add_event(connection, row.store, row.award_id, state, now, actor=by, detail=DETAIL)
            if state == AwardState.NEEDS_APPROVAL and not is_asked_about(row.store, row):
                # Answered since the backup, for the installation that is no more: nobody would
                # come in time with another answer.
                key = {"store": row.store, "award_id": row.award_id}
                connection.execute(statement("awards/approval/ask_anew"), key)
    return Counter(row.store for row in doubted)
