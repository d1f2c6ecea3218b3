"""### privacy: people's data, one pair of DAGs a store of `include/stores.yaml`.

**`erase_person__<store>`**, by hand: erases one person for good. It clears the card in Gorgias,
deletes the person from staging and reports, leaves awards anonymous, and keeps the person out of
later syncs. Name the person by an id where you can: what you enter stays in Airflow's own database,
an address too.
While a sync works it waits for its turn, without taking a place from it, and no sync begins before.
**If it fails** mend what the error in its log names, and run it again: it goes on where it stopped.

**`housekeeping__<store>`**, on `retention.schedule`: removes old runs with their reports, settled
mismatches and decisions, and makes old awards anonymous, by the limits in `retention`.
"""

from typing import Any

from airflow.sdk import DAG, Param, task
from pendulum import duration

from loyalty_desk.orchestration.store_dags import (
    by_clock,
    for_each_store,
    store_dag,
    task_defaults,
)
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.stores_file import StoreSettings

WHO = {
    "customer_id": Param(
        None,
        type=["null", "integer"],
        title="Customer id",
        description="The customer's id in Gorgias.",
    ),
    "member_id": Param(
        None, type=["null", "string"], title="Member id", description="The member's id."
    ),
    "email": Param(
        None, type=["null", "string"], title="E-mail", description="Or an address of the person."
    ),
}


def erase_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Erase a person",
        description="Erases one person for good and keeps the person out of later syncs.",
        schedule=None,
        default_args=defaults(queues),
        params=WHO,
        doc_md=__doc__,
    )
    def erase_person() -> None:
        @task
        def erase(params: dict[str, Any], run_id: str) -> dict[str, int]:
            from dataclasses import asdict

            from loyalty_desk.orchestration.turns import in_turn
            from loyalty_desk.privacy.person import Who
            from loyalty_desk.tasks.erase import erase

            who = Who(**{name: params[name] or None for name in WHO})
            with in_turn():
                return asdict(erase(store, who, holder=run_id))

        erase()

    return erase_person()


def housekeeping_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Housekeeping",
        description="Removes old runs, reports and decisions, and makes old awards anonymous.",
        schedule=by_clock(settings.retention.schedule, settings),
        default_args=defaults(queues),
        doc_md=__doc__,
    )
    def housekeeping() -> None:
        @task(multiple_outputs=False)
        def keep_house() -> dict[str, int]:
            from loyalty_desk.tasks.retention import keep_house

            return keep_house(store)

        keep_house()

    return housekeeping()


def defaults(queues: QueuesSettings) -> dict[str, Any]:
    return task_defaults(queues.syncs, at_most=duration(hours=1), retry_minutes=2)


def make() -> list[DAG]:
    return for_each_store(erase_dag, housekeeping_dag)
