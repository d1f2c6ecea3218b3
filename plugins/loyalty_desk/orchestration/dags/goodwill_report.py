"""### goodwill_report: what points and credits by hand cost in a month, for support managers.

One DAG a store of `include/stores.yaml`, on `goodwill.schedule`, by the store's time zone.

**Reads** staging. **Sends** the month that ended, with all tables as a workbook, to
`reports.email_to` by the SMTP connection of `alerts`, and as text to `reports.notifiers`: each
place once a month, and not where nothing was booked. Trigger it with a `month` to have another one
sent, once more too.

**If a task fails with NotToldError** a place could not be told; all others were. The next run of
the month tries it again.
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

MONTH = Param(
    None,
    type=["null", "string"],
    pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$",
    title="Month",
    description="Such as 2026-01, sent whatever was sent before; empty: the month that ended.",
)


def goodwill_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Goodwill report",
        description="Tells support managers what points and credits by hand cost in a month.",
        schedule=by_clock(settings.goodwill.schedule, settings),
        default_args=task_defaults(queues.syncs, at_most=duration(minutes=30), retry_minutes=5),
        params={"month": MONTH},
        doc_md=__doc__,
    )
    def goodwill_report() -> None:
        @task
        def send(params: dict[str, Any], dag_run: Any) -> bool:
            from loyalty_desk.tasks.goodwill_report import send_goodwill_report

            return send_goodwill_report(store, run_id=dag_run.run_id, month=params["month"])

        send()

    return goodwill_report()


def make() -> list[DAG]:
    return for_each_store(goodwill_dag)
