"""Tells people that something needs them, by whatever Airflow notifiers a store has. An adapter.

What an alert says is never part of a template: it holds text that people wrote, and Airflow renders
a notifier's fields with Jinja.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.sections import NotifierSettings
from loyalty_desk.settings.stores_file import StoreSettings

if TYPE_CHECKING:
    from airflow.sdk.bases.notifier import BaseNotifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message. `text` has a line a fact."""

    subject: str
    text: str

    @property
    def html(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One address, or one notifier, that the settings name."""

    key: str
    """What staging knows it by: the list that it is in and a hash of what stands there. It holds no
    address, and what is mended in the settings is a place of its own."""
    title: str
    """Where it stands in the settings, for people."""
    address: str | None
    """None for a notifier."""
    deliver: Callable[[Alert, Mapping[str, Any]], None]
    """Delivers a message; raises SettingsError, or whatever a notifier raises that cannot."""


def alert_places(store: StoreSettings) -> list[Place]:
    """Everybody that hears of what needs a person."""
    return _places(store, "alerts", store.alerts.email_to, store.alerts.notifiers)


def report_places(store: StoreSettings) -> list[Place]:
    """Everybody that gets the report."""
    return _places(store, "reports", store.reports.email_to, store.reports.notifiers)


def _places(
    store: StoreSettings,
    section: str,
    addresses: Sequence[str],
    notifiers: Sequence[NotifierSettings],
) -> list[Place]:
    """The places of a section, each once however often it is named."""
    found: dict[str, Place] = {}
    for number, address in enumerate(addresses):
        name = f"{section}.email_to"
        place = Place(
            key=_key(name, address.strip().casefold()),
            title=f"{name}.{number}",
            address=address,
            deliver=partial(_deliver, partial(_mailing, store, address)),
        )
        found.setdefault(place.key, place)
    for number, one in enumerate(notifiers):
        name = f"{section}.notifiers"
        where = f"store {store.name!r}: {name}.{number}"
        place = Place(
            key=_key(name, one.model_dump()),
            title=f"{name}.{number} ({one.notifier})",
            address=None,
            deliver=partial(_deliver, partial(_make, one.notifier, one.arguments, where)),
        )
        found.setdefault(place.key, place)
    return list(found.values())


def _key(name: str, what: Any) -> str:
    text = json.dumps(what, sort_keys=True, default=str)
    return f"{name}:{sha256(text.encode()).hexdigest()[:20]}"


def _deliver(make: Callable[[], BaseNotifier], alert: Alert, context: Mapping[str, Any]) -> None:
    # Made anew each time: a notifier keeps the text that it was first called with.
    make()({**context, "alert": alert})


def _mailing(store: StoreSettings, address: str) -> BaseNotifier:
    """A mail of its own for each address: one that is refused must not go unseen among others."""
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier  # noqa: PLC0415

    return SmtpNotifier(
        to=[address],
        from_email=store.alerts.email_from,
        subject="{{ alert.subject }}",
        html_content="{{ alert.html }}",
        smtp_conn_id=store.alerts.smtp_conn_id,
    )


def _make(path: str, arguments: Mapping[str, Any], place: str) -> BaseNotifier:
    from airflow.sdk.bases.notifier import BaseNotifier  # noqa: PLC0415

    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        raise SettingsError(
            f"{place}: there is no class {path}; is its provider installed?"
        ) from None
    if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
        raise SettingsError(f"{place}: {path} is no Airflow notifier")
    try:
        return found(**arguments)
    except TypeError:
        raise SettingsError(f"{place}: {path} does not take these arguments") from None
