"""Cards that are right, but in other words than the store has by now: written anew bit by bit.

A few thousand a plan, after all that changed, and not counted by the brake. So a reworded sentence
or another language reaches every card in the end, and keeps no balance waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, Text

from loyalty_desk.card.keys import KEYS, Kind
from loyalty_desk.records import Destination
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import working
from loyalty_desk.staging.store_state import StateKey, find_state, forget_state, keep_state
from loyalty_desk.texts.of_store import texts_of

AT_ONCE: Final = 5_000
"""Cards a plan: more than a push can write by default, so that there is always something to do."""


def describe_tables(work: MetaData) -> None:
    """Add what a plan works with to its temporary tables."""
    # One per language of the store.
    Table(
        "wanted_texts",
        work,
        Column("language", Text, primary_key=True),
        Column("version", Text, nullable=False),
        prefixes=working.TEMPORARY,
    )
    # One per card to look at that is in old words.
    Table(
        "old_texts",
        work,
        Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
        Column("destination", Text, primary_key=True),
        prefixes=working.TEMPORARY,
    )


class OldTexts:
    """Finds the cards in old words for one plan, in the plan's transaction."""

    def __init__(self, connection: Connection, store: StoreSettings) -> None:
        self._connection, self._store = connection, store
        texts = texts_of(store)
        versions = {language: one.version for language, one in texts.by_language.items()}
        self._wanted = {texts.default.version, *versions.values()}
        self._key = " ".join([texts.default.version, *sorted(versions.values())])
        self._binds: Mapping[str, object] = {
            "store": store.name,
            **_places(store),
            "default_texts": texts.default.version,
            "audience": store.push.audience,
            "most": AT_ONCE,
        }
        for language, version in versions.items():
            binds = {"language": language, "version": version}
            working.run(connection, "plan/texts/insert_wanted_texts", binds)

    def add_to_scope(self) -> None:
        """Have an incremental plan look at some of them, unless none are left."""
        if self._settled() != self._key:
            working.run(self._connection, "plan/texts/insert_scope_of_old_texts", self._binds)

    def find(self, now: datetime, *, full: bool) -> None:
        """Note those that the plan looks at, and whether any are left beyond them."""
        found = 0
        if not full or self._may_be_any():
            found = working.run(
                self._connection, "plan/texts/insert_old_texts", self._binds
            ).rowcount
        name = self._store.name
        if found == AT_ONCE:
            forget_state(self._connection, name, StateKey.TEXTS_SETTLED)
        elif self._settled() != self._key:
            keep_state(self._connection, name, StateKey.TEXTS_SETTLED, self._key, now)

    def _may_be_any(self) -> bool:
        if len(self._wanted) > 1:
            return True
        row = working.run(self._connection, "plan/texts/has_old_texts", self._binds)
        return bool(row.scalar_one())

    def _settled(self) -> str | None:
        return find_state(self._connection, self._store.name, StateKey.TEXTS_SETTLED)


def _places(store: StoreSettings) -> dict[str, str]:
    """Where sentences stand, as two binds; in customer fields only where the store chose one."""
    keys = (KEYS.get(name) for name in store.gorgias.custom_fields)
    in_fields = any(key is not None and key.kind is Kind.SENTENCE for key in keys)
    found = [one.value for one in store.push_to if in_fields or one is Destination.CUSTOMER_DATA]
    place, other_place, *_ = (*found, "none", "none")
    return {"place": place, "other_place": other_place}
