"""Looks at everything about a store's set-up that can be seen without asking anybody outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import parse_utc, utc_now
from loyalty_desk.connect.families import dag_ids
from loyalty_desk.connect.tokens import is_over, list_tokens
from loyalty_desk.connect.urls import public_url
from loyalty_desk.doctor.database import (
    DATABASE,
    MIGRATIONS,
    check_database,
    check_migrations,
)
from loyalty_desk.doctor.examine import one_check
from loyalty_desk.doctor.finding import Severity
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import (
    LoyaltyDeskError,
    NoConnectionError,
    SettingsError,
    StagingUnavailableError,
)
from loyalty_desk.first_steps.facts import Account, Facts, Look, Remembered, SeenRun, Try
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.hooks.account_zones import find_account_zone
from loyalty_desk.hooks.connections import capabilities
from loyalty_desk.hooks.dag_switches import find_switches
from loyalty_desk.hooks.found import GORGIAS, OWN_TYPES, add_gorgias, add_platform
from loyalty_desk.hooks.trying import Tried, check_gorgias, check_platform, told_of
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import Platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Opens, RunState
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import Standing, check_migrated, reading, tables_stand
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.run_record import load_run_record
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, find_state_time, keep_state

DRY: Final = '%"dry_run": true%'
"""How the params of a dry run are kept, by `start_run`."""


def load_facts(store: StoreSettings, away: StagingUnavailableError | None = None) -> Facts:
    """Look at everything that can be seen from here; asks neither Gorgias nor the platform.

    `away` is why the staging database could not be reached, where that is known already.
    """
    kind = platform_class(store.platform)
    accounts = _accounts(store, kind)
    address, address_trouble = _address()
    return Facts(
        store=store,
        account_zone=find_account_zone(store),
        accounts=accounts,
        platform=kind.title,
        signs_webhooks=None if accounts[1].trouble else capabilities(store).sends_webhooks,
        could_sign_webhooks=_could_sign(kind),
        switches=find_switches(dag_ids(store.name)),
        address=address,
        address_trouble=address_trouble,
        **_staging(store, away),
    )


def keep_tries(connection: Connection, store: str, tried: Mapping[str, Tried]) -> None:
    """Remember what came of a try, of each connection by its id."""
    content = {
        conn_id: {"works": one.works, "sentence": one.sentence, "time_zone": one.time_zone}
        for conn_id, one in tried.items()
    }
    keep_state(connection, store, StateKey.TRIED, json.dumps(content), utc_now())


def keep_look(connection: Connection, store: str, *, run_id: str, by: str) -> bool:
    """Remember who says that the report of a dry run is right; False, and nothing is kept, when it
    is not the newest that ended well.
    """
    newest = _newest_runs(connection, store)[True].get(RunState.SUCCEEDED)
    if newest is None or newest.run_id != run_id:
        return False
    content = json.dumps({"run_id": run_id, "by": by})
    keep_state(connection, store, StateKey.LOOKED, content, utc_now())
    return True


def _accounts(store: StoreSettings, kind: type[Platform]) -> tuple[Account, Account]:
    gorgias = _account(
        partial(check_gorgias, store.gorgias_conn_id),
        title="Gorgias",
        conn_id=store.gorgias_conn_id,
        conn_type=GORGIAS,
        add=add_gorgias(store.gorgias_conn_id),
        counter="gorgias_requests",
    )
    platform = _account(
        partial(check_platform, store.platform_conn_id, kind),
        title=kind.title,
        conn_id=store.platform_conn_id,
        conn_type=kind.name if kind.name in OWN_TYPES else "http",
        add=add_platform(store.platform_conn_id, kind),
        counter="platform_requests",
    )
    return gorgias, platform


def _account(check: Callable[[], object], *, conn_id: str, **of: Any) -> Account:
    try:
        check()
    except LoyaltyDeskError as error:
        is_missing = isinstance(error, NoConnectionError)
        trouble = told_of(conn_id, error)
        return Account(conn_id=conn_id, is_missing=is_missing, trouble=trouble, **of)
    return Account(conn_id=conn_id, **of)


def _could_sign(kind: type[Platform]) -> bool:
    """Whether the platform's webhooks can be verified at all, with a secret."""
    try:
        return kind.capabilities_of({"webhook_secret": "any"}).sends_webhooks
    except (LoyaltyDeskError, BadFieldError):  # one of somebody else's, which asks for more
        return True


