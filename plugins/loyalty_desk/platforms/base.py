"""The contract of a loyalty platform: one file in this folder with one class that fulfils it.

Everything else in the product asks `capabilities`, never a name. `docs/adding-a-platform.md` leads
through a new one, and `tests/platforms` is the suite that each has to pass.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from requests.auth import AuthBase

from loyalty_desk.card.emails import read_email
from loyalty_desk.elsewhere import with_member
from loyalty_desk.errors import ApiUnavailableError, LoyaltyDeskError
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.http.transport import Counts, Transport
from loyalty_desk.platforms.guesses import Guess, pick, resolve
from loyalty_desk.records import LedgerKind, Member, Movement, Rejected, Unit


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """One merchant's account, as the Airflow connection describes it; no repr, as it has secrets.

    `key` is the connection's password, `options` its extra. Money has `money_digits` decimals.
    """

    key: str
    options: Mapping[str, Any] = field(default_factory=dict)
    money_digits: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the platform may be asked: `requests_per_s`, after `burst` requests at once.

    `is_shared` has all processes keep to it together, through the staging database: for a platform
    that punishes one request too many. `penalty_s` is how long a 429 without `Retry-After` lasts.
    """

    requests_per_s: float
    burst: int = 1
    is_shared: bool = False
    penalty_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one account of a platform can do, said honestly."""

    card_keys: frozenset[str]
    """The keys of the card that it can tell."""
    lists_members: bool = True
    """Whether all members can be read; else they come from files, webhooks and lookups."""
    lists_changes: bool = False
    """Whether the list can be cut to the members that changed since a time."""
    reads_ledger: bool = True
    """Whether a booking can be found again by its marker; else a lost answer is for a person."""
    ledger_is_documented: bool = True
    """Whether that it can is documented, and not a guess of ours."""
    tells_movements: bool = False
    """Whether it tells how a member's balance moved."""
    tells_orders: bool = False
    """Whether a movement says which order it is for."""
    ledger_kinds: frozenset[LedgerKind] = frozenset()
    """What it tells apart in the whole shop's ledger; nothing where it lists none."""
    knows_markers: bool = False
    """Whether it refuses, or ignores, a booking whose marker it has booked before."""
    sends_webhooks: bool = True
    """Whether it tells of changes, in a way that can be verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPage:
    """One page of members, and the rows of it that could not be used."""

    members: list[Member]
    rejected: list[Rejected]


def is_about(member: Member, identifier: str) -> bool:
    """Whether a platform answered about whom it was asked, by an id or an e-mail key.

    It may not: after a merge, or where something in between takes one request for another. Nobody
    may be shown or given then what is another's.
    """
    if "@" in identifier:
        return read_email(member.email)[0] == identifier
    return member.member_id == identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardOrder:
    """What is to be booked for one member.

    `amount` is signed; points are whole, credits have two decimals at most. `marker` is how the
    entry is found again: it has to end up in `LedgerEntry.marker_text`, hidden from the member
    where that is possible. `note` is for staff, `message` is shown to the member.
    """

    member_id: str
    external_id: str | None = None
    unit: Unit
    amount: Decimal
    marker: str
    note: str = ""
    message: str | None = None

    @property
    def note_with_marker(self) -> str:
        """The note for staff with the marker in it."""
        return " ".join(part for part in (self.note, f"[{self.marker}]") if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One booking of a member on the platform. `marker_text` is the text with the marker, if any.

    `is_pending` when it is booked, and its points become the member's later; `is_revoked` when it
    was booked, and somebody took it back since. `member_id` is whose it is, where the entry tells.
    """

    entry_id: str
    marker_text: str | None
    member_id: str | None = None
    is_revoked: bool = False
    is_pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopEntry:
    """One booking of anybody, as it moved the balance: `points` is 0 once it was taken back.

    `member_id` is None where the entry does not tell whose it is, `created_at_utc` where not when.
    `marker_text` is as in `LedgerEntry`.
    """

    entry_id: str
    kind: LedgerKind
    points: int
    member_id: str | None = None
    created_at_utc: str | None = None
    marker_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopPage:
    """One page of the whole shop's ledger, and the field at fault of each row that was no use.

    `cursor` is where to go on once it is kept; None while that is still where the read began.
    """

    entries: list[ShopEntry]
    unread: list[str]
    cursor: str | None = None


