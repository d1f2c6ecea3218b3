"""What the DAG's tasks and the command line call: connections opened, the rest called in turn."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

from loyalty_desk.awards.apply import SEND_WAITS_S, Worker, apply_due
from loyalty_desk.awards.queue import AwardKeyError, AwardLimitError, Door, queue_award
from loyalty_desk.awards.refresh import refresh_members
from loyalty_desk.awards.requests import AwardFieldsError, read_request
from loyalty_desk.clock import utc_now
from loyalty_desk.connections import gorgias_client, loyalty_platform
from loyalty_desk.errors import PermanentError
from loyalty_desk.settings import installation, stores_file
from loyalty_desk.staging.installed import staging_engine

log = logging.getLogger(__name__)

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
    store = stores_file().get(store_name)
    fields |= {"agent": agent, "idempotency_key": run_id}
    try:
        request = read_request(fields, store.awards)
        with staging_engine().connect() as connection, connection.begin() as change:
            queued = queue_award(connection, store, request, utc_now(), door=Door.AIRFLOW_FORM)
            if params.get("dry_run"):
                change.rollback()
                log.info("dry run: the award is in order and was not queued")
                return None
    except (AwardFieldsError, AwardKeyError, AwardLimitError) as error:
        raise AwardNotQueuedError(str(error)) from None
    log.info("award %s is queued", queued.award_id)
    return queued.award_id


def apply_awards(store_name: str) -> dict[str, int]:
    """Apply what is due and show it in Gorgias; returns awards by state, and cards pushed."""
    store, speed, engine = stores_file().get(store_name), installation().speed, staging_engine()
    platform = loyalty_platform(store, max_wait_s=SEND_WAITS_S)
    worker = Worker(
        store=store,
        engine=engine,
        platform=platform,
        name=f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}",
        speed=speed,
    )
    done = apply_due(worker)
    counts = {state.value: count for state, count in done.counts.items()}
    if done.members:
        counts["cards_pushed"] = refresh_members(
            engine, store, platform, gorgias_client(store, engine), done.members
        )
    log.info("awards: %s", ", ".join(f"{n} {name}" for name, n in counts.items()) or "none due")
    return counts
