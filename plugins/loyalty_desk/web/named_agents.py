"""Whom a request over HTTP names as agent: one rule for every way in to awards."""

from __future__ import annotations

from loyalty_desk.awards.agents import AgentError, AgentUntoldError, require_agent
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now
from loyalty_desk.web.answers import WebError


def require_named_agent(store: StoreSettings, agent: str) -> None:
    """Refuse an agent who is no active user of the Gorgias account, and name nobody."""
    try:
        engine = staging_engine()
        require_agent(engine, store, agent, ask_staging_now(engine))
    except AgentError as error:
        error_text = "nothing was queued: the agent may not award over HTTP"
        raise WebError(422, error_text, fields={"agent": str(error)}) from None
    except AgentUntoldError as error:
        raise WebError(
            503, "not known now, try again", message=str(error), headers={"Retry-After": "5"}
        ) from None
