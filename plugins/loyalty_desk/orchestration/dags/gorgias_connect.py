"""### gorgias_connect and gorgias_disconnect: into Gorgias, and out of it again.

Two DAGs a store of `include/stores.yaml`, both by hand only.

**gorgias_connect** makes what agents see and use: customer fields, the HTTP integration that asks
for cards, a widget on tickets and one on customers, macros, tags. Run it again after somebody
changed one of them: it repairs what is ours and touches nothing else. `plan` only shows what it
would do.
`probe` finds out what Gorgias does not document; `adopt_widget` keeps a button made by hand.

**gorgias_disconnect** removes it, revokes the store's tokens and pauses its DAGs. With
`clear_cards` it takes the card off every customer too; the log of `finish` lists what is left.

**If `check` fails** it names what does not work on either account; nothing was changed.
**If `close` fails** awards wait, or a sync was under way for too long; nothing was changed. While a
sync works it waits for its turn, and no sync begins before.
**If another task fails** clear it: every task may be repeated.
"""

from typing import Any

from airflow.sdk import DAG, Param, chain, task
from pendulum import duration

from loyalty_desk.orchestration.store_dags import for_each_store, store_dag, task_defaults
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.stores_file import StoreSettings

CONNECT = {
    "plan": Param(
        False,
        type="boolean",
        title="Plan only",
        description="Show what it would do; change nothing.",
    ),
    "probe": Param(
        False,
        type="boolean",
        title="Probe",
        description="Find out what Gorgias does not document, on a customer made for it.",
    ),
    "adopt_widget": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        title="Adopt a widget",
        description="Keep the button of this widget, made by hand, on every widget we make.",
    ),
}
DISCONNECT = {
    "clear_cards": Param(
        False,
        type="boolean",
        title="Clear the cards",
        description="Take the card off every customer as well.",
    ),
    "waiting_awards": Param(
        "refuse",
        enum=["refuse", "park"],
        title="Waiting awards",
        description="When awards wait: refuse to disconnect, or leave them in the queue.",
    ),
}


def by(dag_run: Any) -> str:
    """Who started the run, for the audit of tokens."""
    return getattr(dag_run, "triggering_user_name", None) or "airflow"


def connect_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Connect Gorgias",
        description="Makes and repairs what agents see of the store in Gorgias.",
        schedule=None,
        default_args=task_defaults(queues.syncs, at_most=duration(hours=1)),
        params=CONNECT,
        doc_md=__doc__,
    )
    def gorgias_connect() -> None:
        @task
        def check() -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.connect.checks import require_working
            from loyalty_desk.tasks import connect

            checks = connect.check(store)
            print(tables.checks_table(checks))
            require_working(checks)

        @task
        def learn(params: dict[str, Any]) -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect

            if params["probe"] and not params["plan"]:
                print(tables.findings_table(connect.probe(store)))
            if params["adopt_widget"] and not params["plan"]:
                connect.adopt(store, params["adopt_widget"])

        @task
        def furnish(params: dict[str, Any], dag_run: Any = None) -> str:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect

            writes = not params["plan"]
            furnished = connect.furnish(store, writes=writes, by=by(dag_run))
            print(tables.actions_table(furnished.actions, done=writes))
            if furnished.next_step:
                print(furnished.next_step)
            return tables.actions_summary(furnished.actions, done=writes)

        chain(check(), learn(), furnish())

    return gorgias_connect()


def disconnect_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Disconnect Gorgias",
        description="Takes out of Gorgias what connect made, and the store out of service.",
        schedule=None,
        default_args=task_defaults(queues.syncs, at_most=duration(hours=1)),
        params=DISCONNECT,
        doc_md=__doc__,
    )
    def gorgias_disconnect() -> None:
        @task
        def close(params: dict[str, Any], run_id: str, dag_run: Any = None) -> int:
            from loyalty_desk.connect.disconnect import Waiting
            from loyalty_desk.orchestration.turns import in_turn
            from loyalty_desk.tasks import connect

            waiting = Waiting(params["waiting_awards"])
            with in_turn():
                return connect.close(store, waiting=waiting, by=by(dag_run), holder=run_id)

        @task
        def remove() -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect

            print(tables.left_table(connect.remove_shown(store)))

        # As long as it takes at the account's rate: 100,000 cards are a day.
        @task(execution_timeout=duration(days=7))
        def clear_cards(params: dict[str, Any]) -> int:
            from loyalty_desk.tasks import connect

            return connect.clear_cards(store) if params["clear_cards"] else 0

        @task
        def finish(params: dict[str, Any], dag_run: Any = None) -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect

            left = connect.finish(store, by=by(dag_run), cards_stay=not params["clear_cards"])
            print(tables.left_table(left))

        chain(close(), remove(), clear_cards(), finish())

    return gorgias_disconnect()


def make() -> list[DAG]:
    return for_each_store(connect_dag, disconnect_dag)
