"""Rivo: members of a Shopify shop's loyalty programme, by the Merchant REST API.

Source: developer-docs.rivo.io and public integrations. What they do not settle is in the table of
guesses below, and nowhere else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from loyalty_desk.errors import ApiUnavailableError, CursorError, NotFoundError
from loyalty_desk.platforms.base import AwardOrder, LedgerEntry, MemberPage
from loyalty_desk.reading import (
    BadFieldError,
    decimal_text,
    kind,
    read_decimal,
    read_id,
    read_points,
    read_text,
)
from loyalty_desk.records import Member, MemberStatus, Rejected, Unit
from loyalty_desk.sync.cards import known
from loyalty_desk.transport import Counts, Transport

log = logging.getLogger(__name__)

BASE_URL = "https://developer-api.rivo.io/merchant_api/v1"
PAGE_SIZE = 250
"""The most that Rivo gives at once."""

MEMBERS, LEDGER = "/customers", "/points_events"
ENTRY_TYPE = "points_event"
AMOUNT_FIELDS = {Unit.POINTS: "points_amount", Unit.CREDITS: "credits_amount"}

# --- Guesses: what the documentation leaves open ------------------------------------------------
STATUS_BY_SPELLING = {
    "member": MemberStatus.MEMBER,  # the only spelling seen in print
    "guest": MemberStatus.GUEST,
    "candidate": MemberStatus.GUEST,
    "excluded": MemberStatus.EXCLUDED,
}
POINTS_NAMES = ("points_tally", "loyalty_points_tally")  # live name first, printed name second
PROFILE_URL = "https://www.shopify.com/admin/customers/{member_id}"
"""Where an agent opens the member: Shopify's own page, as Rivo's address is not documented."""
# -------------------------------------------------------------------------------------------------

CARD_KEYS = frozenset(
    {
        *("points_balance", "credits_balance", "name", "tier", "next_tier", "referral_url"),
        *("referral_code", "points_expire_on", "birthday", "profile_url"),
    }
)
"""The keys of a card that Rivo can tell."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DISPLAY_DATE = re.compile(r"([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})")
ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
MONTH_DAY = re.compile(r"(?:\d{4}-)?\d{2}-\d{2}")
HIGHEST_RANK = 2**31 - 1


