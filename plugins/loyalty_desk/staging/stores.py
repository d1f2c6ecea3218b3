"""A store as it works now: its settings, what the probe found out, whether it is connected, and
where its cards stand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine

from loyalty_desk.card.shown import FORM
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import SettingsError, StoreDisconnectedError
from loyalty_desk.settings.sections import GorgiasSettings
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.platform_of import check_platform
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state


def open_store(name: str) -> StoreSettings:
    """The settings in force of a store that is to be worked on.

    Raises:
        SettingsError: no such store, or its settings are wrong.
        StoreDisconnectedError: a person took the store out of service.
        PlatformChangedError: staging is of another platform than the stores file names.
    """
    store, engine = stores_file().get(name), staging_engine()
    with reading(engine) as connection:
        if find_state(connection, name, StateKey.DISCONNECTED) is not None:
            raise StoreDisconnectedError(
                f"store {name} is disconnected: nothing of it runs. Connect it again with"
                f" `python -m loyalty_desk connect --store {name}`, or pause its DAGs"
            )
        check_platform(connection, store)
    return in_force(store, engine)


def in_force(store: StoreSettings, engine: Engine) -> StoreSettings:
    """The store with what the probe found out, where the stores file says nothing itself."""
    with reading(engine) as connection:
        kept = find_state(connection, store.name, StateKey.ANSWERS)
    return with_answers(store, json.loads(kept)["settings"] if kept else {})


def with_answers(store: StoreSettings, answers: Mapping[str, Any]) -> StoreSettings:
    """`answers` are keys of the section `gorgias`; what a person wrote there goes first."""
    written = store.gorgias.model_fields_set
    added = {key: value for key, value in answers.items() if key not in written}
    if not added:
        return store
    told = {key: getattr(store.gorgias, key) for key in written}
    return store.model_copy(update={"gorgias": GorgiasSettings(**told, **added)})


def check_card_place(engine: Engine, store: StoreSettings, account: str) -> None:
    """See that the store may write its cards where it is to: no two share a key of an account.

    Raises:
        SettingsError: another store of the stores file writes there, so that each run would
            overwrite what the other one wrote.
    """
    with reading(engine) as connection:
        _check_place(connection, store, card_place(store, account))


def claim_card_place(engine: Engine, store: StoreSettings, account: str) -> None:
    """Remember where the store writes its cards; who came first keeps a place.

    Where it is another place than before, the cards are written anew in the background.

    Raises:
        SettingsError: as `check_card_place`.
    """
    place = card_place(store, account)
    with engine.begin() as connection:
        _check_place(connection, store, place)
        before = find_state(connection, store.name, StateKey.CARD_PLACE)
        keep_state(connection, store.name, StateKey.CARD_PLACE, place, utc_now())
        if before not in {None, place}:  # nothing stands at the new one that the ledger knows of
            connection.execute(statement("push/ledger/forget_forms"), {"store": store.name})
            keep_state(connection, store.name, StateKey.CARD_FORM, FORM, utc_now())


def card_place(store: StoreSettings, account: str) -> str:
    """The one object and key in a Gorgias account that the store's cards stand under."""
    return " ".join((account, store.gorgias.app_id or "", store.gorgias.card_key))


def _check_place(connection: Connection, store: StoreSettings, place: str) -> None:
    binds = {"store": store.name, "place": place}
    others = connection.execute(statement("run/select_stores_at_place"), binds).scalars()
    if taken := [name for name in others if name in stores_file().stores]:
        raise SettingsError(share_a_place(store, taken))


def share_a_place(store: StoreSettings, others: Sequence[str]) -> str:
    """What is wrong with stores whose cards stand in one place, and what mends it."""
    return (
        f"store {store.name} and store {', '.join(others)} write their cards to the same Gorgias"
        f" account under {store.gorgias.card_key!r}: give each its own gorgias.card_key"
    )


def find_stores_beside(engine: Engine, store: str, *, at_place: bool) -> list[str]:
    """Other connected stores of the stores file in the same Gorgias account; `at_place` those alone
    that keep their cards in the same object of a customer, under a key of their own.
    """
    with reading(engine) as connection:
        kept = find_state(connection, store, StateKey.CARD_PLACE)
        found = connection.execute(statement("run/select_card_places")).all()
    compared = 2 if at_place else 1
    own = (kept or "").split(" ")[:compared]
    return [
        row.store
        for row in found
        if row.store != store
        and row.content.split(" ")[:compared] == own
        and row.store in stores_file().stores
    ]
