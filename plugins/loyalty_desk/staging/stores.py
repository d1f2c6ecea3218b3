"""A store as it works now: its settings, what the probe found out, and whether it is connected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.errors import StoreDisconnectedError
from loyalty_desk.settings.sections import GorgiasSettings
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.store_state import StateKey, find_state


def open_store(name: str) -> StoreSettings:
    """The settings in force of a store that is to be worked on.

    Raises:
        SettingsError: no such store, or its settings are wrong.
        StoreDisconnectedError: a person took the store out of service.
    """
    store, engine = stores_file().get(name), staging_engine()
    with reading(engine) as connection:
        if find_state(connection, name, StateKey.DISCONNECTED) is not None:
            raise StoreDisconnectedError(
                f"store {name} is disconnected: nothing of it runs. Connect it again with"
                f" `python -m loyalty_desk connect --store {name}`, or pause its DAGs"
            )
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
