"""What the DAGs of all families share: ids, names, start, tags, tries, and the loop over stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Final

from airflow.sdk import DAG, CronTriggerTimetable, dag, get_parsing_context, task
from pendulum import datetime

from loyalty_desk.errors import SettingsError
from loyalty_desk.hooks.account_zones import UNTIL_KNOWN, load_account_zones
from loyalty_desk.orchestration.retrying import RETRY_BY_ERROR, wait_minutes
from loyalty_desk.settings.queues import QueueSettings, QueuesSettings
from loyalty_desk.settings.stores_file import StoreSettings, stores_file

START: Final = datetime(2026, 1, 1, tz="UTC")
TAG: Final = "loyalty_desk"

Decorator = Callable[[Callable[[], None]], Callable[[], DAG]]
"""As Airflow's `@dag`: calling what it leaves of a function makes the DAG."""


def loyalty_desk_dag(*, title: str, description: str, **arguments: Any) -> Decorator:
    """Airflow's `@dag`, with what is the same for every DAG unless `arguments` say otherwise."""
    common: dict[str, Any] = {
        "start_date": START,
        "catchup": False,
        "max_active_runs": 1,
        "tags": [TAG],
    }
    decorator: Decorator = dag(
        dag_display_name=title, description=description, **common | arguments
    )
    return decorator


def store_dag(store: StoreSettings, *, title: str, description: str, **arguments: Any) -> Decorator:
    """`loyalty_desk_dag` for one store; its id is made of the function's name and the store's."""

    def decorate(function: Callable[[], None]) -> Callable[[], DAG]:
        return loyalty_desk_dag(
            dag_id=f"{function.__name__}__{store.name}",
            title=f"{title}: {store.name}",
            description=description,
            tags=[TAG, store.name, store.platform],
            **arguments,
        )(function)

    return decorate


def by_clock(cron: str | None, store: StoreSettings | None = None) -> CronTriggerTimetable | None:
    """The schedule of a cron expression, whose hour stays when clocks are changed.

    It goes by the zone of the store, else by that of its Gorgias account, and by UTC until that is
    known. Given as a text, Airflow would go by a zone of its own settings.
    """
    if cron is None:
        return None
    if store is None:
        return CronTriggerTimetable(cron, timezone=UNTIL_KNOWN)
    zone = store.time_zone or account_zones().get(store.name, UNTIL_KNOWN)
    return CronTriggerTimetable(cron, timezone=zone)


@cache
def account_zones() -> Mapping[str, str]:
    """The zones of the stores' accounts: looked for once a DAG file, whatever the stores in it.

    Whoever reads the next file forgets them first, by `account_zones.cache_clear()`.
    """
    if get_parsing_context().task_id is not None:  # a task has no use for a schedule
        return {}
    return load_account_zones()


def task_defaults(
    queue: QueueSettings,
    *,
    at_most: timedelta,
    retry_minutes: float = 1,
    priority: int | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """The `default_args` of a DAG whose tasks run in `queue`, each try `at_most` so long.

    With a `priority` they go before others that wait for the same pool; the highest goes first.
    """
    weight = {} if priority is None else {"priority_weight": priority, "weight_rule": "absolute"}
    return {
        "retries": 3,
        "retry_delay": wait_minutes(retry_minutes),
        "retry_policy": RETRY_BY_ERROR,  # PermanentError fails at once, the rest retry
        "execution_timeout": at_most,
        **weight,
        **queue.task_arguments(),
        **arguments,
    }


def for_each_store(
    *factories: Callable[[StoreSettings, QueuesSettings], DAG],
    broken: Callable[[str, str], DAG] | None = None,
) -> list[DAG]:
    """What all `factories` make for each store, and `broken` for one that is wrong.

    Raises:
        SettingsError: the file is wrong as a whole, and it is `broken` that shows problems.
    """
    found = stores_file()
    made: list[DAG] = []
    if broken is not None:
        if "" in found.problems:
            raise SettingsError(found.problems[""])
        for name, problem in found.problems.items():
            made.append(broken(name, problem))
    for store in found.stores.values():
        made += [factory(store, found.queues) for factory in factories]
    return made


def broken_store_dag(store: str, problem: str) -> DAG:
    """Show a store whose settings are wrong as a sync that fails with what to mend."""

    @loyalty_desk_dag(
        dag_id=f"loyalty_sync__{''.join(c if c.isalnum() else '_' for c in store)}",
        title=f"Loyalty sync: {store}",
        description="The settings of this store are wrong; it fails with what to mend.",
        schedule=by_clock("@hourly"),
        doc_md=f"The settings of this store are wrong.\n\n`{problem}`",
        tags=[TAG, "wrong settings"],
    )
    def broken_store() -> None:
        @task
        def read_settings() -> None:
            raise SettingsError(problem)

        read_settings()

    return broken_store()
