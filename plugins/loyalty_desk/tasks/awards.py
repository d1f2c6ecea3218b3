"""What the DAG's tasks and the command line call: connections opened, the rest called in turn."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.awards import approval
from loyalty_desk.awards.apply import OUTAGE, apply_due
from loyalty_desk.awards.approval import Question
from loyalty_desk.awards.award_alerts import owe_new_awards
from loyalty_desk.awards.follow_up import FollowUp
from loyalty_desk.awards.queue import AwardKeyError, AwardLimitError, Door, get_award, queue_award
from loyalty_desk.awards.recipients import ANOTHER, is_another, is_sent_again
from loyalty_desk.awards.requests import AwardFieldsError, read_request
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.awards.worker import SEND_WAITS_S, Worker
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import PermanentError, PlatformOutageError
from loyalty_desk.hooks.account_zones import zone_of
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.platforms.base import SharedAddressError
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.platforms.same_account import find_ours
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.staging.stores import open_store
from loyalty_desk.tasks.alerts import tell_owed

log = logging.getLogger(__name__)

SHOW_WAITS_S: Final = 10.0
"""How long a card waits for Gorgias before it is left to a later run."""
SHOW_TIMEOUT_S: Final = (5.0, 10.0)
"""To connect to Gorgias, and until the next bytes of an answer."""
FORM: Final = ("email", "member_id", "amount", "unit", "reason", "note", "message", "ticket_id")


class AwardNotQueuedError(PermanentError):
    """The form's award was not queued; the message names each field or limit."""


def queue_from_form(
    store_name: str, params: Mapping[str, Any], run_id: str, agent: str
) -> str | None:
    """Queue what the trigger form asks for; returns the award's id, None when it asks for nothing.

    The run is the idempotency key: a task that is tried again queues nothing again.

    Raises:
        AwardNotQueuedError: a field is wrong or a limit would be broken.
    """
    fields = {name: params[name] for name in FORM if params.get(name) not in (None, "")}
    if not {"email", "member_id", "amount"} & set(fields):
        log.info("no award in the form: applying what is left over")
        return None
    store = open_store(store_name)
    fields |= {"agent": agent, "idempotency_key": run_id}
    try:
        request = read_request(fields, store.awards, award_units(store))
        with staging_engine().connect() as connection, connection.begin() as change:
            now = staging_now(connection)
            queued = queue_award(connection, store, request, now, door=Door.AIRFLOW_FORM)
            if params.get("dry_run"):
                change.rollback()
                log.info("dry run: the award is in order and was not queued")
                return None
    except (AwardFieldsError, AwardKeyError, AwardLimitError, SharedAwardError) as error:
        raise AwardNotQueuedError(str(error)) from None
    log.info("%s", queued.repeat_text or f"award {queued.award_id} is queued")
    return queued.award_id


def apply_awards(store_name: str) -> dict[str, int]:
    """Apply what is due; returns awards by state. Gorgias is left to `show_awards`.

    What nobody approved in time is rejected, also in an outage.

    Raises:
        PlatformOutageError: the platform cannot be used now; what is due waits.
    """
    store, engine = open_store(store_name), staging_engine()
    counts, outage = Counter[str](), None
    try:
        counts += _apply_due(store, engine)
    except OUTAGE as error:
        outage = error
    with engine.begin() as connection:
        overdue = approval.reject_overdue(connection, store.name, staging_now(connection))
        counts += Counter(str(get_award(connection, store.name, one).state) for one in overdue)
    said = dict(+counts)
    log.info("awards: %s", ", ".join(f"{n} {name}" for name, n in said.items()) or "none due")
    if outage is not None:
        raise PlatformOutageError(str(outage)) from outage
    return said


def _apply_due(store: StoreSettings, engine: Engine) -> Counter[str]:
    worker = Worker(
        store=store,
        engine=engine,
        platform=loyalty_platform(store, max_wait_s=SEND_WAITS_S, for_awards=True),
        name=f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}",
        speed=installation().speed,
    )
    return Counter({state.value: count for state, count in apply_due(worker).items()})