class NotTheirLedgerError(ApiUnavailableError):
    """A member's ledger was asked for, and another's came, or that of nobody: it tells nothing."""


class SharedAddressError(BadFieldError):
    """Several members, `member_ids` as far as they tell, have the address that was looked for."""

    def __init__(self, member_ids: Iterable[str]) -> None:
        self.member_ids = sorted(member_ids)
        super().__init__("email", "is that of several members")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a live account answered for `python -m loyalty_desk platform check`.

    `tried` are the guesses that this settles: that there is an `answer`, or, where it is looked at
    as `an_object`, that something stands in it where the guess says. `failure` says why there is
    none.
    """

    what: str
    tried: tuple[str, ...]
    answer: Any = None
    failure: str | None = None
    an_object: bool = False

    @classmethod
    def of(cls, what: str, tried: tuple[str, ...], ask: Callable[[], Any]) -> Self:
        """Ask once, and keep the answer or why there was none."""
        try:
            return cls(what=what, tried=tried, answer=ask())
        except LoyaltyDeskError as error:
            return cls(what=what, tried=tried, failure=" ".join(str(error).split()))

    def inside(
        self, what: str, place: str | None, table: Mapping[str, Guess], section: str
    ) -> Self:
        """The first object of the list at `place`, by which the table's `section.*` are settled."""
        tried = tuple(key for key in table if key.startswith(f"{section}."))
        rows = pick(self.answer, place) if place else self.answer
        first = rows[0] if isinstance(rows, list) and rows else rows
        if self.failure is None and isinstance(first, Mapping):
            return replace(self, what=what, tried=tried, answer=first, an_object=True)
        failure = self.failure or f"no {what} to look at in {place or 'the answer'}"
        return replace(self, what=what, tried=tried, answer=None, failure=failure, an_object=True)


NO_GUESSES: Final[Mapping[str, Guess]] = {}


