"""### privacy: people's data, one pair of DAGs a store of `include/stores.yaml`.

**`erase_person__<store>`**, by hand: erases one person for good. It clears the card in Gorgias,
deletes the person from staging and reports, leaves awards anonymous, and keeps the person out of
later syncs. Name the person by an id where you can: what you enter stays in Airflow's own database,
an address too.
**If it fails** read the last line of its log, and run it again: it goes on where it stopped.

**`housekeeping__<store>`**, on `retention.schedule`: removes old runs with their reports, settled
mismatches and decisions, and makes old awards anonymous, by the limits in `retention`.
"""

from typing import Any

from airflow.sdk import Param, dag, task
from pendulum import datetime, duration

from loyalty_desk.orchestration.retrying import RETRY_BY_ERROR, wait_minutes
from loyalty_desk.settings.stores_file import StoreSettings, stores_file

STORES = stores_file()
DEFAULTS = {
    "retries": 3,
    "retry_delay": wait_minutes(2),
    "retry_policy": RETRY_BY_ERROR,  # PermanentError fails at once, the rest retry
    "execution_timeout": duration(hours=1),
    **STORES.lanes.syncs.task_arguments(),
}
START = datetime(2026, 1, 1, tz="UTC")
WHO = {
    "customer_id": Param(
        None, type=["null", "integer"], description="The customer's id in Gorgias."
    ),
    "member_id": Param(None, type=["null", "string"], description="The member's id."),
    "email": Param(None, type=["null", "string"], description="Or an address of the person."),
}


def privacy_dags(settings: StoreSettings) -> None:
    store = settings.name
    tags = ["loyalty_desk", store, settings.platform]

    @dag(
        dag_id=f"erase_person__{store}",
        schedule=None,
        start_date=START,
        max_active_runs=1,
        default_args=DEFAULTS,
        params=WHO,
        doc_md=__doc__,
        tags=tags,
    )
    def erase_person() -> None:
        @task
        def erase(params: dict[str, Any]) -> dict[str, int]:
            from dataclasses import asdict

            from loyalty_desk.privacy.person import Who
            from loyalty_desk.tasks.erase import erase

            return asdict(erase(store, Who(**{name: params[name] or None for name in WHO})))

        erase()

    @dag(
        dag_id=f"housekeeping__{store}",
        schedule=settings.retention.schedule,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        doc_md=__doc__,
        tags=tags,
    )
    def housekeeping() -> None:
        @task(multiple_outputs=False)
        def keep_house() -> dict[str, int]:
            from loyalty_desk.tasks.retention import keep_house

            return keep_house(store)

        keep_house()

    erase_person()
    housekeeping()


for store_settings in STORES.stores.values():
    privacy_dags(store_settings)