class RivoPlatform:
    """One shop's programme. The API key, sent by the transport, selects the shop."""

    name = "rivo"

    def __init__(self, transport: Transport, *, profile_url: str = PROFILE_URL) -> None:
        self._transport, self._profile_url = transport, profile_url

    @property
    def counts(self) -> Counts:
        """What the requests of this platform have come to, for the run's record."""
        return self._transport.counts

    def check(self) -> None:
        """Make one cheap read; raises BadConnectionError when the key is wrong."""
        self._get_page(MEMBERS, {}, 0, limit=1)

    def iter_member_pages(self, since: str | None) -> Iterator[MemberPage]:
        """Yield all members by rising id, from the start or after the id `since`.

        Raises:
            CursorError: a page without its rows, or with a cursor that does not rise.
        """
        for rows, next_id in self._iter_pages(MEMBERS, {}, int(since or 0)):
            yield self._read_page(rows, None if next_id is None else str(next_id))

    def find_member(self, identifier: str) -> Member | None:
        """Return the member with this id or e-mail address, None when there is none.

        Right after somebody signed up in the shop, Rivo may not know them for a minute.

        Raises:
            BadFieldError: the answer about the member cannot be used.
        """
        # Rivo finds by these two only, and messages mask no other text that is part of a path.
        if "@" not in identifier and not (identifier.isascii() and identifier.isdecimal()):
            return None
        try:
            body = self._transport.get_json(f"{MEMBERS}/{quote(identifier, safe='')}")
        except NotFoundError:
            return None
        return read_member(_data(body), self._profile_url)

    def award(self, order: AwardOrder) -> str | None:
        """Book the order and return the entry's id, None when the answer does not show the entry.

        Rivo knows no idempotency key: what may have arrived is never sent again from here, the
        entry is to be looked for by the mark in its internal note.

        Raises:
            ApiUnavailableError: `may_have_arrived` says whether it may be booked.
            ApiError, BadConnectionError: refused, so not booked.
        """
        form = {
            "customer_identifier": order.member_id,
            "source": "manual",
            AMOUNT_FIELDS[order.unit]: decimal_text(order.amount),
            "internal_note": order.internal_note,
        }
        if order.message:
            form["external_note"] = order.message
        answer = self._transport.send("POST", LEDGER, form=form, retry=False)
        entry_id = _find_booked(_data(answer.body), order.internal_note)
        if entry_id is None:
            # An error here would make somebody book it twice.
            log.warning("Rivo answered POST %s without the entry that was booked", LEDGER)
        return entry_id

    def iter_ledger(self, member_id: str) -> Iterator[LedgerEntry]:
        """Yield all entries of a member by rising id, revoked and hidden ones too.

        Raises:
            CursorError: a page without its rows, or with a cursor that does not rise.
            ApiUnavailableError: also when an entry cannot be used, as it may be the very one that
                is looked for, and leaving it out would have it booked twice.
        """
        of_member = {"filters[customer_identifier]": member_id}
        for rows, _ in self._iter_pages(LEDGER, of_member, 0):
            for row in rows:
                try:
                    entry = read_entry(row)
                except BadFieldError as error:
                    raise ApiUnavailableError(
                        f"Rivo answered GET {LEDGER} with an entry that cannot be used: {error}"
                    ) from None
                yield entry

    def _iter_pages(
        self, path: str, filters: Mapping[str, str], since_id: int
    ) -> Iterator[tuple[list[Any], int | None]]:
        """Yield each page's rows, and the id that resumes after it (None on the last one)."""
        while True:
            body = self._get_page(path, filters, since_id, limit=PAGE_SIZE)
            rows = _data(body)
            if not isinstance(rows, list):
                raise CursorError(f"a page of Rivo's {path} came without its rows")
            next_id = _next_since(path, body, rows, since_id)
            yield rows, next_id
            if next_id is None:
                return
            since_id = next_id

    def _get_page(self, path: str, filters: Mapping[str, str], since_id: int, *, limit: int) -> Any:
        # `pagination[per_page]` beside these would switch to pages by number, which end at 500.
        query = {**filters, "pagination[since_id]": since_id, "pagination[limit]": limit}
        return self._transport.get_json(path, query)

    def _read_page(self, rows: list[Any], next_since: str | None) -> MemberPage:
        members: list[Member] = []
        rejected: list[Rejected] = []
        for row in rows:
            try:
                members.append(read_member(row, self._profile_url))
            except BadFieldError as error:
                record_id = row.get("id") if isinstance(row, Mapping) else None
                rejected.append(
                    Rejected(
                        source="members",
                        record_id=str(record_id) if isinstance(record_id, int) else None,
                        field=error.field,
                        reason=error.reason,
                    )
                )
        return MemberPage(members=members, rejected=rejected, next_since=next_since)


def _data(body: Any) -> Any:
    """What an answer is about, None when it does not tell."""
    return body.get("data") if isinstance(body, Mapping) else None


def _next_since(path: str, body: Mapping[str, Any], rows: list[Any], since_id: int) -> int | None:
    """The id to go on after; None at the end.

    An older revision of the API gives no `next_since_id`; then the last row's id takes its place,
    and only an empty page is the end.
    """
    links = body.get("links")
    told = isinstance(links, Mapping) and "next_since_id" in links
    if told and isinstance(links, Mapping):
        next_id = links["next_since_id"]
    else:
        next_id = rows[-1].get("id") if rows and isinstance(rows[-1], Mapping) else None
    if next_id is None and (told or not rows):
        return None
    text = str(next_id)
    if isinstance(next_id, bool) or not text.isdecimal() or int(text) <= since_id:
        raise CursorError(f"the cursor of Rivo's {path} does not advance")
    return int(text)


