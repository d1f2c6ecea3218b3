"""### award_incident: everybody behind some tickets is compensated, once another person approves.

One DAG a store of `include/stores.yaml`, started by hand; the desk's page *After an incident* does
the same and shows who is in which class.

**To ask** trigger the DAG and fill in the form: the incident's name, which tickets (a tag, a view,
a channel, days), and what each member has. With *Dry run* it tells in the log of `request` what it
would do. **To approve** open *Required Actions*: `approve` waits there, and holds no worker; or the
batch on the desk. Whoever answers first decides. Nobody's answer in time is a no.

**Reads** staging, and Gorgias for a view. **Writes** the queue of awards, which `award_points`
books with its limits and its audit.

**If `request` fails with IncidentNotAskedError** nothing was asked for; it names each field or
limit. Every task may be repeated: nobody is compensated twice under one name.
**If `settle` fails with OwnAnswerError** the answer was that of whoever asked, which does not
count: the batch goes on waiting, on the desk.
"""

from typing import Any

from airflow.sdk import DAG, Param, task
from pendulum import duration

from loyalty_desk.orchestration.approval_operator import ANSWER_FORM, AskBatchApproval
from loyalty_desk.orchestration.store_dags import for_each_store, store_dag, task_defaults
from loyalty_desk.records import Unit
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.stores_file import StoreSettings

MOST_WAITING_RUNS = 100
"""Runs that wait for an approval count as active; they must not hold up the others."""


def form(settings: StoreSettings) -> dict[str, Param]:
    """The trigger form; it only helps to fill in, the rules are those of the desk."""
    text = ["null", "string"]
    reasons = list(settings.awards.reasons)
    days = {"type": text, "format": "date"}
    return {
        "incident": Param(
            None, type=text, title="Incident", description="Its name: nobody has two under one."
        ),
        "tag": Param(None, type=text, title="Tag", description="On the tickets, as written."),
        "view_id": Param(None, type=["null", "integer"], title="View", minimum=1),
        "channel": Param(None, type=text, title="Channel", description="Such as email or chat."),
        "first_day": Param(None, title="Made from", **days),
        "last_day": Param(None, title="Made until", description="That day too.", **days),
        "amount": Param(
            None, type=["null", "number"], title="Amount", description="For each member."
        ),
        "unit": Param(Unit.POINTS.value, enum=[unit.value for unit in Unit], title="Unit"),
        "reason": Param(reasons[0], enum=reasons, title="Reason"),
        "note": Param(None, type=text, title="Note", description="For staff only."),
        "message": Param(None, type=text, title="Message", description="The customer sees it."),
        "dry_run": Param(False, type="boolean", title="Dry run", description="Tell, ask for none."),
    }


def incident_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Award after an incident",
        description="Compensates everybody behind some tickets, once another person approves.",
        schedule=None,
        max_active_runs=MOST_WAITING_RUNS,
        default_args=task_defaults(queues.awards, at_most=duration(minutes=30), priority=100),
        params=form(settings),
        doc_md=__doc__,
    )
    def award_incident() -> None:
        @task
        def request(run_id: str, params: dict[str, Any], dag_run: Any = None) -> str | None:
            from loyalty_desk.tasks import incidents

            agent = getattr(dag_run, "triggering_user_name", None) or "airflow"
            return incidents.request(store, params, run_id, agent)

        @task
        def settle(batch_id: str, answer: dict[str, Any]) -> dict[str, int]:
            from loyalty_desk.tasks import incidents

            return incidents.settle(store, batch_id, answer)

        batch_id = request()
        approve = AskBatchApproval(
            task_id="approve",
            store=store,
            batch_id=batch_id,
            params=ANSWER_FORM,
            execution_timeout=None,  # the awards' own time to be approved ends it
            retry_delay=duration(seconds=10),
        )
        settle(batch_id, approve.output)

    return award_incident()


def make() -> list[DAG]:
    return for_each_store(incident_dag)
