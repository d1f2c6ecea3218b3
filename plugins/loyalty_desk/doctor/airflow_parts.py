"""What Airflow has of ours: the plugin, pools, workers for the queues, and DAGs that are on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy.exc import DBAPIError

from loyalty_desk.connect.families import WATCH, own_dag_ids, switch_on
from loyalty_desk.doctor.finding import Finding, Severity, fine, not_checked, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import LoyaltyDeskError, SettingsError
from loyalty_desk.hooks.dag_switches import Switch, find_switches
from loyalty_desk.hooks.own_airflow import (
    default_queue,
    find_pools,
    find_served_queues,
    find_trouble,
    plugin_trouble,
    uses_celery,
)
from loyalty_desk.settings.queues import QueueSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.store_state import StateKey, find_state
from loyalty_desk.watching.metrics import are_on

AIRFLOW: Final = "Airflow's database"
PLUGIN: Final = "plugin"
POOLS: Final = "pools"
QUEUES: Final = "queues"
DAGS: Final = "DAGs"
SILENT: Final = "Airflow's database does not answer"


def check_airflow(_scope: Scope) -> Iterator[Finding]:
    """Does Airflow's own database answer?"""
    found = find_trouble()
    if found is None:
        yield fine(AIRFLOW, "it answers")
        return
    yield trouble(
        AIRFLOW,
        f"it does not answer, or has no tables ({found})",
        "See that it runs and that this shell has Airflow's settings; it says more by itself",
        "airflow db check",
    )


def check_plugin(_scope: Scope) -> Iterator[Finding]:
    """Does this Airflow load our plugin?"""
    found = plugin_trouble("loyalty_desk")
    if found is None:
        yield fine(PLUGIN, "this Airflow loads it")
        return
    yield trouble(
        PLUGIN,
        f"Airflow does not load our plugin: {found}",
        "Without it there is neither desk nor API. Install the wheel in every component and start"
        " them anew; Airflow tells what it loads",
        "airflow plugins",
    )


def check_pools(scope: Scope) -> Iterator[Finding]:
    """Is each pool there that tasks of ours wait for?"""
    wanted = {one.pool: one.slots for one in _queues(scope) if one.pool is not None}
    if not wanted:
        yield fine(POOLS, "the stores file asks for none")
        return
    found = find_pools()
    if found is None:
        yield not_checked(POOLS, SILENT)
        return
    make = ("loyalty-desk pools > pools.json", "airflow pools import pools.json")
    compose = ("docker compose up -d initialise",)
    for pool, slots in wanted.items():
        if pool not in found:
            what = f"there is no pool {pool}, so its tasks never start"
            yield trouble(POOLS, what, "Make the pools", *make, in_compose=compose)
        elif found[pool] != slots:
            what = f"pool {pool} has {found[pool]} slots, and the stores file says {slots}"
            remedy = "Make the pools anew, or correct `slots`"
            warning = Severity.WARNING
            yield trouble(POOLS, what, remedy, *make, in_compose=compose, severity=warning)
        else:
            yield fine(POOLS, f"{pool} has {slots} slots")


def check_queues(scope: Scope) -> Iterator[Finding]:
    """Is there a worker for each queue?"""
    if not uses_celery():
        yield fine(QUEUES, "this executor has none")
        return
    found = find_served_queues()
    if found is None:
        yield trouble(
            QUEUES,
            "the broker of the queues does not answer",
            "See that it runs, and what Airflow's [celery] broker_url says",
            in_compose=("docker compose ps redis", "docker compose logs redis"),
        )
        return
    for queue in dict.fromkeys(one.queue or default_queue() for one in _queues(scope)):
        if workers := found.get(queue):
            yield fine(QUEUES, f"{queue} is taken by {workers} worker{'s'[: workers != 1]}")
        else:
            yield trouble(
                QUEUES,
                f"no worker takes the queue {queue}, so its tasks stay queued",
                "Start one",
                f"airflow celery worker --queues {queue}",
                in_compose=("docker compose up -d worker award-worker",),
            )


def _queues(scope: Scope) -> tuple[QueueSettings, QueueSettings]:
    if "" in scope.file.problems:
        raise SettingsError("the stores file cannot be read, so nobody knows the queues")
    return scope.file.queues.awards, scope.file.queues.syncs


def check_dags(scope: Scope) -> Iterator[Finding]:
    """Does Airflow have the DAGs of each store, and are they on?"""
    if are_on():
        yield _switches([WATCH], None)
    for store in scope.stores.values():
        if _is_disconnected(scope, store):
            yield fine(DAGS, "the store is disconnected: nothing has to run", store=store.name)
        else:
            yield _switches(own_dag_ids(store.name), store.name)


def _switches(dag_ids: list[str], store: str | None) -> Finding:
    found = find_switches(dag_ids)
    if found is None:
        return not_checked(DAGS, SILENT, store=store)
    unknown = [one for one, switch in found.items() if switch is Switch.UNKNOWN]
    if unknown:
        return trouble(
            DAGS,
            f"Airflow does not know {', '.join(unknown)}",
            "See that the DAG processor runs, and that the DAG file is in its folder and loads",
            "airflow dags list-import-errors",
            store=store,
        )
    if paused := [one for one, switch in found.items() if switch is Switch.PAUSED]:
        return trouble(
            DAGS,
            f"paused: {', '.join(paused)}",
            "Nothing of them runs. Switch them on",
            switch_on(paused),
            store=store,
            severity=Severity.WARNING,
        )
    return fine(DAGS, f"{len(found)} are on", store=store)


def _is_disconnected(scope: Scope, store: StoreSettings) -> bool:
    """Whether a person took the store out of service; where staging does not tell, nobody did."""
    try:
        with reading(scope.migrated) as connection:
            return find_state(connection, store.name, StateKey.DISCONNECTED) is not None
    except (LoyaltyDeskError, DBAPIError):
        return False
