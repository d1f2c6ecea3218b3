"""### loyalty_sync: keep Gorgias customers in line with loyalty members.

One DAG a store of `include/stores.yaml`.

**Reads** the loyalty platform and Gorgias. **Writes** staging, then the cards in Gorgias.

**If a run is red** the sync did not do its work: a task failed, or the counts do not add up. Mend
what the run's note says, then clear the failed task; every task may be repeated, and a push goes on
where it stopped.
**If it says BrakeError** nothing was written. Read the report; if the changes are right, trigger
the DAG once with `release_brake`.
**If it says StoreBusyError** another run was at work for longer than `turn_minutes`, or a person
was erased, or the store was disconnected; `start` waits that long by itself, so see what that one
does.

The report of each run is in the log of the task `report`, and its numbers are in the run's note.
`synced` does nothing: it is green when every stage ended well, and makes the run red when not.
"""

from collections.abc import Mapping
from functools import partial
from itertools import chain, pairwise
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import (
    DAG,
    DeadlineAlert,
    DeadlineReference,
    Param,
    SyncCallback,
    TaskInstanceState,
    cross_downstream,
    task,
)
from pendulum import duration

from loyalty_desk.orchestration import assets
from loyalty_desk.orchestration.retrying import wait_minutes
from loyalty_desk.orchestration.store_dags import (
    broken_store_dag,
    by_clock,
    for_each_store,
    store_dag,
    task_defaults,
)
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.tasks.late import tell_late
from loyalty_desk.tasks.sync_order import NOTE, SYNC_ORDER

PARAMS = {name: Param(**field) for name, field in RunParams.form_fields().items()}


def lineage(store: str) -> dict[str, dict[str, Any]]:
    """What the stages read and write, by their names."""
    members, customers = assets.staged_members(store), assets.staged_customers(store)
    matches, changes = assets.matches(store), assets.changes(store)
    gorgias = assets.gorgias_customers(store)
    return {
        "extract_members": {"inlets": [assets.loyalty_members(store)], "outlets": [members]},
        "extract_customers": {"inlets": [gorgias], "outlets": [customers]},
        "extract_tickets": {"inlets": [gorgias]},
        "match": {"inlets": [members, customers], "outlets": [matches]},
        "plan": {"inlets": [matches], "outlets": [changes]},
        "push": {"inlets": [changes], "outlets": [assets.loyalty_cards(store)]},
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


def every_stage_ended_well(ti: Any) -> bool:
    """Whether the run reached its end. What a stage returned in an earlier try would not tell."""
    stages = list(chain.from_iterable(SYNC_ORDER))
    found = ti.get_task_states(dag_id=ti.dag_id, task_ids=stages, run_ids=[ti.run_id])
    states = found.get(ti.run_id, {})
    return all(states.get(name) == TaskInstanceState.SUCCESS for name in stages)


def sync_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Loyalty sync",
        description="Keeps the loyalty cards in Gorgias in line with the loyalty platform.",
        schedule=by_clock(settings.schedule, settings),
        default_args=task_defaults(
            queues.syncs,
            at_most=duration(hours=4),
            retry_exponential_backoff=True,
            max_retry_delay=wait_minutes(15),
        ),
        params=PARAMS,
        deadline=deadline(settings),
        doc_md=__doc__,
    )
    def loyalty_sync() -> None:
        @task
        def start(run_id: str, params: dict[str, Any], ti: Any = None) -> None:
            from loyalty_desk.orchestration.turns import in_turn
            from loyalty_desk.tasks import sync
            from loyalty_desk.tasks.telling import saying_why

            waits = in_turn(ti, at_most=wait_minutes(settings.turn_minutes))
            with saying_why("start", partial(ti.xcom_push, NOTE)), waits:
                sync.start(store, run_id, params)

        @task(multiple_outputs=False)  # counts go on as one value, not as one XCom a count
        def stage(name: str, run_id: str) -> Mapping[str, float]:
            from loyalty_desk.tasks import sync
            from loyalty_desk.tasks.telling import saying_why

            with saying_why(name):
                return sync.STAGES[name](store, run_id)

        @task(outlets=[assets.sync_report(store)], multiple_outputs=False)
        def report(run_id: str, ti: Any = None) -> dict[str, Any]:
            from loyalty_desk.tasks import sync
            from loyalty_desk.tasks.telling import saying_why

            tell, well = partial(ti.xcom_push, NOTE), every_stage_ended_well(ti)
            with saying_why("report"):
                return sync.report(store, run_id, reached_the_end=well, tell=tell)

        reads_and_writes = lineage(store)
        stages = [
            [stage.override(task_id=name, **reads_and_writes.get(name, {}))(name) for name in group]
            for group in SYNC_ORDER
        ]
        started = start()
        # A teardown runs whatever failed before it. As one that can fail the run it hides the
        # stages from the run's state, which follows from the leaves; `synced` is the other leaf.
        end = report().as_teardown(setups=started, on_failure_fail_dagrun=True)
        for before, after in pairwise([[started], *stages, [end]]):
            cross_downstream(before, after)
        for side_by_side in stages:
            if len(side_by_side) > 1:  # one that fails must not have the report end the others' run
                cross_downstream(side_by_side, [end])
        cross_downstream(stages[-1], [EmptyOperator(task_id="synced")])

    return loyalty_sync()


def make() -> list[DAG]:
    return for_each_store(sync_dag, broken=broken_store_dag)