def show_awards(store_name: str, applied_at_utc: str | None = None) -> int:
    """Show in Gorgias what was applied and is not shown yet; returns how many cards were pushed.

    Ends where a service does not answer: what is left is for a later run, or for the sync. A run
    that had applied its own by `applied_at_utc` leaves it to later ones too if a service did not
    answer since: otherwise all runs that wait in line would try in vain, one after the other.
    """
    store, engine = open_store(store_name), staging_engine()
    platform = loyalty_platform(store, max_wait_s=SHOW_WAITS_S, for_awards=True)
    gorgias = gorgias_client(
        store, engine, urgent=True, max_wait_s=SHOW_WAITS_S, timeout=SHOW_TIMEOUT_S
    )
    follow_up = FollowUp(store=store, engine=engine, platform=platform, gorgias=gorgias)
    if applied_at_utc is not None and follow_up.has_failed_since(applied_at_utc):
        log.info("awards wait to be shown: a service did not answer just now")
        return 0
    pushed = follow_up.show_all()
    log.info("awards: %d cards pushed", pushed)
    return pushed


def staging_time() -> str:
    """The time by which the tasks of a run tell what was before what."""
    return utc_text(ask_staging_now(staging_engine()))


def apply_and_ask(store_name: str, run_id: str) -> tuple[list[str], str | None]:
    """Apply what is due, and take what the run has to ask about.

    Returns what `take_to_ask` does, and what an outage of the platform said: it must not keep a run
    from asking and alerting, which ends it with `raise_outage`.
    """
    outage = None
    try:
        apply_awards(store_name)
    except PlatformOutageError as error:
        log.warning("awards wait: %s", error)
        outage = str(error)
    return take_to_ask(store_name, run_id), outage


def raise_outage(outage: str | None) -> None:
    """Let a run that met an outage end as a failed one; what waits starts the next run."""
    if outage is not None:
        raise PlatformOutageError(outage)


def take_to_ask(store_name: str, run_id: str) -> list[str]:
    """The awards that the run has to ask a person about, it alone. May be repeated."""
    with staging_engine().begin() as connection:
        return approval.take_to_ask(connection, store_name, run_id)


def ask(store_name: str, award_id: str, map_index: int) -> Question | None:
    """The question about an award; None when it does not wait for approval any more.

    `map_index` says which of the run's tasks is about to ask.
    """
    store = open_store(store_name)
    with reading(staging_engine()) as connection:
        award, now = get_award(connection, store.name, award_id), staging_now(connection)
    if award.state != AwardState.NEEDS_APPROVAL:
        return None
    platform = loyalty_platform(store, max_wait_s=SEND_WAITS_S)
    member, nobody = None, "nobody by that address"
    ends = "unknown" if award.sent_at_utc else "refused"
    try:
        member = find_ours(staging_engine(), store.name, platform, award.member_id or award.email)
    except SharedAddressError:
        nobody = f"several members with that address, so it would be {ends}"
    if member is not None and is_another(award, member):
        nobody = f"nobody: {ANOTHER}, so it would be {ends}"
        if is_sent_again(award):
            nobody = f"{ANOTHER}, and it would be sent to that one: {member.member_id}"
        member = None
    with staging_engine().begin() as connection:
        if not approval.mark_asked(connection, store.name, award_id, map_index):
            return None
    return approval.question(award, member, now, zone_of(store), nobody=nobody)


def waits_for_approval(store_name: str, award_id: str) -> bool:
    with reading(staging_engine()) as connection:
        return bool(get_award(connection, store_name, award_id).state == AwardState.NEEDS_APPROVAL)


def settle(store_name: str, award_id: str, answer: Mapping[str, Any]) -> str:
    """Do what an approver answered; returns the state that the award is in then."""
    with staging_engine().begin() as connection:
        award = get_award(connection, store_name, award_id)
        state = approval.settle(connection, store_name, award, answer, staging_now(connection))
    log.info("award %s: %s", award_id, state.value)
    return state.value


def alert(store_name: str, run_id: str, context: Mapping[str, Any]) -> int:
    """Tell the store's people of awards that were refused or are unknown; returns of how many new.

    Raises:
        PermanentError, NotToldError: some could not be told; all others were.
    """
    store, engine = open_store(store_name), staging_engine()
    with engine.begin() as connection:
        count = owe_new_awards(connection, store.name, run_id)
    tell_owed(store, engine, context)
    return count
