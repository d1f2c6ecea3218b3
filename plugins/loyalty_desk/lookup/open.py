"""The look-up of each store of this installation, one a process."""

from __future__ import annotations

from functools import partial
from threading import Lock

from loyalty_desk.hooks.connections import look_up_platform
from loyalty_desk.lookup.fresh import LookUp
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.installed import staging_engine

_OPEN: dict[str, tuple[StoreSettings, LookUp]] = {}
_OPENING = Lock()


def look_up(store: StoreSettings) -> LookUp:
    """The look-up of a store, opened anew when its settings have changed."""
    with _OPENING:
        settings, opened = _OPEN.get(store.name, (None, None))
        if opened is None or settings != store:
            if opened is not None:
                opened.close()
            opened = LookUp(store, staging_engine(), partial(look_up_platform, store))
            _OPEN[store.name] = store, opened
        return opened