class Platform(ABC):
    """A loyalty platform. An object of it asks for one account; the class knows what is constant.

    Raises BadFieldError from `__init__` and `capabilities_of` when the account's options are wrong.
    """

    name: ClassVar[str]
    """As in stores.yaml and in addresses."""
    title: ClassVar[str]
    """As people write it."""
    base_url: ClassVar[str]
    units: ClassVar[frozenset[Unit]] = frozenset({Unit.POINTS})
    """What can be awarded."""
    pace: ClassVar[Pace]
    newest_first: ClassVar[bool] = False
    """Whether movements come the newest first, so that the last ones are on the first page."""
    member_page: ClassVar[str | None] = None
    """Where a person opens a member, with `{member_id}` in it; None where nobody documents it."""
    guesses: ClassVar[Mapping[str, Guess]] = NO_GUESSES
    """What its documentation leaves open, each replaceable in the connection's extra, `api`."""

    def __init__(self, transport: Transport, account: Account) -> None:
        self._transport = transport
        self._answers = resolve(self.guesses, account.options)
        self._money_digits = account.money_digits
        self.capabilities = self.capabilities_of(account.options)

    @property
    def counts(self) -> Counts:
        """What the requests have come to so far, for the run's record."""
        return self._transport.counts

    def until(self, deadline: Deadline) -> AbstractContextManager[None]:
        """What this thread asks in here is sent before the deadline, or not at all."""
        return self._transport.until(deadline)

    @property
    def guessed(self) -> str:
        """A hash of the guesses in force: what was learned by other ones is not known by these."""
        answers = json.dumps(self._answers, sort_keys=True)
        return hashlib.blake2b(answers.encode(), digest_size=16).hexdigest()

    @classmethod
    def member_page_of(cls, options: Mapping[str, Any]) -> str | None:
        """Where a person opens a member of an account with these options, which may say so under
        `profile_url`.
        """
        return resolve(cls.guesses, options).get("profile_url") or cls.member_page

    def _profile_url(self, member_id: str) -> str | None:
        """Where a person opens the member, if the account says so."""
        page: str | None = self._answers["profile_url"]
        return None if page is None else with_member(page, member_id)

    @staticmethod
    @abstractmethod
    def auth(key: str) -> AuthBase:
        """How a request shows the key."""

    @classmethod
    @abstractmethod
    def capabilities_of(cls, options: Mapping[str, Any]) -> Capabilities:
        """What an account with these options can do."""

    @abstractmethod
    def check(self) -> None:
        """Make one cheap read; raises BadConnectionError when the key is wrong."""

    @abstractmethod
    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        """Yield all members, or those that changed since then if `lists_changes`, page by page.

        Not called without `lists_members`. One that changes meanwhile may come twice.

        Raises:
            CursorError: a page without its cursor, or with one that does not advance.
            ApiUnavailableError: no usable answer after the transport's own waiting.
            ApiError: any other refusal.
        """

    @abstractmethod
    def find_member(self, identifier: str) -> Member | None:
        """Return the member with this id or e-mail address, None when there is none.

        Raises:
            BadFieldError: the platform's answer cannot be used.
            SharedAddressError: several members share the address and nobody may choose.
            ApiUnavailableError, ApiError: as above.
        """

    @abstractmethod
    def award(self, order: AwardOrder) -> str | None:
        """Book the order and return the entry's id (None when the answer does not show the entry).

        Never sent again by itself once it may have arrived.

        Raises:
            ApiUnavailableError: no usable answer; `may_have_arrived` says whether it may be booked.
            ApiError: another answer; `awards.apply.REFUSALS` says which are surely no booking.
        """

    @abstractmethod
    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Iterator[LedgerEntry]:
        """Yield a member's entries, at least those since then; raises as `iter_member_pages` does.

        Not called without `reads_ledger`. An entry that cannot be read raises ApiUnavailableError:
        it may be the very one that is looked for, and leaving it out would have it booked twice.
        Where the member has to be read first and is not found, NotTheirLedgerError.
        """

    def iter_movements(
        self, member_id: str, external_id: str | None, unread: list[str]
    ) -> Iterator[Movement]:
        """Yield how a member's balance moved, the newest first if `newest_first`.

        A page is read when its first movement is asked for. The field at fault of each row that
        cannot be read goes to `unread`. Not called without `tells_movements`; raises as
        `iter_member_pages` does, and NotTheirLedgerError where it is another's.
        """
        del member_id, external_id, unread
        yield from ()

    def find_ledger_end(self, now: datetime) -> str:
        """Return the cursor after all that is booked by now. Not called without `ledger_kinds`;
        raises as `iter_member_pages` does.
        """
        raise NotImplementedError

    def iter_shop_ledger(self, cursor: str, settled_before: datetime) -> Iterator[ShopPage]:
        """Yield the bookings of everybody from a cursor on, to the end; some may come again.

        What was booked at `settled_before` or later comes again in the next read, as an entry may
        appear after younger ones. Not called without `ledger_kinds`; raises as above.
        """
        del cursor, settled_before
        yield from ()

    @classmethod
    def is_genuine(cls, body: bytes, headers: Mapping[str, str], account: Account) -> bool:
        """Whether the platform sent this very webhook; secrets are compared in constant time."""
        del body, headers, account
        return False

    @classmethod
    def changed_members(cls, body: bytes, account: Account) -> list[str]:
        """Whose ids a genuine webhook is about; nobody when it does not tell."""
        del body, account
        return []

    def iter_samples(self, identifier: str | None = None) -> Iterator[Sample]:
        """Ask a live account what settles each guess, with reads alone.

        `identifier` is a member's id or address to look at, in place of whoever is listed first.
        """
        del identifier
        yield from ()


def ids_of(values: Iterable[Any]) -> list[str]:
    """Those values that can be a member's id, as text."""
    whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    return [str(value) for value in whole if 0 < value < 2**63]
