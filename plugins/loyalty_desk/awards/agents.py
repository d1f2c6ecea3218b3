"""Who may award over HTTP: an active user of the store's Gorgias account, named by the address.

Staging knows the users as a sync found them, an hour ago at most. Whom it does not know as active,
Gorgias is asked about: once a minute at most, and for all users at once, so that names which
somebody invents cost the account nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.awards.requests import agent_key
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import LoyaltyDeskError, TemporaryError
from loyalty_desk.gorgias.reading import User
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, keep_state

log = logging.getLogger(__name__)

READ_AGAIN_AFTER: Final = timedelta(hours=1)
"""How old a sync lets the users become; it has few requests to spare."""
BELIEVED_FOR: Final = timedelta(days=1)
"""How long an active user is taken for one without a read, such as where no sync runs."""
ASK_AGAIN_AFTER: Final = timedelta(minutes=1)
ASK_WITHIN_S: Final = 4.0
"""A person waits for the answer: after so long Gorgias is asked for no further page."""
ASK_WAITS_S: Final = 2.0
ASK_TIMEOUT_S: Final = (2.0, 4.0)

UNKNOWN: Final = "is no active user of the Gorgias account"
INACTIVE: Final = "is a user of the Gorgias account who is not active any more"
UNTOLD: Final = (
    "Gorgias did not say whether the agent is one of its users; nothing was queued, try again"
)


class AgentError(LoyaltyDeskError):
    """Whom the request names as agent may not award. The message says why, and not who."""


class AgentUntoldError(TemporaryError):
    """Nobody can tell now whether the agent is a user of the account. Nothing was queued."""


def require_agent(engine: Engine, store: StoreSettings, agent: str, now: datetime) -> None:
    """See that the agent is an active user of the store's Gorgias account.

    Raises:
        AgentError: the agent is not.
        AgentUntoldError: nobody knows, as Gorgias does not answer or is being asked just now.
    """
    staged = _find_agent(engine, store.name, agent)
    if staged and staged.is_active and staged.read_at_utc >= utc_text(now - BELIEVED_FOR):
        return
    if _is_up_to_date(engine, store, now):
        staged = _find_agent(engine, store.name, agent)
    elif staged is None:
        raise AgentUntoldError(UNTOLD)
    if not (staged and staged.is_active):
        raise AgentError(INACTIVE if staged else UNKNOWN)


def are_due(engine: Engine, store: str, now: datetime) -> bool:
    """Whether a sync should read the users again."""
    told_utc, _ = _find_lookup(engine, store)
    return not utc_text(now - READ_AGAIN_AFTER) < told_utc <= utc_text(now)


def stage_agents(engine: Engine, store: str, users: Iterable[User], now: datetime) -> int:
    """Keep all users of the account in place of those before; returns how many.

    Raises:
        AgentUntoldError: there are none, and whoever was asked for them is one.
    """
    found: dict[str, User] = {}
    for user in users:
        key = agent_key(user.email)
        if key not in found or user.is_active:
            found[key] = user
    if not found:
        raise AgentUntoldError("Gorgias lists no users at all")
    now_utc = utc_text(now)
    with engine.begin() as connection:
        # In one order, so that two that read at once wait for each other, and not crosswise.
        for key, user in sorted(found.items()):
            binds = {"agent": key, "user_id": user.user_id, "is_active": user.is_active}
            connection.execute(
                statement("awards/agents/upsert_agent"),
                {"store": store, "now_utc": now_utc, **binds},
            )
        gone = {"store": store, "now_utc": now_utc}
        connection.execute(statement("awards/agents/delete_gone_agents"), gone)
        keep_state(connection, store, StateKey.AGENTS_READ, now_utc, now)
    return len(found)


def ask_gorgias(store: StoreSettings, engine: Engine) -> list[User]:
    """Read all users of the account, ahead of a sync; raises what a client raises, in seconds."""
    gorgias = gorgias_client(
        store, engine, urgent=True, max_wait_s=ASK_WAITS_S, timeout=ASK_TIMEOUT_S
    )
    with gorgias.transport.until(Deadline.after(ASK_WITHIN_S / installation().speed)):
        return list(gorgias.iter_users())


def _find_agent(engine: Engine, store: str, agent: str) -> Row[Any] | None:
    with reading(engine) as connection:
        binds = {"store": store, "agent": agent}
        return connection.execute(statement("awards/agents/select_agent"), binds).first()


def _is_up_to_date(engine: Engine, store: StoreSettings, now: datetime) -> bool:
    """Have Gorgias tell its users, unless it did a moment ago; False when it does not."""
    binds = {"store": store.name, "key": StateKey.AGENTS_READ.value}
    turn = {
        "now_utc": utc_text(now),
        "before_utc": utc_text(now - ASK_AGAIN_AFTER),
        "after_utc": utc_text(now + ASK_AGAIN_AFTER),
    }
    with engine.begin() as connection:
        claim = statement("awards/agents/claim_lookup")
        is_ours = bool(connection.execute(claim, {**binds, **turn}).rowcount)
    if is_ours:
        try:
            stage_agents(engine, store.name, ask_gorgias(store, engine), now)
        except LoyaltyDeskError as error:
            log.warning("store %s: Gorgias does not tell its users: %s", store.name, error)
    told_utc, asked_utc = _find_lookup(engine, store.name)
    return told_utc == asked_utc


def _find_lookup(engine: Engine, store: str) -> tuple[str, str]:
    """When Gorgias last told all its users, and when it was last asked; empty for never."""
    binds = {"store": store, "key": StateKey.AGENTS_READ.value}
    with reading(engine) as connection:
        found = connection.execute(statement("awards/agents/select_lookup"), binds).first()
    return ("", "") if found is None else (found.content, found.updated_at_utc)
