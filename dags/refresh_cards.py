"""### refresh_cards: a card in Gorgias within seconds after it changed on the platform.

One DAG a store of `include/stores.yaml`. The platform's webhooks ask for cards, and the list of
what was asked for starts it, within about a second.

**Reads** the list, and each member on it from the loyalty platform. **Writes** staging, and the
card of each matched customer in Gorgias, ahead of a running sync; a card that stands there already
is not written again.

**If `refresh` fails** a service does not answer. What is left stays on the list; the next webhook,
another try, or the next sync shows it.
"""

from airflow.sdk import dag, task
from pendulum import datetime, duration

from loyalty_desk.orchestration import assets
from loyalty_desk.orchestration.retrying import RETRY_BY_ERROR, wait_minutes
from loyalty_desk.settings.stores_file import StoreSettings, stores_file

STORES = stores_file()
DEFAULTS = {
    "retries": 3,
    "retry_delay": wait_minutes(1),
    "retry_policy": RETRY_BY_ERROR,  # PermanentError fails at once, the rest retry
    "execution_timeout": duration(hours=1),
    # An agent may be looking at these cards; a sync can wait. Awards come first.
    "priority_weight": 50,
    "weight_rule": "absolute",
    **STORES.lanes.awards.task_arguments(),
}
START = datetime(2026, 1, 1, tz="UTC")


def refresh_dag(settings: StoreSettings) -> None:
    store = settings.name

    @dag(
        dag_id=f"refresh_cards__{store}",
        schedule=assets.cards_to_show(store),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        doc_md=__doc__,
        tags=["loyalty_desk", store, settings.platform],
    )
    def refresh_cards() -> None:
        @task(inlets=[assets.loyalty_members(store)], outlets=[assets.loyalty_cards(store)])
        def refresh() -> dict[str, int]:
            from loyalty_desk.tasks import refresh as stages

            return stages.refresh_cards(store)

        refresh()

    refresh_cards()


for store_settings in STORES.stores.values():
    refresh_dag(store_settings)
