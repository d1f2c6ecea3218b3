"""What the DAG's tasks and the command line call to compensate after an incident."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from loyalty_desk.awards.approval import IN_TIME, OwnApprovalError, Question, read_answer
from loyalty_desk.awards.batch_results import load_outcomes, sum_up
from loyalty_desk.awards.batches import decide_batch, find_incident, get_batch, incident_question
from loyalty_desk.awards.incidents.asking import IncidentLimitError, ask, find_batch_of_run
from loyalty_desk.awards.incidents.choice import FIELDS, Incident, read_incident
from loyalty_desk.awards.incidents.fates import Fate
from loyalty_desk.awards.incidents.preview import OldIncidentError, Preview, look
from loyalty_desk.awards.incidents.tickets import NoViewError, TooManyTicketsError, choose
from loyalty_desk.awards.queue import NoAwardError
from loyalty_desk.awards.requests import AwardFieldsError
from loyalty_desk.errors import PermanentError
from loyalty_desk.hooks.account_zones import zone_of
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.staging.stores import open_store

log = logging.getLogger(__name__)


class IncidentNotAskedError(PermanentError):
    """Nothing was asked for; the message names each field or limit."""


class OwnAnswerError(PermanentError):
    """Whoever asked has answered, which does not count. The batch waits on the desk."""


def request(
    store_name: str,
    params: Mapping[str, Any],
    run_id: str,
    agent: str,
    queued_by: str | None = None,
) -> str | None:
    """Ask for what the form says; returns the batch's id, None where nobody is to have anything.

    A task that is tried again finds the batch that its run asked for.

    Raises:
        IncidentNotAskedError: a field is wrong, or a limit would be broken.
    """
    store, engine = open_store(store_name), staging_engine()
    with reading(engine) as connection:
        before = find_batch_of_run(connection, store.name, run_id)
    if before is not None:
        return before
    try:
        incident = _read(store, params, agent)
        if params.get("dry_run"):
            log.info("dry run, nothing was asked for: %s", summary(preview(store, incident)))
            return None
        tickets = choose(engine, store, incident.choice)
        now = ask_staging_now(engine)
        asked = ask(engine, store, incident, tickets, now, queued_by=queued_by, run_id=run_id)
    except (
        *(AwardFieldsError, IncidentLimitError, OldIncidentError),
        *(NoViewError, TooManyTicketsError),
    ) as error:
        raise IncidentNotAskedError(str(error)) from None
    log.info("incident %s: %s", incident.name, summary(asked.preview))
    return asked.batch_id


def preview(store: StoreSettings, incident: Incident) -> Preview:
    """What it would do."""
    engine = staging_engine()
    tickets = choose(engine, store, incident.choice)
    with reading(engine) as connection:
        return look(connection, store, incident, tickets, staging_now(connection))


def _read(store: StoreSettings, params: Mapping[str, Any], agent: str) -> Incident:
    fields = {name: params[name] for name in FIELDS if params.get(name) not in (None, "")}
    return read_incident(
        fields, store.awards, award_units(store), agent=agent, time_zone=zone_of(store)
    )


def summary(found: Preview) -> str:
    """In one line how many there are of each class, and what stops it."""
    parts = [f"{people} {fate.value}" for fate, (people, _) in found.counts.items()]
    stops = [f"limit: {why}" for why in found.problems.values()] if found.of(Fate.AWARD) else []
    return "; ".join([f"{found.tickets.count} tickets", *parts, *stops])


def question(store_name: str, batch_id: str) -> Question | None:
    """What another person is asked; None when the batch does not wait for approval any more."""
    with reading(staging_engine()) as connection:
        awards, now = get_batch(connection, store_name, batch_id), staging_now(connection)
        incident = find_incident(connection, store_name, batch_id)
        sums = sum_up(load_outcomes(connection, store_name, batch_id))
    waiting = [one for one in awards if one.state == AwardState.NEEDS_APPROVAL]
    if not waiting or incident is None:
        return None
    people = {one.result: one.people for one in sums}
    zone = zone_of(open_store(store_name))
    return incident_question(incident, waiting, people, now, zone)


def settle(store_name: str, batch_id: str, answer: Mapping[str, Any]) -> dict[str, int]:
    """Do what was answered; returns how many awards are in which state then.

    Raises:
        OwnAnswerError: whoever asked has approved.
    """
    approved, by, why = read_answer(answer)
    try:
        with staging_engine().begin() as connection:
            now = staging_now(connection)
            decide_batch(
                *(connection, store_name, batch_id, now), approved=approved, by=by, why=why
            )
    except OwnApprovalError as error:
        raise OwnAnswerError(f"{error}, on the desk or by `awards approve`") from None
    except NoAwardError as error:
        log.info("%s: it was decided elsewhere, or %s", error, IN_TIME)
    with reading(staging_engine()) as connection:
        found = get_batch(connection, store_name, batch_id)
    states = [str(award.state) for award in found]
    return {state: states.count(state) for state in dict.fromkeys(states)}
