"""What reading members and entries has in common on every platform."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from loyalty_desk.card.emails import read_email
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.errors import ApiUnavailableError, CursorError
from loyalty_desk.http.reading import BadFieldError, clean, kind, read_decimal
from loyalty_desk.http.transport import Transport
from loyalty_desk.platforms.base import (
    LedgerEntry,
    MemberPage,
    NotTheirLedgerError,
    SharedAddressError,
    ShopEntry,
    ShopPage,
)
from loyalty_desk.platforms.guesses import pick, stands
from loyalty_desk.records import LedgerKind, Member, Movement, Rejected, order_key

HIGHEST_RANK = 2**31 - 1


def read_rows(
    rows: Iterable[Any],
    read: Callable[[Any], Member],
    id_of: Callable[[Any], Any] = lambda row: pick(row, "id"),
) -> MemberPage:
    """Read the rows of a page; one that cannot be used is set aside and the page goes on.

    Its id is kept, so that a full read does not take its member for one who left.
    """
    members: list[Member] = []
    rejected: list[Rejected] = []
    for row in rows:
        try:
            members.append(read(row))
        except BadFieldError as error:
            rejected.append(
                Rejected(
                    source="members",
                    record_id=_record_id(id_of(row)),
                    field=error.field,
                    reason=error.reason,
                )
            )
    return MemberPage(members=members, rejected=rejected)


def _record_id(value: Any) -> str | None:
    """An id as rejected rows keep it; an address in its place would be personal."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = clean(str(value))
    return text if text and len(text) <= 64 and text.isprintable() and "@" not in text else None


def as_object(row: Any) -> Mapping[str, Any]:
    """A row that has to be an object; raises BadFieldError."""
    if not isinstance(row, Mapping):
        raise BadFieldError("(row)", "is not an object")
    return row


def json_of(body: bytes) -> Any:
    """What a webhook's body says; None when it is no JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def read_object(row: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """An object in a row, empty when there is none; raises BadFieldError for anything else."""
    value = row.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadFieldError(field, f"is {kind(value)} instead of an object")
    return value


def cleared(
    row: Mapping[str, Any], told_at: Mapping[str, Collection[str]], values: Mapping[str, Any]
) -> frozenset[str]:
    """Which of a member's fields and card keys a row tells to be empty, by where it tells each.

    What was known of them must go: an address that its holder gave up, a tier that was lost. A row
    that does not have the place at all tells nothing, as one of an older version of the API.
    """
    return frozenset(
        name
        for name, value in values.items()
        if value is None and any(stands(row, place) for place in told_at.get(name, ()))
    )


def full_name(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None


def rank_of(tier: Mapping[str, Any], threshold_field: str) -> int:
    """Order of tiers by their threshold. The lowest tier may start at zero and is above none."""
    if not tier:
        return 0
    threshold = read_decimal(tier, threshold_field)
    return 1 if threshold is None else min(HIGHEST_RANK, 1 + max(0, int(threshold)))


def rows_of(service: str, path: str, body: Any, name: str) -> list[Any]:
    """The rows of a list's answer; raises CursorError when it came without them."""
    rows = pick(body, name)
    if not isinstance(rows, list):
        raise CursorError(f"a page of {service}'s {path} came without its rows")
    return rows


@dataclass(frozen=True, slots=True)
class CursorList:
    """A list that goes on by an opaque cursor, which stands under `place` and `key` of each page.

    `asked` is what is asked for after a cursor, None at first.
    """

    transport: Transport
    path: str
    name: str
    place: str
    key: str
    asked: Callable[[str | None], Mapping[str, Any]]

    def pages(self) -> Iterator[list[Any]]:
        """Yield the rows of each page; raises CursorError when the list cannot be whole."""
        cursor: str | None = None
        while True:
            body = self.transport.get_json(self.path, self.asked(cursor))
            yield rows_of(self.transport.service, self.path, body, self.name)
            following = self._following(body)
            if following is None:
                return
            if following == cursor:
                raise CursorError(f"the cursor of {self._what} does not advance")
            cursor = following

    @property
    def _what(self) -> str:
        return f"{self.transport.service}'s {self.path}"

    def _following(self, body: Mapping[str, Any]) -> str | None:
        """The cursor of the next page, None on the last one."""
        told = body.get(self.place)
        if not isinstance(told, Mapping) or self.key not in told:
            raise CursorError(f"a page of {self._what} came without its cursor")
        cursor = told[self.key]
        if cursor is None or cursor == "":
            return None
        if not isinstance(cursor, str):
            raise CursorError(f"the cursor of {self._what} is no text")
        return cursor


