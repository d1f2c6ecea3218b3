"""### refresh_cards: a card in Gorgias within seconds after it changed on the platform.

One DAG a store of `include/stores.yaml`. The platform's webhooks, lookups and links ask for cards,
and the lists of what was asked for start it, within about a second.

**Reads** the lists, each member on one from the loyalty platform, and customers whom no sync has
seen from Gorgias. **Writes** staging, and the card of each of these customers in Gorgias, ahead of
a running sync; a card that stands there already is not written again.

**If `refresh` fails** a service does not answer. What is left stays on its list; the next webhook,
another try, or the next sync shows it.
"""

from airflow.sdk import DAG, task
from pendulum import duration

from loyalty_desk.orchestration import assets
from loyalty_desk.orchestration.store_dags import for_each_store, store_dag, task_defaults
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.stores_file import StoreSettings


def refresh_dag(settings: StoreSettings, queues: QueuesSettings) -> DAG:
    store = settings.name

    @store_dag(
        settings,
        title="Refresh cards",
        description="Shows cards in Gorgias within seconds after they changed on the platform.",
        schedule=assets.cards_to_show(store),
        # An agent may be looking at these cards; a sync can wait. Awards come first.
        default_args=task_defaults(queues.awards, at_most=duration(hours=1), priority=50),
        doc_md=__doc__,
    )
    def refresh_cards() -> None:
        @task(inlets=[assets.loyalty_members(store)], outlets=[assets.loyalty_cards(store)])
        def refresh() -> dict[str, int]:
            from loyalty_desk.tasks import refresh

            return refresh.refresh_cards(store)

        refresh()

    return refresh_cards()


def make() -> list[DAG]:
    return for_each_store(refresh_dag)
