"""Tells places of things: each place once, and none has to wait for another that is dead.

Who could not be told is kept in staging, with when it is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine

from loyalty_desk.errors import LoyaltyDeskError, NotToldError, PermanentError
from loyalty_desk.hooks.notifiers import Alert, Place, alert_places, report_places
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.telling import Claim, claim, load_not_told

log = logging.getLogger(__name__)

NO_CONTEXT: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Message:
    """What a place is to be told now."""

    send: Callable[[], None]
    content: Any = None
    """What is kept of it in staging, as JSON."""


class Round:
    """Everything that one task tells. Whom it could not tell it says at its end."""

    def __init__(self, engine: Engine, store: str) -> None:
        self._engine, self._store = engine, store
        self._failed: dict[str, tuple[str, Exception]] = {}
        with reading(engine) as connection:
            self._owed = {(one.place, one.thing) for one in load_not_told(connection, store)}

    def in_order(self, places: Iterable[Place]) -> list[Place]:
        """The places that could not be told lately last: a dead one may take minutes to fail."""
        dead = {place for place, _ in self._owed}
        return sorted(places, key=lambda place: place.key in dead)

    def owes(self, places: Iterable[Place], thing: str) -> bool:
        """Whether one of the places could not be told the thing yet."""
        return any((place.key, thing) in self._owed for place in places)

    def tell(
        self,
        place: Place,
        thing: str,
        message: Callable[[Claim], Message | None],
        *,
        is_alert: bool = False,
    ) -> bool:
        """Tell the place what `message` makes of what it was told last; returns whether it was.

        It is not where there is nothing to tell, another worker is at it, or a wait is not over.
        """
        if place.key in self._failed:
            return False
        taken = claim(self._engine, self._store, place.key, thing, is_alert=is_alert)
        if taken is None:
            return False
        try:
            to_send = message(taken)
            if to_send is None:
                taken.let_go()
                return False
            to_send.send()
        except Exception as error:  # noqa: BLE001 - a notifier is anybody's code; others are told
            why = _why(error)
            taken.note_not_told(why)
            log.warning("store %s: %s could not be told: %s", self._store, place.title, why)
            self._failed[place.key] = (f"{place.title}: {why}", error)
            return False
        taken.note_told(to_send.content)
        return True

    def tell_alert(
        self, place: Place, thing: str, alert: Alert, context: Mapping[str, Any] = NO_CONTEXT
    ) -> bool:
        """Tell the place of an alert that is owed to it, unless it has it."""
        return self.tell(
            place, thing, lambda _: Message(lambda: place.deliver(alert, context)), is_alert=True
        )

    def end(self) -> None:
        """Raise what kept places from being told.

        Raises:
            PermanentError: the settings or the connection of the only one are wrong.
            NotToldError: anything else.
        """
        errors = [error for _, error in self._failed.values()]
        if not errors:
            return
        if len(errors) == 1 and isinstance(errors[0], PermanentError):
            raise errors[0]
        told = "; ".join(text for text, _ in self._failed.values())
        raise NotToldError(f"store {self._store}: not told, and all others were: {told}") from (
            errors[0]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """One per place of the settings that could not be told something."""

    title: str
    since: datetime
    next_try: datetime
    error: str


def find_unreached(connection: Connection, store: StoreSettings) -> list[Unreached]:
    """The places that are owed something, the longest first. Who left the settings is not named."""
    titles = {place.key: place.title for place in (*alert_places(store), *report_places(store))}
    found: dict[str, Unreached] = {}
    for one in load_not_told(connection, store.name):
        if one.place in titles and one.place not in found:
            found[one.place] = Unreached(
                title=titles[one.place], since=one.since, next_try=one.next_try, error=one.error
            )
    return list(found.values())


def _why(error: Exception) -> str:
    """What went wrong, without what it was working on: an address or a secret may be in it."""
    if isinstance(error, LoyaltyDeskError):
        return str(error)
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ + (f" {code}" if isinstance(code, int) else "")
