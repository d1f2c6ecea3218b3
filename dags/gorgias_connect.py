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
**If `close` fails** awards wait, or a sync is under way; nothing was changed.
**If another task fails** clear it: every task may be repeated.
"""

from typing import Any

from airflow.sdk import Param, chain, dag, task
from pendulum import datetime, duration

from loyalty_desk.orchestration.retrying import RETRY_BY_ERROR, wait_minutes
from loyalty_desk.settings.stores_file import StoreSettings, stores_file

STORES = stores_file()
DEFAULTS = {
    "retries": 3,
    "retry_delay": wait_minutes(1),
    "retry_policy": RETRY_BY_ERROR,  # PermanentError fails at once, the rest retry
    "execution_timeout": duration(hours=1),
    **STORES.lanes.syncs.task_arguments(),
}
START = datetime(2026, 1, 1, tz="UTC")
CONNECT = {
    "plan": Param(False, type="boolean", description="Show what it would do; change nothing."),
    "probe": Param(
        False,
        type="boolean",
        description="Find out what Gorgias does not document, on a customer made for it.",
    ),
    "adopt_widget": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        description="Keep the button of this widget, made by hand, on every widget we make.",
    ),
}
DISCONNECT = {
    "clear_cards": Param(
        False, type="boolean", description="Take the card off every customer as well."
    ),
    "waiting_awards": Param(
        "refuse",
        enum=["refuse", "park"],
        description="When awards wait: refuse to disconnect, or leave them in the queue.",
    ),
}


def by(dag_run: Any) -> str:
    """Who started the run, for the audit of tokens."""
    return getattr(dag_run, "triggering_user_name", None) or "airflow"


def connect_dag(settings: StoreSettings) -> None:
    store = settings.name

    @dag(
        dag_id=f"gorgias_connect__{store}",
        schedule=None,
        start_date=START,
        max_active_runs=1,
        default_args=DEFAULTS,
        params=CONNECT,
        doc_md=__doc__,
        tags=["loyalty_desk", store, settings.platform],
    )
    def gorgias_connect() -> None:
        @task
        def check() -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.connect.checks import require_working
            from loyalty_desk.tasks import connect as stages

            checks = stages.check(store)
            print(tables.checks_table(checks))
            require_working(checks)

        @task
        def learn(params: dict[str, Any]) -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect as stages

            if params["probe"] and not params["plan"]:
                print(tables.findings_table(stages.probe(store)))
            if params["adopt_widget"] and not params["plan"]:
                stages.adopt(store, params["adopt_widget"])

        @task
        def furnish(params: dict[str, Any], dag_run: Any = None) -> str:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect as stages

            writes = not params["plan"]
            furnished = stages.furnish(store, writes=writes, by=by(dag_run))
            print(tables.actions_table(furnished.actions, done=writes))
            if furnished.page:
                print(f"How to go on, with the button's values: {furnished.page}")
            return tables.actions_summary(furnished.actions, done=writes)

        chain(check(), learn(), furnish())

    gorgias_connect()


def disconnect_dag(settings: StoreSettings) -> None:
    store = settings.name

    @dag(
        dag_id=f"gorgias_disconnect__{store}",
        schedule=None,
        start_date=START,
        max_active_runs=1,
        default_args=DEFAULTS,
        params=DISCONNECT,
        doc_md=__doc__,
        tags=["loyalty_desk", store, settings.platform],
    )
    def gorgias_disconnect() -> None:
        @task
        def close(params: dict[str, Any], dag_run: Any = None) -> int:
            from loyalty_desk.connect.disconnect import Waiting
            from loyalty_desk.tasks import connect as stages

            return stages.close(store, waiting=Waiting(params["waiting_awards"]), by=by(dag_run))

        @task
        def remove() -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect as stages

            print(tables.left_table(stages.remove_shown(store)))

        # As long as it takes at the account's rate: 100,000 cards are a day.
        @task(execution_timeout=duration(days=7))
        def clear_cards(params: dict[str, Any]) -> int:
            from loyalty_desk.tasks import connect as stages

            return stages.clear_cards(store) if params["clear_cards"] else 0

        @task
        def finish(params: dict[str, Any], dag_run: Any = None) -> None:
            from loyalty_desk.connect import tables
            from loyalty_desk.tasks import connect as stages

            left = stages.finish(store, by=by(dag_run), cards_stay=not params["clear_cards"])
            print(tables.left_table(left))

        chain(close(), remove(), clear_cards(), finish())

    gorgias_disconnect()


for store_settings in STORES.stores.values():
    connect_dag(store_settings)
    disconnect_dag(store_settings)
