"""Where the pages are that a store's customers, tickets and members have elsewhere. An adapter: it
asks Airflow's connections and its configuration.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from time import monotonic
from typing import Final

from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.found import find_gorgias, find_platform, naming_options
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import StoreSettings

log = logging.getLogger(__name__)

KEPT_S: Final = 60
"""How long an answer is kept: each page asks, and a secrets backend may be far away."""


def elsewhere_of(store: StoreSettings) -> Elsewhere:
    """As far as it is known now: nothing fails for want of a link."""
    connections = (store.gorgias_conn_id, store.platform, store.platform_conn_id)
    found = accounts_of(*connections, int(monotonic() // KEPT_S))
    airflow = airflow_address()
    desk = None if airflow is None else f"{airflow}/loyalty/desk/{store.name}"
    return replace(found, airflow=airflow, desk=desk)


def airflow_address() -> str | None:
    """Where people open Airflow; None where its address is not set."""
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - 1 s of imports

    return str(conf.get("api", "base_url", fallback="") or "").rstrip("/") or None


@lru_cache(maxsize=256)
def accounts_of(
    gorgias_conn_id: str, platform: str, platform_conn_id: str, _period: int
) -> Elsewhere:
    """What the connections of both accounts tell, looked up once in a `_period`."""

    def gorgias() -> str:
        return find_gorgias(gorgias_conn_id).base_url.removesuffix("/api")

    def member_page() -> str | None:
        kind = platform_class(platform)
        found = find_platform(platform_conn_id, kind)
        with naming_options(found):
            return kind.member_page_of(found.extra)

    return Elsewhere(gorgias=_if_known(gorgias), member_page=_if_known(member_page))


def _if_known(find: Callable[[], str | None]) -> str | None:
    """What is found, or None: whoever needs the connection for more says what is wrong with it."""
    from airflow.sdk.exceptions import (  # noqa: PLC0415 - 1 s of imports
        AirflowException,
        AirflowRuntimeError,
    )
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    expected = (LoyaltyDeskError, AirflowException, AirflowRuntimeError, SQLAlchemyError)
    try:
        return find()
    except (*expected, PermissionError) as error:
        log.debug("there are no links, as a connection cannot be used: %s", type(error).__name__)
        return None
