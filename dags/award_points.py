"""### award_points: points and credits by hand, once.

One DAG a store of `include/stores.yaml`.

**To award** trigger the DAG and fill in the form: an e-mail or a member's id, how much, and why.
Without an amount the run applies what is queued, as the schedule does.

**Reads** the queue and the loyalty platform. **Writes** the platform, then the card in Gorgias.

**If `queue` fails** nothing was queued; its last line names each field or limit.
**If `apply` fails** the platform did not answer. Every task may be repeated: an award that may have
arrived is looked for in the member's ledger before it is ever sent again.
**If an award is `unknown`** nobody can tell whether it was booked. Look the member up on the
platform, then `python -m loyalty_desk awards resolve`.
"""

from typing import Any

from airflow.sdk import Param, chain, dag, task
from pendulum import datetime, duration

from loyalty_desk import assets
from loyalty_desk.records import Unit
from loyalty_desk.retrying import RETRY_BY_ERROR  # PermanentError fails at once, the rest retry
from loyalty_desk.settings import StoreSettings, stores_file

DEFAULTS = {
    "retries": 3,
    "retry_delay": duration(minutes=1),
    "retry_policy": RETRY_BY_ERROR,
    "execution_timeout": duration(minutes=30),
    "multiple_outputs": False,
}
START = datetime(2026, 1, 1, tz="UTC")


def form(settings: StoreSettings) -> dict[str, Param]:
    """The trigger form; the rules are those of every other door, this only helps to fill it in."""
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


def award_dag(settings: StoreSettings) -> None:
    store = settings.name

    @dag(
        dag_id=f"award_points__{store}",
        schedule=settings.awards.schedule,
        start_date=START,
        catchup=False,
        max_active_runs=8,
        default_args=DEFAULTS,
        params=form(settings),
        doc_md=__doc__,
        tags=["loyalty_desk", store, settings.platform],
    )
    def award_points() -> None:
        @task
        def queue(run_id: str, params: dict[str, Any], dag_run: Any = None) -> str | None:
            from loyalty_desk.awards import stages

            agent = getattr(dag_run, "triggering_user_name", None) or "airflow"
            return stages.queue_from_form(store, params, run_id, agent)

        @task(inlets=[assets.loyalty_members(store)], outlets=[assets.loyalty_cards(store)])
        def apply() -> dict[str, int]:
            from loyalty_desk.awards import stages

            return stages.apply_awards(store)

        chain(queue(), apply())

    award_points()


for store_settings in stores_file().stores.values():
    award_dag(store_settings)
