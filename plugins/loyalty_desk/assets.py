"""What the DAGs read and write, as Airflow assets (lineage, later triggers)."""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher

from loyalty_desk.triggers import AwardQueueTrigger


def _asset(store: str, name: str) -> Asset:
    return Asset(
        name=f"{store}_{name}", uri=f"x-loyalty-desk://{store}/{name}", group="loyalty_desk"
    )


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
    watcher = AssetWatcher(name=f"{store}_award_queue", trigger=AwardQueueTrigger(store))
    return Asset(
        name=f"{store}_award_queue",
        uri=f"x-loyalty-desk://{store}/award_queue",
        group="loyalty_desk",
        watchers=[watcher],
    )


def sync_report(store: str) -> Asset:
    return _asset(store, "sync_report")
