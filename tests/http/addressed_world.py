"""Turns a filled desk into one whose people all have e-mail addresses for ids and for names, and
where every text that somebody wrote, or a platform sent, holds one.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Table

from loyalty_desk.staging import schema
from loyalty_desk.staging.award_schema import award_events, awards
from loyalty_desk.staging.mismatch_schema import decisions, ignored_mismatches
from loyalty_desk.staging.schema import METADATA
from tests.factories import STORE
from tests.http.desk_world import GRACE

DOMAIN: Final = "ids.example"
AT_WORK: Final = ("agent", "actor", "queued_by", "confirmed_by", "undone_by")
"""The columns with who works here."""
CARD: Final = {
    "name": f"grace@{DOMAIN}",
    "profile_url": f"https://admin.example/members/m2%40{DOMAIN}",
    "referral_url": f"https://shop.example/?friend=m2@{DOMAIN}",
    "referral_code": f"m2@{DOMAIN}",
}
"""What a platform may tell of a member with such an id."""
TEXTS: Final[tuple[Column[Any], ...]] = (
    *(awards.c.note, awards.c.message, award_events.c.detail, decisions.c.reason),
    *(ignored_mismatches.c.reason, schema.customers.c.external_id),
)
KNOWN: Final = {"member_ids": [f"m1@{DOMAIN}"], "queued_by": f"eve@{DOMAIN}"}
"""What the audit may know beside the rest."""


def name_everybody_by_address(engine: Engine) -> None:
    with engine.begin() as connection:
        _keep_a_write(connection)
        for table in METADATA.sorted_tables:
            _rename(connection, table)
        for column in TEXTS:
            connection.execute(column.table.update().values({column: f"see m1@{DOMAIN}"}))
        refused = awards.update().where(awards.c.state == "rejected")
        connection.execute(refused.values(detail=f"see m1@{DOMAIN}"))
        customers = schema.customers.update()
        connection.execute(customers.values(name=schema.customers.c.name + f"@{DOMAIN}"))
        checks = schema.quality_results.update()
        connection.execute(checks.values(failing_ids=json.dumps([f"m1@{DOMAIN}"])))
        rejected = {"record_id": f"m1@{DOMAIN}", "source": "members"}
        connection.execute(schema.rejected_records.update().values(rejected))
        _add(connection, award_events.c.facts, KNOWN)
        _add(connection, schema.members.c.card, CARD)
        _add(connection, schema.card_writes.c.card, CARD)


def _keep_a_write(connection: Connection) -> None:
    """The history of a card has one that stated less."""
    wrote = {"store": STORE, "customer_id": GRACE, "destination": "customer_data"}
    for version, card in (("2026-01-01", "{}"), ("2026-01-02", '{"member": true}')):
        row = {**wrote, "version_utc": version, "written_at_utc": f"{version}T00:00:00.000000Z"}
        of_member = {"member_id": "m2", "outcome": "matched", "card": card, "cause": "sync"}
        connection.execute(schema.card_writes.insert(), {**row, **of_member})


def _rename(connection: Connection, table: Table) -> None:
    """Whoever has no address for a name or an id yet has one then."""
    for name in {"member_id", *AT_WORK} & set(table.c.keys()):
        column = table.c[name]
        such = table.update().where(column.not_like("%@%"))
        connection.execute(such.values({column: column + f"@{DOMAIN}"}))
    if {"side", "subject_id"} <= set(table.c.keys()):
        members = table.update().where(table.c.side == "member")
        connection.execute(members.values(subject_id=table.c.subject_id + f"@{DOMAIN}"))


def _add(connection: Connection, column: Column[Any], known: dict[str, Any]) -> None:
    """Add to what each row of a table has as JSON."""
    key = list(column.table.primary_key)
    for row in connection.execute(column.table.select()).mappings().all():
        this = column.table.update().where(*(one == row[one.name] for one in key))
        text = json.dumps({**json.loads(row[column.name]), **known})
        connection.execute(this.values({column: text}))
