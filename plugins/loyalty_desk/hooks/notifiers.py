"""Tells people that something needs them, by whatever Airflow notifiers a store has. An adapter.

What an alert says is never part of a template: it holds text that people wrote, and Airflow renders
a notifier's fields with Jinja.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.sections import NotifierSettings
from loyalty_desk.settings.stores_file import StoreSettings

if TYPE_CHECKING:
    from airflow.sdk.bases.notifier import BaseNotifier

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message. `text` has a line a fact."""

    subject: str
    text: str

    @property
    def html(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


def send_alert(store: StoreSettings, alert: Alert, context: Mapping[str, Any] | None = None) -> int:
    """Send the alert to everybody that the store's settings name; returns to how many places.

    Raises:
        SettingsError: a notifier cannot be made from the settings. Nobody was told.
        Whatever a notifier raises when it cannot deliver.
    """
    others = make_notifiers(store.alerts.notifiers, f"store {store.name!r}: alerts.notifiers")
    notifiers = [*_by_mail(store), *others]  # first all: who was told must not be told again
    tell(notifiers, alert, context)
    if not notifiers:
        log.warning("store %s has no `alerts`, so nobody was told: %s", store.name, alert.subject)
    return len(notifiers)


def tell(
    notifiers: Sequence[BaseNotifier], alert: Alert, context: Mapping[str, Any] | None = None
) -> None:
    """Have each notifier deliver the message; raises whatever one raises that cannot."""
    for notifier in notifiers:
        notifier({**(context or {}), "alert": alert})


def make_notifiers(settings: Sequence[NotifierSettings], place: str) -> list[BaseNotifier]:
    """Make the notifiers that settings name; raises SettingsError, with the `place`."""
    return [
        _make(one.notifier, one.arguments, f"{place}.{number}")
        for number, one in enumerate(settings)
    ]


def _by_mail(store: StoreSettings) -> Iterator[BaseNotifier]:
    settings = store.alerts
    if settings.email_to:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier  # noqa: PLC0415

        yield SmtpNotifier(
            to=list(settings.email_to),
            from_email=settings.email_from,
            subject="{{ alert.subject }}",
            html_content="{{ alert.html }}",
            smtp_conn_id=settings.smtp_conn_id,
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
