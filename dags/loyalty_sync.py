"""### loyalty_sync: keep Gorgias customers in line with loyalty members.

One DAG a store of `include/stores.yaml`.

**Reads** the loyalty platform and Gorgias. **Writes** staging, then the cards in Gorgias.

**If a task fails** read the last line of its log: it says what to fix. Then clear the failed
task; every task may be repeated, and a push goes on where it stopped.
**If it says BrakeError** nothing was written. Read the report; if the changes are right, trigger
the DAG once with `release_brake`.
**If it says StoreBusyError** another run of the store is at work; it is tried again by itself.

The report of each run is in the log of the task `report`, and its numbers are in the run's note.
"""

from typing import Any

from airflow.sdk import (
    DeadlineAlert,
    DeadlineReference,
    Param,
    SyncCallback,
    chain,
    dag,
    task,
)
from pendulum import datetime, duration

from loyalty_desk.errors import SettingsError
from loyalty_desk.orchestration import assets
from loyalty_desk.orchestration.retrying import RETRY_BY_ERROR, wait_minutes
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.tasks.late import tell_late

STORES = stores_file()
DEFAULTS = {
    "retries": 3,
    "retry_delay": wait_minutes(1),
    "retry_exponential_backoff": True,
    "max_retry_delay": wait_minutes(15),
    "retry_policy": RETRY_BY_ERROR,  # PermanentError fails at once, the rest retry
    "execution_timeout": duration(hours=4),
    "multiple_outputs": False,  # counts go on as one value, not as one XCom a count
    **STORES.lanes.syncs.task_arguments(),
}
START = datetime(2026, 1, 1, tz="UTC")
PARAMS = {
    name: Param(field["default"], description=field["description"], type=field["type"])
    for name, field in RunParams.form_fields().items()
}


def deadline(settings: StoreSettings) -> DeadlineAlert | None:
    """When a run counts as late, if the store's alerts say so."""
    minutes = settings.alerts.sync_late_after_minutes
    if minutes is None:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=wait_minutes(minutes),
        callback=SyncCallback(tell_late, {"store": settings.name, "minutes": minutes}),
    )


def sync_dag(settings: StoreSettings) -> None:
    store = settings.name

    @dag(
        dag_id=f"loyalty_sync__{store}",
        schedule=settings.schedule,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        params=PARAMS,
        deadline=deadline(settings),
        doc_md=__doc__,
        tags=["loyalty_desk", store, settings.platform],
    )
    def loyalty_sync() -> None:
        @task
        def start(run_id: str, params: dict[str, Any]) -> None:
            from loyalty_desk.tasks import sync as stages

            stages.start(store, run_id, params)

        @task(inlets=[assets.loyalty_members(store)], outlets=[assets.staged_members(store)])
        def extract_members(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.extract_members(store, run_id)

        @task(inlets=[assets.gorgias_customers(store)], outlets=[assets.staged_customers(store)])
        def extract_customers(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.extract_customers(store, run_id)

        @task(inlets=[assets.gorgias_customers(store)])
        def extract_tickets(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.extract_tickets(store, run_id)

        @task
        def look_up_channels(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.look_up_channels(store, run_id)

        @task
        def check(*steps: str, run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.check(store, run_id, *steps)

        @task(
            inlets=[assets.staged_members(store), assets.staged_customers(store)],
            outlets=[assets.matches(store)],
        )
        def match(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.match(store, run_id)

        @task(inlets=[assets.matches(store)], outlets=[assets.changes(store)])
        def plan(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.plan(store, run_id)

        @task(inlets=[assets.changes(store)], outlets=[assets.loyalty_cards(store)])
        def push(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.push_cards(store, run_id)

        @task
        def read_back(run_id: str) -> dict[str, float]:
            from loyalty_desk.tasks import sync as stages

            return stages.read_back(store, run_id)

        @task(outlets=[assets.sync_report(store)])
        def report(reached_the_end: object, run_id: str) -> dict[str, Any]:
            from loyalty_desk.tasks import sync as stages

            return stages.report(store, run_id, reached_the_end=reached_the_end is not None)

        started = start()
        last_check = check.override(task_id="check_push")("push")
        # A teardown runs whatever failed before it, and does not turn a failed run green.
        end = report(last_check).as_teardown(setups=started, on_failure_fail_dagrun=True)
        chain(
            started,
            [extract_members(), extract_customers(), extract_tickets()],
            look_up_channels(),
            check.override(task_id="check_extracts")("members", "customers"),
            match(),
            check.override(task_id="check_match")("match"),
            plan(),
            check.override(task_id="check_plan")("plan"),
            push(),
            read_back(),
            last_check,
            end,
        )

    loyalty_sync()


def broken_store_dag(store: str, problem: str) -> None:
    """Show a store whose settings are wrong as a DAG that fails with what to mend."""

    @dag(
        dag_id=f"loyalty_sync__{''.join(c if c.isalnum() else '_' for c in store)}",
        schedule="@hourly",
        start_date=START,
        catchup=False,
        doc_md=f"The settings of this store are wrong.\n\n`{problem}`",
        tags=["loyalty_desk", "wrong settings"],
    )
    def broken_store() -> None:
        @task
        def read_settings() -> None:
            raise SettingsError(problem)

        read_settings()

    broken_store()


if "" in STORES.problems:
    raise SettingsError(STORES.problems[""])
for broken, reason in STORES.problems.items():
    broken_store_dag(broken, reason)
for store_settings in STORES.stores.values():
    sync_dag(store_settings)
