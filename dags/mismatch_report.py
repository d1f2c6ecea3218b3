"""### mismatch_report: what could not be paired, for support managers, by mail.

One DAG a store of `include/stores.yaml`, on the store's `reports.schedule`.

**Reads** staging and the newest run. **Sends** the page and the spreadsheet to `reports.email_to`,
by the SMTP connection of `alerts`; not when nothing changed since the last mail, unless you trigger
it with `force`.

**If `send` fails** the mail server did not take it; what is sent the next time is the same.
"""

from typing import Any

from airflow.sdk import Param, dag, task
from pendulum import datetime, duration

from loyalty_desk import assets
from loyalty_desk.retrying import RETRY_BY_ERROR  # PermanentError fails at once, the rest retry
from loyalty_desk.settings import StoreSettings, stores_file

DEFAULTS = {
    "retries": 3,
    "retry_delay": duration(minutes=5),
    "retry_policy": RETRY_BY_ERROR,
    "execution_timeout": duration(minutes=30),
}
START = datetime(2026, 1, 1, tz="UTC")
FORCE = Param(False, type="boolean", description="Send it also when nothing changed.")


def report_dag(settings: StoreSettings) -> None:
    store = settings.name

    @dag(
        dag_id=f"mismatch_report__{store}",
        schedule=settings.reports.schedule,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        params={"force": FORCE},
        doc_md=__doc__,
        tags=["loyalty_desk", store, settings.platform],
    )
    def mismatch_report() -> None:
        @task(inlets=[assets.sync_report(store)])
        def send(params: dict[str, Any]) -> bool:
            from loyalty_desk.report.mail import send_report

            return send_report(store, force=params["force"])

        send()

    mismatch_report()


for store_settings in stores_file().stores.values():
    report_dag(store_settings)
