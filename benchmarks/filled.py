"""A staging database with made-up members and customers in it, matched."""

from __future__ import annotations

from sqlalchemy import Engine

from benchmarks import people
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.sync.match import match_customers


def fill(engine: Engine, store: StoreSettings, rows: int, *, first_load: bool = True) -> None:
    """Stage so many members and as many customers, and match everybody in full."""
    with engine.begin() as connection:
        for members in people.member_batches(rows):
            stage_members(connection, store.name, members, people.START, first_load=first_load)
        for customers in people.customer_batches(rows):
            stage_customers(
                connection,
                store.name,
                customers,
                people.START,
                card_key="loyalty",
                first_load=first_load,
            )
    with engine.begin() as connection:
        match_customers(connection, store, people.START, full=True)
