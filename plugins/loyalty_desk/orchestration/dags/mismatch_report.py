"""### mismatch_report: what could not be paired, for support managers.

One DAG a store of `include/stores.yaml`. It runs after each sync and on `reports.schedule`.

**Reads** staging and the newest run. **After a sync** it alerts, once, when more mismatches are
open than `reports.alert_above` says or the data is too old, and once when that is over. **On its
schedule** it also sends the page and the spreadsheets to `reports.email_to`, by the SMTP connection
of `alerts`, and the text to `reports.notifiers`; not when nothing changed since the last time,
unless you trigger it with `force`.

**If a task fails with NotToldError** a place could not be told; all others were, and are not told
again. It is tried again by later runs, after a wait that grows, and the desk names it until then.
"""

from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, Param, task
from pendulum import duration

from loyalty_desk.orchestration import assets
from loyalty_desk.orchestration.store_dags import (
    by_clock,
    for_each_store,
    store_dag,
    task_defaults,
)
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.stores_file import StoreSettings

FORCE = Param(
    False, type="boolean", title="Force", description="Send it also when nothing changed."
)


def schedule_of(settings: StoreSettings) -> Any:
    """After each sync, and at the times of the store's schedule if it has one."""
    synced = [assets.sync_report(settings.name)]
    timetable = by_clock(settings.reports.schedule, settings)
    if timetable is None:
        return synced
    return AssetOrTimeSchedule(timetable=timetable, assets=synced)


def report_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Mismatch report",
        description="Tells support managers who could not be paired, and what is over a threshold.",
        schedule=schedule_of(settings),
        default_args=task_defaults(queues.syncs, at_most=duration(minutes=30), retry_minutes=5),
        params={"force": FORCE},
        doc_md=__doc__,
    )
    def mismatch_report() -> None:
        @task(inlets=[assets.sync_report(store)])
        def alert() -> dict[str, list[str]]:
            from loyalty_desk.tasks.thresholds import alert_thresholds

            return alert_thresholds(store)

        @task(inlets=[assets.sync_report(store)])
        def send(params: dict[str, Any], dag_run: Any) -> bool:
            from loyalty_desk.tasks.report_mail import send_report

            return send_report(
                store,
                run_id=dag_run.run_id,
                force=params["force"],
                # Mails go by the schedule alone; after a sync, those who could not be reached.
                only_owed=dag_run.run_type == "asset_triggered",
            )

        alert()  # neither waits for the other: what one cannot deliver must not hold up both
        send()

    return mismatch_report()


def make() -> list[DAG]:
    return for_each_store(report_dag)
