"""The time zones of the stores' Gorgias accounts, as Airflow keeps them: one Variable. An adapter.

Whoever parses DAG files may ask neither Gorgias nor staging for them, and a Variable he may.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from functools import lru_cache
from time import monotonic
from typing import Final

from loyalty_desk.clock import is_time_zone
from loyalty_desk.settings.stores_file import StoreSettings

log = logging.getLogger(__name__)

VARIABLE: Final = "loyalty_desk_time_zones"
DESCRIPTION: Final = "Time zones of Gorgias accounts, for stores without a time_zone of their own."
UNTIL_KNOWN: Final = "UTC"
KEPT_S: Final = 60
"""Each page asks, of each store that it shows, and a secrets backend may be far away."""


def load_account_zones() -> Mapping[str, str]:
    """The zone of each store's account, as far as it is known, by one look at the Variable.

    Never raises for what Airflow answers: what cannot be read or used is not known, and logged.
    """
    from airflow.sdk.exceptions import AirflowRuntimeError  # noqa: PLC0415 - 1 s of imports
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        return _zones_in(_read())
    except (AirflowRuntimeError, SQLAlchemyError, PermissionError) as error:
        _unusable(f"cannot be read ({type(error).__name__})")
        return {}


def find_account_zone(store: StoreSettings) -> str | None:
    """The account's zone, where the store's schedules go by it and it is known."""
    return load_account_zones().get(store.name) if store.time_zone is None else None


def zone_of(store: StoreSettings) -> str:
    """What the store's days and hours are by: its setting, else its account's, else UTC."""
    return store.time_zone or load_account_zones().get(store.name, UNTIL_KNOWN)


def shown_zone(store: StoreSettings) -> str:
    """`zone_of` for who only shows times: looked up once in `KEPT_S`, or when learned here."""
    return store.time_zone or _kept(int(monotonic() // KEPT_S)).get(store.name, UNTIL_KNOWN)


@lru_cache(maxsize=1)
def _kept(_period: int) -> Mapping[str, str]:
    return load_account_zones()


def learn_account_zone(store: StoreSettings, zone: str | None) -> bool:
    """Have the schedules of a store without a `time_zone` go by its account's from now on.

    True: they went by another one before. A log line says so, and why if they cannot.
    """
    if store.time_zone is not None or zone is None:
        return False
    from airflow.sdk.exceptions import AirflowRuntimeError  # noqa: PLC0415 - 1 s of imports
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        return _keep(store.name, zone)
    except (AirflowRuntimeError, SQLAlchemyError, PermissionError) as error:
        log.warning(
            "the time zone of the Gorgias account of %s, %s, cannot be kept in Airflow's Variable"
            " %s (%s): schedules stay as they are until it is seen again",
            store.name,
            zone,
            VARIABLE,
            type(error).__name__,
        )
        return False


def _keep(store: str, zone: str) -> bool:
    text = _read()
    if text is None:
        _see_that_it_is_missing()
    zones = _zones_in(text)
    before = zones.get(store, UNTIL_KNOWN)
    if zones.get(store) == zone:
        return False
    _write(json.dumps({**zones, store: zone}, sort_keys=True))
    _kept.cache_clear()
    if _zones_in(_read()).get(store) != zone:
        log.warning(
            "the Gorgias account of %s has the time zone %s, and the store's schedules go by %s:"
            " Airflow's Variable %s is set elsewhere, in the environment or a secrets backend, or"
            " another store's run wrote it at the same moment and the next run writes it again",
            store,
            zone,
            before,
            VARIABLE,
        )
        return False
    if before == zone:
        return False
    log.info(
        "the schedules of %s go by the time zone of its Gorgias account from now on: %s, and by %s"
        " before",
        store,
        zone,
        before,
    )
    return True


def _zones_in(text: str | None) -> Mapping[str, str]:
    try:
        content = json.loads(text or "{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        _unusable("is no JSON object of stores and time zones")
        return {}
    zones: dict[str, str] = {}
    for store, zone in content.items():
        if isinstance(zone, str) and is_time_zone(zone):
            zones[store] = zone
        else:
            _unusable(f"has no time zone for {store!r}, but another value")
    return zones


def _unusable(why: str) -> None:
    log.warning(
        "Airflow's Variable %s %s: schedules that it is to give a zone go by %s",
        VARIABLE,
        why,
        UNTIL_KNOWN,
    )


def _has_supervisor() -> bool:
    """Whether Airflow's supervisor is asked: by tasks, and where DAG files are parsed. Others, such
    as the API server and a shell, have the database.
    """
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    return getattr(runner, "SUPERVISOR_COMMS", None) is not None


def _read() -> str | None:
    """The content, wherever Airflow finds it first: environment, secrets backends, database."""
    from airflow.sdk import Variable  # noqa: PLC0415 - 1 s of imports

    found: str | None = Variable.get(VARIABLE, default=None)
    if found is None and not _has_supervisor():  # a shell of Airflow looks in no database by itself
        found = _read_database()
    return found


def _read_database() -> str | None:
    from airflow.models.variable import Variable  # noqa: PLC0415 - 1 s of imports
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session(scoped=False) as session:
        found = session.query(Variable).filter(Variable.key == VARIABLE).one_or_none()
        # None as well where it was encrypted by a key that this Airflow does not have.
        content: str | None = found and found.get_val()  # type: ignore[no-untyped-call] # Airflow's
        return content


def _see_that_it_is_missing() -> None:
    """Raise where it is there and was only not told: written anew, it would lose other stores."""
    from airflow.sdk import Variable  # noqa: PLC0415 - 1 s of imports

    if _has_supervisor() and VARIABLE in Variable.keys(prefix=VARIABLE):
        raise PermissionError(f"Airflow has a Variable {VARIABLE} and does not tell its content")


def _write(text: str) -> None:
    if _has_supervisor():
        from airflow.sdk import Variable  # noqa: PLC0415 - 1 s of imports

        Variable.set(VARIABLE, text, DESCRIPTION)
        return
    from airflow.models.variable import Variable as Kept  # noqa: PLC0415 - 1 s of imports

    Kept.set(VARIABLE, text, DESCRIPTION)
