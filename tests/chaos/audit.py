"""Rebuilds awards from their audit alone."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Engine, text

from loyalty_desk.staging.engine import reading

Awards = dict[str, dict[str, Any]]
REBUILT = ("state", "subject", "unit", "amount", "reason", "ticket_id", "door", "idempotency_key")


def states_by_the_audit_alone(engine: Engine) -> tuple[Awards, Awards]:
    """Every award as its audit tells it, and as the table of awards has it."""
    with reading(engine) as connection:
        events = connection.execute(
            text("SELECT * FROM award_events ORDER BY store, award_id, event_number")
        ).mappings()
        rebuilt: Awards = {}
        for event in events:
            award = rebuilt.setdefault(event["award_id"], dict.fromkeys(REBUILT))
            facts = json.loads(event["facts"])
            award |= {name: facts[name] for name in REBUILT if name in facts}
            award["state"] = event["state"]
            if event["event_number"] == 1:
                award["agent"] = event["actor"]
            if "entry_id" in facts:
                award["entry_id"] = facts["entry_id"]
        rows = connection.execute(text("SELECT * FROM awards")).mappings()
        wanted = (*REBUILT, "agent")
        table = {
            row["award_id"]: {
                **{name: row[name] for name in wanted},
                **({"entry_id": row["entry_id"]} if row["entry_id"] else {}),
            }
            for row in rows
        }
    return rebuilt, table