def _address() -> tuple[str | None, str | None]:
    try:
        return public_url(), None
    except SettingsError as error:
        return None, str(error)


def _staging(store: StoreSettings, away: StagingUnavailableError | None) -> dict[str, Any]:
    """What is remembered of the store, or why nothing can be read."""
    try:
        if away is not None:
            raise away
        engine = staging_engine()
        check_migrated(engine)
        with reading(engine) as connection:
            remembered = _remembered(connection, store.name)
        made = {kind: len(known_objects(engine, store.name, kind)) for kind in Kind}
    except StagingUnavailableError as error:
        return {"remembered": None, **_database_troubles(error)}
    except (SettingsError, DBAPIError):
        return {"remembered": None, **_database_troubles(None)}
    made = {kind: count for kind, count in made.items() if count}
    return {"remembered": Remembered(made=made, **remembered)}


def _database_troubles(away: StagingUnavailableError | None) -> dict[str, Any]:
    """What the doctor says of a database that cannot be used, and whether it has any tables."""
    scope = Scope(file=stores_file(), away=away)
    try:
        found = [
            *one_check(DATABASE, check_database, scope),
            *one_check(MIGRATIONS, check_migrations, scope),
        ]
        has_tables = tables_stand(scope.engine)[0] is not Standing.NONE
    except (SettingsError, StagingUnavailableError, DBAPIError):
        has_tables = True
    finally:
        scope.close()
    return {
        "database": tuple(one for one in found if one.severity is Severity.ERROR),
        "has_tables": has_tables,
    }


def _remembered(connection: Connection, store: str) -> dict[str, Any]:
    runs = _newest_runs(connection, store)
    newest_award = connection.execute(
        statement("desk/awards/select_newest_from_ticket"), {"store": store}
    ).scalar()
    return {
        "dry": runs[True],
        "real": runs[False],
        "tries": _tries(connection, store),
        "looked": _looked(connection, store),
        "is_disconnected": find_state(connection, store, StateKey.DISCONNECTED) is not None,
        "has_token": any(
            token.opens == Opens.AWARDS and not is_over(token, utc_now())
            for token in list_tokens(connection, store)
        ),
        "has_adopted": find_state(connection, store, StateKey.BUTTON) is not None,
        "newest_award": parse_utc(newest_award) if newest_award else None,
        "newest_webhook": find_state_time(connection, store, StateKey.WEBHOOK),
    }


def _newest_runs(connection: Connection, store: str) -> dict[bool, dict[RunState, SeenRun]]:
    """The newest run of each state: under True the dry ones, under False the others."""
    binds = {"store": store, "dry": DRY}
    found = connection.execute(statement("desk/runs/select_newest_of_each_state"), binds).all()
    runs: dict[bool, dict[RunState, SeenRun]] = {True: {}, False: {}}
    for row in found:
        run = _seen_run(connection, store, row)
        runs[bool(row.is_dry)][run.state] = run
    return runs


def _seen_run(connection: Connection, store: str, row: Row[Any]) -> SeenRun:
    state = RunState(row.state)
    ended_well = state is RunState.SUCCEEDED
    return SeenRun(
        run_id=row.run_id,
        state=state,
        started_at=parse_utc(row.started_at_utc),
        failure=row.failure,
        record=load_run_record(connection, store, row.run_id) if ended_well else None,
        limit=json.loads(row.params or "{}").get("limit"),
    )


def _tries(connection: Connection, store: str) -> dict[str, Try]:
    content = find_state(connection, store, StateKey.TRIED)
    at = find_state_time(connection, store, StateKey.TRIED)
    if content is None or at is None:
        return {}
    return {conn_id: Try(at=at, **told) for conn_id, told in json.loads(content).items()}


def _looked(connection: Connection, store: str) -> Look | None:
    content = find_state(connection, store, StateKey.LOOKED)
    at = find_state_time(connection, store, StateKey.LOOKED)
    if content is None or at is None:
        return None
    told = json.loads(content)
    # Without its run nobody knows which report it was.
    return Look(at=at, **told) if "run_id" in told else None
