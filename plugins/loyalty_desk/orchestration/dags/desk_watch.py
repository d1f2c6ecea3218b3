"""### desk_watch: the numbers of every store, where Airflow's own metrics go.

One DAG for all stores. It runs each minute where Airflow's `[metrics]` are on (StatsD or
OpenTelemetry), and only by hand where they are not.

**Reads** staging. **Writes** nothing but metrics; docs/watching.md lists them.

**If it fails** staging does not answer. The next run measures everything anew.
"""

from airflow.sdk import DAG, task
from pendulum import duration

from loyalty_desk.orchestration.store_dags import by_clock, loyalty_desk_dag, task_defaults
from loyalty_desk.settings.stores_file import installation, stores_file
from loyalty_desk.watching.metrics import are_on


def make() -> list[DAG]:
    queue = stores_file().queues.awards

    @loyalty_desk_dag(
        title="Desk watch",
        description="Measures every store and sends the numbers where Airflow sends its own.",
        schedule=by_clock(installation().metrics_schedule) if are_on() else None,
        # The numbers are wanted most when syncs fill their pool.
        default_args=task_defaults(queue, at_most=duration(minutes=5), retries=0),
        doc_md=__doc__,
    )
    def desk_watch() -> None:
        @task
        def measure() -> int:
            from loyalty_desk.tasks import watching

            return watching.measure()

        measure()

    return [desk_watch()]
