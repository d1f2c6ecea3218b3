"""Rivo: members of a Shopify shop's loyalty programme, by the Merchant REST API.

Source: developer-docs.rivo.io and public integrations. What they do not settle is in the tables of
guesses here and in `rivo_ledger`, and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from loyalty_desk.card.cards import known
from loyalty_desk.card.dates import find_date, read_birthday
from loyalty_desk.clock import utc_text
from loyalty_desk.elsewhere import with_member
from loyalty_desk.errors import CursorError, NotFoundError
from loyalty_desk.http.reading import (
    BadFieldError,
    decimal_text,
    read_money,
    read_points,
    read_text,
)
from loyalty_desk.platforms.auth import KeyAuth, is_signed
from loyalty_desk.platforms.base import (
    Account,
    AwardOrder,
    Capabilities,
    LedgerEntry,
    MemberPage,
    Pace,
    Platform,
    ShopPage,
    ids_of,
)
from loyalty_desk.platforms.reading import (
    cleared,
    full_name,
    json_of,
    rank_of,
    read_entries,
    read_movements,
    read_object,
    read_rows,
    read_shop_page,
)
from loyalty_desk.platforms.rivo_ledger import (
    find_booked,
    read_entry,
    read_movement,
    read_shop_entry,
)
from loyalty_desk.platforms.rivo_resources import read_resource, read_resource_id
from loyalty_desk.records import LedgerKind, Member, MemberStatus, Movement, Unit

log = logging.getLogger(__name__)

PAGE_SIZE = 250
"""The most that Rivo gives at once."""

MEMBERS, LEDGER = "/customers", "/points_events"
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

TOLD_AT = {
    "email": ("email",),
    "points_balance": POINTS_NAMES,
    "credits_balance": ("credits_tally",),
    "name": ("first_name", "last_name"),
    "tier": ("vip_tier.name",),
    "next_tier": ("next_vip_tier.name",),
    "referral_url": ("referral_url",),
    "referral_code": ("referral_code",),
    "points_expire_on": ("points_expire_at",),
    "birthday": ("dob",),
}
"""Where a customer's attributes tell each field; null or empty there says that there is none."""