def read_member(row: Any, profile_url: str = PROFILE_URL) -> Member:
    """Read one `customer` resource; raises BadFieldError.

    The id is the Shopify customer's. A card key that Rivo does not tell is left out.
    """
    member_id, fields = _read_resource(row)
    tier = _read_object(fields, "vip_tier")
    return Member(
        member_id=member_id,
        email=read_text(fields, "email"),
        status=_read_status(fields),
        card=known(
            {
                **_read_balances(fields),
                "name": _read_name(fields),
                "tier": read_text(tier, "name"),
                "next_tier": read_text(_read_object(fields, "next_vip_tier"), "name"),
                "referral_url": read_text(fields, "referral_url"),
                "referral_code": read_text(fields, "referral_code"),
                "points_expire_on": find_date(read_text(fields, "points_expire_at")),
                "birthday": _read_birthday(fields),
                "profile_url": profile_url.format(member_id=member_id),
            }
        ),
        external_id=member_id,
        tier_rank=_read_rank(tier),
    )


def read_entry(row: Any) -> LedgerEntry:
    """Read one `points_event` resource; raises BadFieldError."""
    entry_id, fields = _read_resource(row)
    return LedgerEntry(
        entry_id=entry_id,
        internal_note=read_text(fields, "internal_note"),
        is_revoked=bool(fields.get("revoked_at")) or fields.get("hidden") is True,
    )


def _find_booked(row: Any, internal_note: str) -> str | None:
    """The id of the entry that an answer shows, if it is the one with that note."""
    try:
        entry = read_entry(row)
    except BadFieldError:
        return None
    is_entry = row.get("type", ENTRY_TYPE) == ENTRY_TYPE
    return entry.entry_id if is_entry and internal_note in (entry.internal_note or "") else None


def find_date(text: str | None) -> str | None:
    """ISO date of Rivo's display date ("March 05, 2026") or of ISO 8601; None when unreadable.

    An agent can do without this date, so a new spelling of it must not cost a member's card.
    """
    if text is None:
        return None
    display, iso = DISPLAY_DATE.fullmatch(text), ISO_DATE.fullmatch(text)
    try:
        if display and display[1].lower() in MONTHS:
            month = MONTHS.index(display[1].lower()) + 1
            return date(int(display[3]), month, int(display[2])).isoformat()
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3])).isoformat()
    except ValueError:
        return None
    return None


def _read_resource(row: Any) -> tuple[str, Mapping[str, Any]]:
    """The id and the attributes of a resource."""
    resource_id = str(_read_resource_id(row))
    fields = row.get("attributes")
    if not isinstance(fields, Mapping):
        raise BadFieldError("attributes", f"is {kind(fields)} instead of an object")
    return resource_id, fields


def _read_resource_id(row: Any) -> int:
    """The resource's own id (`attributes.id` can be a list); JSON:API spells ids as text."""
    if not isinstance(row, Mapping):
        raise BadFieldError("(row)", f"is {kind(row)} instead of an object")
    value = row.get("id")
    if isinstance(value, str) and value.isdecimal():
        return read_id({"id": int(value)})
    return read_id(row)


def _read_object(fields: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = fields.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadFieldError(field, f"is {kind(value)} instead of an object")
    return value


def _read_status(fields: Mapping[str, Any]) -> MemberStatus:
    spelling = read_text(fields, "loyalty_status")
    if spelling is None:
        raise BadFieldError("loyalty_status", "is missing")
    status = STATUS_BY_SPELLING.get(spelling.lower())
    if status is None:
        raise BadFieldError("loyalty_status", "is not a status that we know")
    return status


def _read_balances(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Both balances. Credits stay decimal text: money must not pass through float."""
    name = next((name for name in POINTS_NAMES if fields.get(name) is not None), POINTS_NAMES[0])
    credits_balance = read_decimal(fields, "credits_tally")
    return {
        "points_balance": read_points(fields, name),
        "credits_balance": None if credits_balance is None else decimal_text(credits_balance),
    }


def _read_name(fields: Mapping[str, Any]) -> str | None:
    parts = (read_text(fields, "first_name"), read_text(fields, "last_name"))
    return " ".join(part for part in parts if part) or None


def _read_birthday(fields: Mapping[str, Any]) -> str | None:
    text = read_text(fields, "dob")
    return text if text and MONTH_DAY.fullmatch(text) else None


def _read_rank(tier: Mapping[str, Any]) -> int:
    """Order of tiers by their threshold. The lowest tier may start at zero and is above none."""
    if not tier:
        return 0
    threshold = read_decimal(tier, "threshold")
    return 1 if threshold is None else min(HIGHEST_RANK, 1 + max(0, int(threshold)))
