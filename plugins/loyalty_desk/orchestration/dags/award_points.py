"""### award_points: points and credits by hand, once.

One DAG a store of `include/stores.yaml`. The queue itself starts it, within a second or two.

**To award** trigger the DAG and fill in the form: an e-mail or a member's id, how much, and why.
Without an amount the run applies what is queued, as the schedule does with what was left over.
**To approve** open *Required Actions*: `ask` waits there for each award above the store's limit,
and holds no worker and no other award meanwhile. Whoever asked for an award cannot approve it.

**Reads** the queue and the loyalty platform. **Writes** the platform, then the card in Gorgias.

**If `apply` fails with AwardNotQueuedError** nothing was queued; it names each field or limit.
**If `alert` fails with PlatformOutageError** the platform did not answer, or refused our key. What
is due waits, and starts the next run by itself. Every task may be repeated: an award that may have
arrived is looked for in the member's ledger before it is ever sent again.
**If Gorgias does not answer** `show` ends early, and later runs and the sync show the cards: no
booking waits for it.
**If an award is `unknown`** nobody can tell whether it was booked. Look the member up on the
platform, then `python -m loyalty_desk awards resolve`.
"""

from typing import Any

from airflow.sdk import (
    DAG,
    AssetOrTimeSchedule,
    Param,
    chain,
    task,
    task_group,
)
from pendulum import duration

from loyalty_desk.orchestration import assets
from loyalty_desk.orchestration.approval_operator import ANSWER_FORM, AskApproval
from loyalty_desk.orchestration.store_dags import (
    by_clock,
    for_each_store,
    store_dag,
    task_defaults,
)
from loyalty_desk.records import Unit
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.stores_file import StoreSettings

MOST_WAITING_RUNS = 1_000
"""Runs that wait for an approval count as active; they must not hold up the others."""


def form(settings: StoreSettings) -> dict[str, Param]:
    """The trigger form; it only helps to fill in, the rules are those of every other way in."""
    text, number = ["null", "string"], ["null", "number"]
    reasons = list(settings.awards.reasons)
    return {
        "email": Param(None, type=text, title="E-mail", description="Of the member."),
        "member_id": Param(None, type=text, title="Or member id", description="On the platform."),
        "amount": Param(
            None, type=number, title="Amount", description="Below zero takes away. Empty: none."
        ),
        "unit": Param(Unit.POINTS.value, enum=[unit.value for unit in Unit], title="Unit"),
        "reason": Param(reasons[0], enum=reasons, title="Reason"),
        "note": Param(None, type=text, title="Note", description="For staff only."),
        "message": Param(None, type=text, title="Message", description="The customer sees it."),
        "ticket_id": Param(None, type=["null", "integer"], title="Ticket", minimum=1),
        "dry_run": Param(False, type="boolean", title="Dry run", description="Check, queue none."),
    }


def when(settings: StoreSettings) -> Any:
    """By the queue, and by the clock for what was left over."""
    queue = assets.award_queue(settings.name)
    timetable = by_clock(settings.awards.schedule, settings)
    return queue if timetable is None else AssetOrTimeSchedule(timetable=timetable, assets=queue)


def ask_approval(store: str, award_id: str) -> AskApproval:
    return AskApproval(
        task_id="ask",
        store=store,
        award_id=award_id,
        params=ANSWER_FORM,
        execution_timeout=None,  # the award's own time to be approved ends it
        # Airflow takes the task for a failed one when an answer comes within a second.
        retry_delay=duration(seconds=10),
        # And no question is lost to an outage of the platform, whose balance it shows.
        retries=30,
        retry_exponential_backoff=True,
        max_retry_delay=duration(minutes=15),
    )


def award_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Award points",
        description="Books points and credits that people award by hand, each once.",
        schedule=when(settings),
        max_active_runs=MOST_WAITING_RUNS,
        # An agent waits for these, a sync can wait.
        default_args=task_defaults(queues.awards, at_most=duration(minutes=30), priority=100),
        params=form(settings),
        doc_md=__doc__,
    )
    def award_points() -> None:
        @task(inlets=[assets.loyalty_members(store)])
        def apply(
            run_id: str, params: dict[str, Any], dag_run: Any = None, ti: Any = None
        ) -> list[str]:
            from loyalty_desk.tasks import awards

            agent = getattr(dag_run, "triggering_user_name", None) or "airflow"
            awards.queue_from_form(store, params, run_id, agent)
            to_ask, outage = awards.apply_and_ask(store, run_id)
            ti.xcom_push(key="outage", value=outage)
            ti.xcom_push(key="applied_at_utc", value=awards.staging_time())
            return to_ask

        # One at a time: two would show the same awards, and many would fill the pool of bookings.
        @task(outlets=[assets.loyalty_cards(store)], priority_weight=50, max_active_tis_per_dag=1)
        def show(ti: Any = None) -> int:
            from loyalty_desk.tasks import awards

            applied_at_utc = ti.xcom_pull(task_ids="apply", key="applied_at_utc")
            return awards.show_awards(store, applied_at_utc)

        @task
        def settle(award_id: str, answer: dict[str, Any]) -> str:
            from loyalty_desk.tasks import awards

            return awards.settle(store, award_id, answer)

        @task
        def alert(run_id: str, **context: Any) -> int:
            from loyalty_desk.tasks import awards

            told = awards.alert(store, run_id, context)
            awards.raise_outage(context["ti"].xcom_pull(task_ids="apply", key="outage"))
            return told

        @task_group
        def approval(award_id: str) -> None:
            settle(award_id, ask_approval(store, award_id).output)

        to_ask = apply()
        approval.expand(award_id=to_ask)
        chain(to_ask, [show(), alert()])

    return award_points()


def make() -> list[DAG]:
    return for_each_store(award_dag)