class RivoPlatform(Platform):
    """One shop's programme. The API key, sent by the transport, selects the shop."""

    name = "rivo"
    title = "Rivo"
    base_url = "https://developer-api.rivo.io/merchant_api/v1"
    units = frozenset(Unit)
    pace = Pace(requests_per_s=12)  # of 15 that Rivo allows a store
    member_page = PROFILE_URL

    @staticmethod
    def auth(key: str) -> AuthBase:
        """The raw key: Rivo answers 401 to a scheme word before it."""
        return KeyAuth(key)

    @classmethod
    def capabilities_of(cls, options: Mapping[str, Any]) -> Capabilities:
        """Rivo tells no changes but by webhook, which carries a signature only with a secret."""
        return Capabilities(
            card_keys=CARD_KEYS,
            tells_movements=True,
            ledger_kinds=frozenset(LedgerKind) - {LedgerKind.EXPIRED},
            sends_webhooks=bool(options.get("webhook_secret")),
        )

    def check(self) -> None:
        """Make one cheap read; raises BadConnectionError when the key is wrong."""
        self._get_page(MEMBERS, {}, 0, limit=1)

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        """Yield all members by rising id.

        Raises:
            CursorError: a page without its rows, or with a cursor that does not rise.
        """
        del changed_since  # Rivo cannot tell
        for rows in self._iter_pages(MEMBERS, {}):
            yield read_rows(rows, self._read_member)

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
        return self._read_member(_data(body))

    def _read_member(self, row: Any) -> Member:
        return read_member(row, self._money_digits)

    def award(self, order: AwardOrder) -> str | None:
        """Book the order and return the entry's id, None when the answer does not show the entry.

        Rivo knows no idempotency key: what may have arrived is never sent again from here, the
        entry is to be looked for by the marker in its internal note.

        Raises:
            ApiUnavailableError: `may_have_arrived` says whether it may be booked.
            BadConnectionError: the key was refused, so not booked. ApiError: see `Platform.award`.
        """
        form = {
            "customer_identifier": order.member_id,
            "source": "manual",
            AMOUNT_FIELDS[order.unit]: decimal_text(order.amount),
            "internal_note": order.note_with_marker,
        }
        if order.message:
            form["external_note"] = order.message
        answer = self._transport.send("POST", LEDGER, form=form, retry=False)
        entry_id = find_booked(_data(answer.body), order.marker)
        if entry_id is None:
            # An error here would make somebody book it twice.
            log.warning("Rivo answered POST %s without the entry that was booked", LEDGER)
        return entry_id

    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Iterator[LedgerEntry]:
        """Yield all entries of a member by rising id, revoked and hidden ones too.

        Raises:
            CursorError: a page without its rows, or with a cursor that does not rise.
            ApiUnavailableError: also when an entry cannot be used, as it may be the very one that
                is looked for, and leaving it out would have it booked twice.
        """
        del since  # the ledger of one member is short
        of_member = {"filters[customer_identifier]": member_id}
        pages = self._iter_pages(LEDGER, of_member)
        return read_entries(self.title, LEDGER, pages, read_entry)

    def iter_movements(
        self, member_id: str, external_id: str | None, unread: list[str]
    ) -> Iterator[Movement]:
        """Yield a member's movements by rising id. None of them names an order."""
        del external_id
        pages = self._iter_pages(LEDGER, {"filters[customer_identifier]": member_id})
        return read_movements(self.title, member_id, pages, read_movement, unread)

    def find_ledger_end(self, now: datetime) -> str:
        """Return the highest id, by halving, as the list goes by rising id and has no other end.

        Takes some sixty requests once, however long the ledger is.
        """
        del now
        high = step = 1
        low = self._first_id_after(0)
        if low is None:
            return "0"
        while (found := self._first_id_after(low + step)) is not None:
            low, step = found, step * 2
        high = low + step
        while low < high:  # an entry has the id `low`, and none a higher one than `high`
            middle = (low + high) // 2
            found = self._first_id_after(middle)
            low, high = (low, middle) if found is None else (found, high)
        return str(low)

    def _first_id_after(self, since_id: int) -> int | None:
        rows = _data(self._get_page(LEDGER, {}, since_id, limit=1))
        if not isinstance(rows, list):
            raise CursorError(f"a page of Rivo's {LEDGER} came without its rows")
        if not rows:
            return None
        try:
            first = read_resource_id(rows[0])
        except BadFieldError as error:
            what = f"{error.field} {error.reason}"
            raise CursorError(f"an entry of Rivo's {LEDGER} leads nowhere: {what}") from None
        if first <= since_id:
            raise CursorError(f"the cursor of Rivo's {LEDGER} does not advance")
        return first

    def iter_shop_ledger(self, cursor: str, settled_before: datetime) -> Iterator[ShopPage]:
        """Yield all entries after an id, by rising id: each page can be gone on from.

        That the ledger goes by Rivo's own ids is inferred from the page about cursors.
        """
        settled, is_settled = cursor, True
        for rows in self._iter_pages(LEDGER, {}, int(cursor)):
            page = read_shop_page(rows, read_shop_entry)
            for entry in page.entries:
                is_settled = is_settled and (entry.created_at_utc or "") < utc_text(settled_before)
                settled = entry.entry_id if is_settled else settled
            yield replace(page, cursor=settled)

    @classmethod
    def is_genuine(cls, body: bytes, headers: Mapping[str, str], account: Account) -> bool:
        """Base64 of HMAC-SHA256 over the raw body, in `rivo-signature`.

        Source: developer-docs.rivo.io, "Verifying webhook signatures".
        """
        return is_signed(body, headers.get("rivo-signature", ""), account)

    @classmethod
    def changed_members(cls, body: bytes, account: Account) -> list[str]:
        """A profile's body is the customer; those of points and tiers hold it in `customer`."""
        del account  # Rivo writes its bodies itself
        event = json_of(body)
        if not isinstance(event, Mapping):
            return []
        customer = event.get("customer")
        # A list as id is that of something else than a customer.
        return ids_of([(customer if isinstance(customer, Mapping) else event).get("id")])

    def _iter_pages(
        self, path: str, filters: Mapping[str, str], since_id: int = 0
    ) -> Iterator[list[Any]]:
        """Yield each page's rows."""
        while True:
            body = self._get_page(path, filters, since_id, limit=PAGE_SIZE)
            rows = _data(body)
            if not isinstance(rows, list):
                raise CursorError(f"a page of Rivo's {path} came without its rows")
            next_id = _next_since(path, body, rows, since_id)
            yield rows
            if next_id is None:
                return
            since_id = next_id

    def _get_page(self, path: str, filters: Mapping[str, str], since_id: int, *, limit: int) -> Any:
        # `pagination[per_page]` beside these would switch to pages by number, which end at 500.
        query = {**filters, "pagination[since_id]": since_id, "pagination[limit]": limit}
        return self._transport.get_json(path, query)


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


def read_member(row: Any, money_digits: int = 2) -> Member:
    """Read one `customer` resource, money to so many decimals; raises BadFieldError.

    The id is the Shopify customer's. A card key that Rivo does not tell is left out.
    """
    member_id, fields = read_resource(row)
    tier = read_object(fields, "vip_tier")
    email = read_text(fields, "email")
    card = {
        **_read_balances(fields, money_digits),
        "name": full_name(read_text(fields, "first_name"), read_text(fields, "last_name")),
        "tier": read_text(tier, "name"),
        "next_tier": read_text(read_object(fields, "next_vip_tier"), "name"),
        "referral_url": read_text(fields, "referral_url"),
        "referral_code": read_text(fields, "referral_code"),
        "points_expire_on": find_date(read_text(fields, "points_expire_at")),
        "birthday": read_birthday(read_text(fields, "dob")),
        "profile_url": with_member(PROFILE_URL, member_id),
    }
    return Member(
        member_id=member_id,
        email=email,
        status=_read_status(fields),
        card=known(card),
        external_id=member_id,
        tier_rank=rank_of(tier, "threshold"),
        cleared=cleared(fields, TOLD_AT, {"email": email, **card}),
    )


def _read_status(fields: Mapping[str, Any]) -> MemberStatus:
    spelling = read_text(fields, "loyalty_status")
    if spelling is None:
        raise BadFieldError("loyalty_status", "is missing")
    status = STATUS_BY_SPELLING.get(spelling.lower())
    if status is None:
        raise BadFieldError("loyalty_status", "is not a status that we know")
    return status


def _read_balances(fields: Mapping[str, Any], money_digits: int) -> dict[str, Any]:
    """Both balances. Credits stay decimal text: money must not pass through float."""
    name = next((name for name in POINTS_NAMES if fields.get(name) is not None), POINTS_NAMES[0])
    return {
        "points_balance": read_points(fields, name),
        "credits_balance": read_money(fields, "credits_tally", money_digits),
    }
