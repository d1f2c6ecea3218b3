"""Who is set aside: a row of theirs is at fault, so the card stays as it was and is marked stale.

What a read found is taken back by the next good row; what a check found, by its next run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection

from loyalty_desk.card.faults import find_fault
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Member, MemberStatus, Rejected
from loyalty_desk.staging.kept_out import load_kept_out
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.statements import statement

Side = Literal["customer", "member"]
_ID: Final = re.compile(r"[1-9][0-9]{0,17}").fullmatch
READ: Final = "read"
"""Stands in `found_by` where no check did."""


def find_faults(latest: Mapping[str, Member]) -> dict[str, Rejected]:
    """The records that are set aside for what their card holds, by id."""
    bad: dict[str, Rejected] = {}
    for member_id, member in latest.items():
        fault = find_fault(member.card)
        if fault is not None and member.status is not MemberStatus.ERASED:
            bad[member_id] = Rejected(
                source="members", record_id=member_id, field=fault.key, reason=fault.reason
            )
    return bad


def note_rejected(
    connection: Connection,
    store: str,
    side: Side,
    rejected: Iterable[Rejected],
    now: datetime,
    *,
    email_keys: dict[str, str | None] | None = None,
) -> None:
    """Set the people aside whose rows could not be used; erased ones are none of ours.

    `email_keys` are the addresses that the rows tell, by id: of a member who is not staged yet.
    """
    reasons = {
        one.record_id: f"{one.field} {one.reason}"
        for one in rejected
        if one.record_id is not None and (side == "member" or _ID(one.record_id))
    }
    kept_out = load_kept_out(connection, store) if reasons else None
    for subject_id, reason in sorted(reasons.items()):
        if kept_out is not None and not kept_out.has(side, subject_id):
            _note(
                connection,
                {
                    "store": store,
                    "side": side,
                    "subject_id": subject_id,
                    "found_by": READ,
                    "reason": reason,
                    "email_key": (email_keys or {}).get(subject_id),
                    "now_utc": utc_text(now),
                },
            )


def note_checked(
    connection: Connection,
    store: str,
    step: str,
    faults: dict[tuple[Side, str], str],
    now: datetime,
) -> None:
    """Set aside who a step's checks found, with the reason by side and id, and nobody else."""
    connection.execute(
        statement("checks/set_aside/delete_found_by"), {"store": store, "found_by": step}
    )
    for (side, subject_id), reason in sorted(faults.items()):
        _note(
            connection,
            {
                "store": store,
                "side": side,
                "subject_id": subject_id,
                "found_by": step,
                "reason": reason,
                "email_key": None,
                "now_utc": utc_text(now),
            },
        )


def _note(connection: Connection, row: dict[str, str | None]) -> None:
    connection.execute(statement("checks/set_aside/upsert_set_aside"), row)


def take_back(
    connection: Connection, store: str, side: Side, good_ids: Collection[int | str]
) -> None:
    """Good rows came of these people, so nothing is held against their last bad one."""
    binds = {"store": store, "side": side}
    if not connection.execute(statement("checks/set_aside/find_rejected"), binds).first():
        return  # as nearly always, and pages are many
    for ids in chunks([str(one) for one in good_ids]):
        connection.execute(statement("checks/set_aside/delete_rejected"), {**binds, "ids": ids})


def forget_unseen(connection: Connection, store: str, side: Side) -> None:
    """A full scan is over: who was not in it left, and so did what was wrong with the row."""
    connection.execute(
        statement("checks/set_aside/delete_unseen"),
        {"store": store, "side": side, "source": f"{side}s"},
    )
