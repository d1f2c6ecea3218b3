"""The widget's button: read from a widget made by hand, kept encrypted, as it holds a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy import Engine

from loyalty_desk.connect.widgets import Button, find_button
from loyalty_desk.errors import ConnectError
from loyalty_desk.gorgias.objects import AccountObjects, Kind
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state


def adopt_button(
    engine: Engine,
    store: str,
    objects: AccountObjects,
    widget_id: int,
    cipher: MultiFernet,
    now: datetime,
) -> Button:
    """Keep what a person added to a widget in Gorgias, for every widget that we make from now on.

    Raises:
        ConnectError: no such widget, or nothing was added to it.
    """
    widget = objects.find(Kind.WIDGET, widget_id)
    if widget is None:
        raise ConnectError(
            f"there is no widget {widget_id} in Gorgias; `connect` lists those it made"
        )
    button = find_button(widget.get("template"))
    if not button:
        raise ConnectError(
            f"widget {widget_id} has no button: add one to its card in Gorgias' sidebar editor and"
            " save, then adopt it"
        )
    sealed = cipher.encrypt(json.dumps(button).encode()).decode()
    with engine.begin() as connection:
        keep_state(connection, store, StateKey.BUTTON, sealed, now)
    return button


def sends_json(button: Button) -> bool:
    """Whether a button names JSON as what it sends; how it is stored is Gorgias' own affair."""
    return "application/json" in json.dumps(button)


def find_adopted(engine: Engine, store: str, cipher: Callable[[], MultiFernet]) -> Button:
    """The adopted button; empty when none was. Only then are there no keys needed.

    Raises:
        ConnectError: it cannot be read any more.
    """
    with reading(engine) as connection:
        sealed = find_state(connection, store, StateKey.BUTTON)
    if sealed is None:
        return {}
    try:
        button: Button = json.loads(cipher().decrypt(sealed.encode()))
    except InvalidToken:
        raise ConnectError(
            f"store {store}: the adopted button cannot be read (was the Fernet key replaced?);"
            " adopt it again with --adopt-widget"
        ) from None
    return button
