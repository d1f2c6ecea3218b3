"""Asks for an incident's compensation: one batch, whole or not at all, and nobody twice."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from loyalty_desk.awards.incidents.choice import Incident
from loyalty_desk.awards.incidents.fates import Fate, Judged
from loyalty_desk.awards.incidents.preview import Preview, look
from loyalty_desk.awards.incidents.tickets import ChosenTickets
from loyalty_desk.awards.policy import to_parts
from loyalty_desk.awards.queue import Door, enter_gate, insert_award
from loyalty_desk.awards.seen import NotAsSeenError
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.incident_schema import incident_people
from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.row_types import IncidentPersonRow
from loyalty_desk.staging.statements import statement


class IncidentLimitError(LoyaltyDeskError):
    """The whole would break limits. Nothing was asked for."""


class OtherIncidentError(NotAsSeenError):
    """It is not what was looked at any more, but `preview`. Nothing was asked for."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        super().__init__("others are to be compensated by now than when you looked; look again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of it. `batch_id` is None where nobody was left to be compensated."""

    batch_id: str | None
    preview: Preview


def ask(
    engine: Engine,
    store: StoreSettings,
    incident: Incident,
    tickets: ChosenTickets,
    now: datetime,
    *,
    queued_by: str | None = None,
    run_id: str | None = None,
    seen: str | None = None,
) -> Asked:
    """Queue an award for each, all in one transaction, to be approved as a whole.

    Asked for again, whoever was compensated under this name is not, whatever the amount. `run_id`
    is the run that asks in Airflow, `seen` the preview's of when a person looked.

    Raises:
        IncidentLimitError: a limit that is not of one member would be broken.
        OtherIncidentError: others are to be compensated than were `seen`.
    """
    with engine.begin() as connection:
        enter_gate(connection, store.name, now)
        preview = look(connection, store, incident, tickets, now)
        chosen = preview.of(Fate.AWARD)
        if seen is not None and seen != preview.seen:
            raise OtherIncidentError(preview)
        if not chosen:
            return Asked(batch_id=None, preview=preview)
        if preview.problems:
            raise IncidentLimitError("; ".join(preview.problems.values()))
        batch_id = uuid.uuid4().hex
        _insert(connection, store, preview, batch_id, now, run_id)
        awards = {
            one.person.customer_id: _award(
                connection, store, preview, one, now, batch_id=batch_id, queued_by=queued_by
            )
            for one in chosen
        }
        rows = (
            IncidentPersonRow(
                store=store.name,
                batch_id=batch_id,
                customer_id=one.person.customer_id,
                ticket_id=one.person.ticket_id,
                tickets=one.person.tickets,
                fate=one.fate.value,
                detail=one.why,
                award_id=awards.get(one.person.customer_id),
            )
            for one in preview.people
        )
        bulk_insert(connection, incident_people, rows)
    return Asked(batch_id=batch_id, preview=preview)


def find_batch_of_run(connection: Connection, store: str, run_id: str) -> str | None:
    """What a run has asked for; None where it did not."""
    binds = {"store": store, "run_id": run_id}
    return connection.execute(statement("awards/incidents/select_batch_of_run"), binds).scalar()


def _award(
    connection: Connection,
    store: StoreSettings,
    preview: Preview,
    one: Judged,
    now: datetime,
    *,
    batch_id: str,
    queued_by: str | None,
) -> str:
    member_id = str(one.person.member_id)
    number = 1 + len(preview.given)
    return insert_award(
        connection,
        store,
        preview.incident.award_for(member_id, one.person.ticket_id, number),
        now,
        door=Door.BATCH,
        subject=member_id,
        queued_by=queued_by,
        batch_id=batch_id,
    ).award_id


def _insert(
    connection: Connection,
    store: StoreSettings,
    preview: Preview,
    batch_id: str,
    now: datetime,
    run_id: str | None,
) -> None:
    incident, tickets = preview.incident, preview.tickets
    gift = incident.gift
    connection.execute(
        statement("awards/incidents/insert_incident"),
        {
            "store": store.name,
            "batch_id": batch_id,
            "incident": incident.name,
            "agent": gift.agent,
            "asked_at_utc": utc_text(now),
            "choice": incident.choice.as_json(),
            "tickets": tickets.count,
            "strangers": tickets.strangers,
            "people": len(preview.people),
            "unit": gift.unit.value,
            "amount": to_parts(gift.amount, gift.unit),
            "run_id": run_id,
        },
    )
