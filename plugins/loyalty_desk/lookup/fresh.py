"""Looks a person up: fresh from the platform if it answers in time, else as staging has it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError
from dataclasses import replace
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiUnavailableError, BadConnectionError, LoyaltyDeskError
from loyalty_desk.hooks.connections import lookup_platform
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.lookup.activity import read_activity
from loyalty_desk.lookup.answers import LookedUp, nobody
from loyalty_desk.lookup.staged import Found, find_staged
from loyalty_desk.platforms.base import Platform, is_about
from loyalty_desk.platforms.same_account import find_ours
from loyalty_desk.records import Cause, CauseKind, Outcome
from loyalty_desk.refresh import ask_for_cards
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.intake import mark_member_gone, stage_members
from loyalty_desk.staging.last_awards import say_last_awards
from loyalty_desk.staging.platform_of import check_platform

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 8
"""Fresh reads under way in one process. More would wait for each other, not for the platform."""


class Lookup:
    """Looks people of one store up. Thread-safe; one a process and store.

    `open_platform` is called at the first fresh read, as it may have to ask for secrets, and again
    when the connection could not be used: it may have been corrected since.
    """

    def __init__(
        self, store: StoreSettings, engine: Engine, open_platform: Callable[[], Platform]
    ) -> None:
        self._store, self._engine, self._open_platform = store, engine, open_platform
        self._platform: Platform | None = None
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix=f"lookup-{store.name}")
        self._free = BoundedSemaphore(MOST_AT_ONCE)

    def find(self, email_key: str) -> LookedUp:
        """Find the card of an e-mail key; within the store's deadline, whatever the platform does.

        What the platform told within it and could not be staged in time still updates staging.
        """
        staged = self._find_staged(email_key)
        # The platform would name one of several with an address, and a tie is never broken.
        is_tie = staged.card["status"] == Outcome.AMBIGUOUS
        fresh = None if is_tie else self._read_fresh(email_key, staged.member_id)
        if fresh is None:
            return LookedUp.of(staged, "staged", utc_now())
        try:
            found = fresh.result(self._store.lookup.deadline_s)
        except (TooLateError, CancelledError):
            return self._as_staged(email_key)
        except (LoyaltyDeskError, BadFieldError, DBAPIError) as error:
            if isinstance(error, BadConnectionError):
                self._platform = None
            log.warning("store %s: no fresh lookup (%s)", self._store.name, type(error).__name__)
            return self._as_staged(email_key)
        now_utc = utc_text(utc_now())
        if found is None:
            return nobody(Outcome.CUSTOMER_NOT_FOUND, now_utc, staged.wording)
        if self._store.lookup.activity and found.member_id is not None:
            self._read_activity(found.member_id)
        return LookedUp.of(replace(found, as_of_utc=now_utc), "fresh", utc_now())

    def close(self) -> None:
        """Begin no fresh read any more; whoever asks yet is answered as staging has it."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _as_staged(self, email_key: str) -> LookedUp:
        """Read once more: what the platform did tell may be that the address has changed hands."""
        return LookedUp.of(self._find_staged(email_key), "staged", utc_now())

    def _find_staged(self, email_key: str) -> Found:
        with reading(self._engine) as connection:
            return find_staged(connection, self._store, email_key)

    def _read_fresh(self, email_key: str, member_id: str | None) -> Future[Found | None] | None:
        """Start a fresh read; None when there are too many under way, or none are wanted."""
        if self._store.lookup.deadline_s <= 0 or not self._free.acquire(blocking=False):
            return None
        try:
            future = self._pool.submit(self._find_fresh, email_key, member_id)
        except RuntimeError:  # closed since, as the store has other settings: the next one goes on
            self._free.release()
            return None
        future.add_done_callback(lambda _: self._free.release())
        return future

    def _read_activity(self, member_id: str) -> None:
        """Have the last movements read, where there is room for it; nobody waits for them."""
        if not self._free.acquire(blocking=False):
            return
        try:
            future = self._pool.submit(read_activity, self._store, self._engine, member_id)
        except RuntimeError:
            self._free.release()
            return
        future.add_done_callback(self._end_activity)

    def _end_activity(self, done: Future[bool]) -> None:
        self._free.release()
        if not done.cancelled() and (error := done.exception()) is not None:
            name = type(error).__name__
            log.warning("store %s: no movements are said (%s)", self._store.name, name)

    def _find_fresh(self, email_key: str, member_id: str | None) -> Found | None:
        """Read who the address is from the platform, stage it, and find whose card is right now.

        The member that staging knew by the address may have given it up, so that another has it.
        """
        if member_id is not None and self._stage_fresh(member_id) == member_id:
            known = self._find_staged(email_key)
            if known.member_id == member_id:
                return known
        fresh_id = self._stage_fresh(email_key)
        found = None if fresh_id is None else self._find_staged(email_key)
        if found is not None and found.member_id not in (fresh_id, None):
            raise ApiUnavailableError("the platform and staging do not agree on the address")
        return found

    def _stage_fresh(self, identifier: str) -> str | None:
        """Read the member from the platform, stage it, and return its id; None when it is gone."""
        with reading(self._engine) as connection:
            check_platform(connection, self._store)
        platform = self._platform = self._platform or self._open_platform()
        asked_at, name = utc_now(), self._store.name
        member = find_ours(self._engine, name, platform, identifier)
        if member is None:
            with self._engine.begin() as connection:  # the next sync takes the card away
                mark_member_gone(connection, name, identifier, asked_at)
            return None
        if not is_about(member, identifier):
            raise ApiUnavailableError("the platform answered about somebody else")
        with self._engine.begin() as connection:
            # What is news is pushed within seconds too, as macros read the card that was pushed; a
            # write of ours that comes back as a lookup finds no news, so this cannot go round.
            staged = stage_members(connection, name, [member], asked_at, first_load=False)
            said = say_last_awards(connection, name, [member.member_id], asked_at)
            if staged.changed or said:
                cause = Cause(kind=CauseKind.LOOKUP)
                ask_for_cards(connection, name, [member.member_id], utc_now(), cause)
        if staged.set_aside:  # what is shown is what was known before
            bad = staged.set_aside[0]
            raise BadFieldError(bad.field, bad.reason)
        return member.member_id


_OPEN: dict[str, tuple[StoreSettings, Lookup]] = {}
_OPENING = Lock()


def lookup_of(store: StoreSettings) -> Lookup:
    """The lookup of a store, opened anew when its settings have changed."""
    with _OPENING:
        settings, opened = _OPEN.get(store.name, (None, None))
        if opened is None or settings != store:
            if opened is not None:
                opened.close()
            opened = Lookup(store, staging_engine(), partial(lookup_platform, store))
            _OPEN[store.name] = store, opened
        return opened
