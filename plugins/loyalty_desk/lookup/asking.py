"""Asks a store's platform at once, for a person or a helpdesk that waits for the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import BoundedSemaphore, Lock
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.errors import (
    ApiUnavailableError,
    BadConnectionError,
    LoyaltyDeskError,
    NotFoundError,
    PlatformChangedError,
)
from loyalty_desk.hooks.connections import asked_platform
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.lookup.problems import Problem
from loyalty_desk.platforms.base import NotTheirLedgerError, Platform, SharedAddressError, is_about
from loyalty_desk.platforms.same_account import find_ours
from loyalty_desk.records import Member, Movement
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.platform_of import check_platform

log = logging.getLogger(__name__)

WAIT_S: Final = 5.0
"""How long somebody waits for the platform in all; what is under way then still counts."""
MOST_AT_ONCE: Final = 4
"""Questions under way in one process."""
MOST_READ: Final = 2_000
"""Movements of one member that are read. Who has more is told that not all were."""


class NotToldError(Exception):
    """The platform did not tell; nothing is known by that."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A member's movements, the newest first; `unread` rows could not be used.

    Not `is_whole` where there are more of them.
    """

    movements: tuple[Movement, ...]
    unread: int = 0
    is_whole: bool = True


class Asking:
    """The platform of one store. Thread-safe; one a process and store.

    It is opened at the first question, and anew when its connection could not be used: that may
    have been corrected since.
    """

    def __init__(
        self, store: StoreSettings, engine: Engine, open_platform: Callable[[], Platform]
    ) -> None:
        self._store, self._engine, self._open_platform = store, engine, open_platform
        self._platform: Platform | None = None
        self._free = BoundedSemaphore(MOST_AT_ONCE)

    def find_member(self, identifier: str, deadline: Deadline) -> Member | None:
        """The member with this id or e-mail key as the platform has it now, if the account is ours.

        Raises:
            NotToldError: it did not tell.
        """
        with self._asked(deadline) as platform:
            member = find_ours(self._engine, self._store.name, platform, identifier)
            if member is not None and not is_about(member, identifier):
                raise NotToldError(Problem.ANOTHERS)
            return member

    def movements(
        self,
        member_id: str,
        external_id: str | None,
        deadline: Deadline,
        *,
        most: int | None = None,
        is_found: bool = True,
    ) -> Told:
        """How a member's balance moved; the last `most` times, else all that is told.

        In another account the id may be somebody else's: unless the caller has just found the
        member (`is_found`), that is looked at first.

        Raises:
            NotToldError: it did not tell.
        """
        with self._asked(deadline) as platform:
            if not platform.capabilities.tells_movements:
                raise NotToldError(Problem.TELLS_NONE)
            if not is_found:
                member = find_ours(self._engine, self._store.name, platform, member_id)
                if member is None or not is_about(member, member_id):
                    raise NotToldError(Problem.ANOTHERS)
            unread: list[str] = []
            some = most if most is not None and platform.newest_first else MOST_READ
            found = list(islice(platform.iter_movements(member_id, external_id, unread), some + 1))
            is_whole = len(found) <= some
            if not is_whole and not platform.newest_first:
                found = []  # the first ones of very many are not the last ones
        newest = sorted(found, key=_moment, reverse=True)
        wanted = newest[:some] if most is None else newest[:most]
        return Told(movements=tuple(wanted), unread=len(unread), is_whole=is_whole)

    @property
    def tells_orders(self) -> bool:
        """Whether movements name orders; asked after `movements`."""
        return self._platform is not None and self._platform.capabilities.tells_orders

    @contextmanager
    def _asked(self, deadline: Deadline) -> Iterator[Platform]:
        if not self._free.acquire(blocking=False):
            raise NotToldError(Problem.BUSY)
        try:
            with reading(self._engine) as connection:
                check_platform(connection, self._store)
            platform = self._platform = self._platform or self._open_platform()
            with platform.until(deadline):
                yield platform
        except (LoyaltyDeskError, BadFieldError) as error:
            if isinstance(error, BadConnectionError):
                self._platform = None
            log.warning("store %s: not told (%s)", self._store.name, type(error).__name__)
            raise NotToldError(_problem_of(error, deadline)) from None
        finally:
            self._free.release()


def _problem_of(error: Exception, deadline: Deadline) -> Problem:
    if isinstance(error, BadConnectionError):
        return Problem.CONNECTION
    if isinstance(error, PlatformChangedError):
        return Problem.CHANGED
    if isinstance(error, NotTheirLedgerError | NotFoundError):
        return Problem.ANOTHERS
    if isinstance(error, SharedAddressError):
        return Problem.SHARED
    if isinstance(error, ApiUnavailableError):
        return Problem.SLOW if deadline.left_s() <= 0 else Problem.AWAY
    return Problem.UNREADABLE


def _moment(movement: Movement) -> tuple[str, int, str]:
    """Time, then id: by its number where it is one."""
    number = movement.movement_id
    return movement.at_utc or "", int(number) if number.isdecimal() else 0, number


_OPEN: dict[str, tuple[StoreSettings, Asking]] = {}
_OPENING = Lock()


def asking_of(store: StoreSettings) -> Asking:
    """The questions to a store's platform, opened anew when its settings have changed."""
    with _OPENING:
        settings, opened = _OPEN.get(store.name, (None, None))
        if opened is None or settings != store:
            opened = Asking(store, staging_engine(), partial(asked_platform, store, WAIT_S))
            _OPEN[store.name] = store, opened
        return opened
