"""### desk_watch: the numbers of every store, where Airflow's own metrics go.

One DAG for all stores. It runs each minute where Airflow's `[metrics]` are on (StatsD or
OpenTelemetry), and only by hand where they are not.

**Reads** staging. **Writes** nothing but metrics; docs/watching.md lists them.

**If it fails** staging does not answer. The next run measures everything anew.
"""

from airflow.sdk import dag, task
from pendulum import datetime, duration

from loyalty_desk.settings.stores_file import installation, stores_file
from loyalty_desk.watching.metrics import are_on

LANES = stores_file().lanes
DEFAULTS = {
    "retries": 0,
    "execution_timeout": duration(minutes=5),
    **LANES.awards.task_arguments(),  # the numbers are wanted most when syncs fill their lane
}
START = datetime(2026, 1, 1, tz="UTC")


@dag(
    schedule=installation().metrics_schedule if are_on() else None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    doc_md=__doc__,
    tags=["loyalty_desk"],
)
def desk_watch() -> None:
    @task
    def measure() -> int:
        from loyalty_desk.tasks import watching as stages

        return stages.measure()

    measure()


desk_watch()
