"""What the DAGs read and write, as Airflow assets (lineage, later triggers)."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import Asset, AssetWatcher

from loyalty_desk.orchestration.triggers import AwardQueueTrigger, CardsToShowTrigger, QueueTrigger


def _asset(store: str, name: str, watchers: Sequence[AssetWatcher] = ()) -> Asset:
    return Asset(
        name=f"{store}_{name}",
        uri=f"x-loyalty-desk://{store}/{name}",
        group="loyalty_desk",
        watchers=list(watchers),
    )


def _watched(store: str, name: str, trigger: QueueTrigger) -> Asset:
    return _asset(store, name, [AssetWatcher(name=f"{store}_{name}", trigger=trigger)])


def loyalty_members(store: str) -> Asset:
    """The members on the loyalty platform."""
    return _asset(store, "loyalty_members")


def gorgias_customers(store: str) -> Asset:
    """The customers and tickets in Gorgias."""
    return _asset(store, "gorgias_customers")


def staged_members(store: str) -> Asset:
    return _asset(store, "staged_members")


def staged_customers(store: str) -> Asset:
    return _asset(store, "staged_customers")


def matches(store: str) -> Asset:
    return _asset(store, "matches")


def changes(store: str) -> Asset:
    """The plan: one row a change."""
    return _asset(store, "changes")


def loyalty_cards(store: str) -> Asset:
    """The cards that agents see in Gorgias."""
    return _asset(store, "loyalty_cards")


def award_queue(store: str) -> Asset:
    """The queue of awards; it says by itself when something waits in it."""
    return _watched(store, "award_queue", AwardQueueTrigger(store))


def cards_to_show(store: str) -> Asset:
    """The members whose cards were asked for; it says by itself when there are some."""
    return _watched(store, "cards_to_show", CardsToShowTrigger(store))


def sync_report(store: str) -> Asset:
    return _asset(store, "sync_report")