def only_with_address(
    pages: Iterable[Iterable[Any]], address: str, read: Callable[[Any], Member]
) -> Member | None:
    """The one member of a search who has the very address, None when nobody has.

    Raises:
        SharedAddressError: several have it, and nobody may choose.
    """
    wanted = read_email(address)[0]
    found = [
        row
        for rows in pages
        for row in rows
        if isinstance(row, Mapping)
        and isinstance(row.get("email"), str)
        and read_email(row["email"])[0] == wanted
    ]
    if len(found) > 1:
        raise SharedAddressError(str(row["id"]) for row in found if row.get("id"))
    return read(found[0]) if found else None


def find_utc(text: str | None) -> str | None:
    """A time as staging writes it; None for what is none: a movement can be shown without."""
    if not text:
        return None
    try:
        return utc_text(parse_utc(text))
    except (ValueError, OverflowError):
        return None


def order_keys(*numbers: str | None) -> frozenset[str]:
    """The keys of an order by which it may be asked for."""
    return frozenset(filter(None, map(order_key, numbers)))


def whose(value: Any) -> str | None:
    """The member's id that an entry tells, None where it tells none or is not of that kind."""
    text = str(value)
    is_id = not isinstance(value, bool) and text.isascii() and text.isdecimal()
    return text if is_id else None


def read_entries(
    service: str,
    path: str,
    pages: Iterable[Iterable[Any]],
    read: Callable[[Any], LedgerEntry],
) -> Iterator[LedgerEntry]:
    """Read a ledger; an entry that cannot be read may be the one that is looked for.

    Raises:
        ApiUnavailableError: there is such an entry.
    """
    for rows in pages:
        for row in rows:
            try:
                entry = read(row)
            except BadFieldError as error:
                raise ApiUnavailableError(
                    f"{service} answered GET {path} with an entry that cannot be used: {error}"
                ) from None
            yield entry


def read_movements(
    title: str,
    member_id: str,
    pages: Iterable[Iterable[Any]],
    read: Callable[[Any], tuple[Movement | None, str | None]],
    unread: list[str],
) -> Iterator[Movement]:
    """Read movements, each with whose it is where the row tells; None for one that is not shown.

    Raises:
        NotTheirLedgerError: a row is another's, as after a merge; nothing of theirs is told.
    """
    for rows in pages:
        for row in rows:
            try:
                movement, owner = read(row)
            except BadFieldError as error:
                unread.append(error.field)
                continue
            if owner not in {None, member_id}:
                raise NotTheirLedgerError(f"{title} answered with another's movements")
            if movement is not None:
                yield movement


def untold(points: int) -> LedgerKind:
    """What an entry is of which no more is told than its sign."""
    return LedgerKind.ADDED if points > 0 else LedgerKind.TAKEN


def read_shop_page(rows: Iterable[Any], read: Callable[[Any], ShopEntry]) -> ShopPage:
    """Read a page of a shop's ledger; a row that is no use is set aside and the page goes on."""
    entries, unread = list[ShopEntry](), list[str]()
    for row in rows:
        try:
            entries.append(read(row))
        except BadFieldError as error:
            unread.append(error.field)
    return ShopPage(entries=entries, unread=unread)


def read_shop_ledger(
    pages: Iterable[Iterable[Any]],
    read: Callable[[Any], ShopEntry],
    cursor: str,
    settled_before: datetime,
) -> Iterator[ShopPage]:
    """Read a ledger that was cut to a time, its cursor, in whichever order its pages come.

    Only a read to its end is whole, so no page but the last, which is empty, has a cursor.
    """
    for rows in pages:
        yield read_shop_page(rows, read)
    yield ShopPage(entries=[], unread=[], cursor=max(cursor, utc_text(settled_before)))


def booked_id(row: Any, marker: str, read: Callable[[Any], LedgerEntry]) -> str | None:
    """The id of the entry that an award's answer shows, if it is the one with that marker."""
    try:
        entry = read(row)
    except BadFieldError:
        return None
    return entry.entry_id if marker in (entry.marker_text or "") else None
