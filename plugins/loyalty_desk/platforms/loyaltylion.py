"""LoyaltyLion: customers of a loyalty programme, by the Admin API v2.

Source: developers.loyaltylion.com, in the parts that could be read. What they do not settle is in
the table of guesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from requests.auth import AuthBase

from loyalty_desk.card.cards import known
from loyalty_desk.card.dates import read_birthday
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import ApiError
from loyalty_desk.http.reading import (
    BadFieldError,
    read_id,
    read_points,
    read_text,
    read_text_or_number,
)
from loyalty_desk.platforms.auth import KeyAuth, is_signed
from loyalty_desk.platforms.base import (
    Account,
    AwardOrder,
    Capabilities,
    LedgerEntry,
    MemberPage,
    NotTheirLedgerError,
    Pace,
    Platform,
    Sample,
    ShopPage,
    ids_of,
)
from loyalty_desk.platforms.guesses import Guess, fill_path, pick, resolve
from loyalty_desk.platforms.loyaltylion_ledger import (
    LEDGER_KIND_BY_RESOURCE,
    read_entry,
    read_movement,
    read_shop_entry,
)
from loyalty_desk.platforms.reading import (
    CursorList,
    as_object,
    cleared,
    find_utc,
    full_name,
    json_of,
    only_with_address,
    rank_of,
    read_entries,
    read_movements,
    read_object,
    read_rows,
    read_shop_ledger,
    rows_of,
)
from loyalty_desk.records import Member, MemberStatus, Movement

CUSTOMERS: Final = "/v2/customers"
TRANSACTIONS: Final = "/v2/transactions"
PAGE_SIZE: Final = 500
"""The most that LoyaltyLion gives at once."""
CARD_KEYS: Final = frozenset(
    {
        *("points_balance", "points_pending", "name", "tier", "referral_url", "referral_code"),
        *("birthday", "segments"),
    }
)

TOLD_AT: Final = {
    "email": ("email",),
    "external_id": ("merchant_id",),
    "points_balance": ("points_approved",),
    "points_pending": ("points_pending",),
    "name": ("properties.first_name", "properties.last_name", "properties.name"),
    "tier": ("loyalty_tier_membership.loyalty_tier.name",),
    "referral_url": ("referral_url",),
    "referral_code": ("referral_id",),
    "birthday": ("birthday",),
    "segments": ("insights_segment",),
}
"""Where a customer's row tells each field; null or empty there says that there is none."""

GUESSES: Final[Mapping[str, Guess]] = {
    "updated.parameter": Guess(
        value="updated_at_min",
        about="the query parameter that cuts the list to what changed; null: full reads only",
    ),
    "path.transactions": Guess(
        value="/v2/customers/{merchant_id}/transactions",
        about="a customer's bookings; null: a booking whose answer was lost is for a person",
        fills=("merchant_id",),
    ),
    "answer.transactions": Guess(
        value="transactions", about="where that answer holds its rows", may_be_null=False
    ),
    "transaction.id": Guess(value="id", about="a booking's id", may_be_null=False),
    "transaction.reason": Guess(
        value="adjustment.note",
        about="the reason that a booking by hand was given; bookings of other kinds have none",
        may_be_null=False,
    ),
    "transaction.pending": Guess(
        value="points_pending",
        about="the points of a booking that still wait; null: none ever does",
    ),
    "transaction.order_id": Guess(
        value="activity.order.merchant_id",
        about="the shop's id of the order that a booking is for; null: it is not told",
    ),
    "transaction.order_number": Guess(
        value="activity.order.merchant_number",
        about="that order's number, as shoppers know it; null: it is not told",
    ),
    "mark_in_reason": Guess(
        value=True,
        about="whether a booking's reason, which the shopper sees, ends with a short reference by"
        " which the booking is found again",
        may_be_null=False,
    ),
    "webhook.header": Guess(
        value="x-loyaltylion-hmac-sha256",
        about="the header with a webhook's signature: HMAC-SHA256 over the body",
        may_be_null=False,
        dotted=False,
    ),
    "webhook.encoding": Guess(
        value="base64", about="how it is written", choices=("base64", "hex"), may_be_null=False
    ),
    "profile_url": Guess(
        value=None,
        about="where a person opens a customer in LoyaltyLion, with {member_id} in it",
        fills=("member_id",),
    ),
}


class LoyaltyLionPlatform(Platform):
    """One shop's programme. Members go by LoyaltyLion's id; `merchant_id` is the shop's."""

    name = "loyaltylion"
    title = "LoyaltyLion"
    base_url = "https://api.loyaltylion.com"
    pace = Pace(requests_per_s=16)  # of 20 that LoyaltyLion allows
    newest_first = True
    guesses = GUESSES

    @staticmethod
    def auth(key: str) -> AuthBase:
        """A personal access token, `pat_...`. Basic login ends in January 2027."""
        return KeyAuth(key, "Bearer")

    @classmethod
    def capabilities_of(cls, options: Mapping[str, Any]) -> Capabilities:
        """Lists what changed; finds a booking only where the reason carries its marker."""
        answers = resolve(GUESSES, options)
        has_link = answers["profile_url"] is not None
        return Capabilities(
            card_keys=CARD_KEYS | ({"profile_url"} if has_link else frozenset()),
            lists_changes=answers["updated.parameter"] is not None,
            reads_ledger=answers["path.transactions"] is not None and answers["mark_in_reason"],
            ledger_is_documented=False,
            tells_movements=answers["path.transactions"] is not None,
            tells_orders=any(answers[f"transaction.order_{name}"] for name in ("id", "number")),
            ledger_kinds=frozenset(LEDGER_KIND_BY_RESOURCE.values()),
            sends_webhooks=bool(options.get("webhook_secret")),
        )

    def check(self) -> None:
        """Make one cheap read; raises BadConnectionError when the key is wrong."""
        self._transport.get_json(CUSTOMERS, {"limit": 1})

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        """Yield customers by rising id, or those that changed by the time of the change."""
        query: dict[str, Any] = {"sort_field": "id", "sort_direction": "asc"}
        if changed_since is not None:
            query["sort_field"] = "updated_at"
            query[self._answers["updated.parameter"]] = utc_text(changed_since)
        for rows in self._iter_pages(CUSTOMERS, "customers", query):
            yield read_rows(rows, self._read_member)

    def find_member(self, identifier: str) -> Member | None:
        """Return the customer with this id or address.

        There is no route for one customer, so an id is the first one after the id before. The
        filter by address finds every address that contains it.
        """
        if "@" in identifier:
            pages = self._iter_pages(CUSTOMERS, "customers", {"email": identifier})
            return only_with_address(pages, identifier, self._read_member)
        if not (identifier.isascii() and identifier.isdecimal()):
            return None
        query = {
            "since_id": int(identifier) - 1,
            "sort_field": "id",
            "sort_direction": "asc",
            "limit": 1,
        }
        rows = rows_of(
            self.title, CUSTOMERS, self._transport.get_json(CUSTOMERS, query), "customers"
        )
        if not rows or not isinstance(rows[0], Mapping) or rows[0].get("id") != int(identifier):
            return None
        return self._read_member(rows[0])

    def award(self, order: AwardOrder) -> str | None:
        """Book points: two routes, and positive numbers on both.

        A success has no content, so its status alone says that it is booked; the entry is named by
        its marker.
        """
        if not order.external_id:
            raise ApiError(self.title, "POST", CUSTOMERS, 404, "the member has no merchant_id")
        is_added = order.amount > 0
        path = f"{CUSTOMERS}/{quote(order.external_id, safe='')}"
        reason = order.message
        if self._answers["mark_in_reason"]:
            reason = " ".join(part for part in (order.message, f"[{order.marker}]") if part)
        answer = self._transport.send(
            "POST",
            f"{path}/points" if is_added else f"{path}/remove_points",
            json={"points": abs(int(order.amount)), "reason": reason},
            retry=False,
        )
        as_documented = answer.status == (201 if is_added else 204) and not answer.body
        return order.marker if as_documented else None

    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Iterator[LedgerEntry]:
        """Yield a customer's bookings. That the reason is an adjustment's note is a guess."""
        del since
        member = self.find_member(member_id)
        if member is None or member.external_id is None:
            raise NotTheirLedgerError(f"{self.title} names no customer whose bookings to read")
        path, query = fill_path(self._answers["path.transactions"], merchant_id=member.external_id)
        pages = self._iter_pages(path, self._answers["answer.transactions"], query)
        yield from read_entries(self.title, path, pages, lambda row: read_entry(row, self._answers))

    def iter_movements(
        self, member_id: str, external_id: str | None, unread: list[str]
    ) -> Iterator[Movement]:
        """Yield a customer's bookings, the newest first; by the shop's id, if it is known."""
        if external_id is None:
            member = self.find_member(member_id)
            external_id = member.external_id if member else None
        if external_id is None:
            raise NotTheirLedgerError(f"{self.title} names no customer whose bookings to read")
        path, query = fill_path(self._answers["path.transactions"], merchant_id=external_id)
        pages = self._iter_pages(path, self._answers["answer.transactions"], query)
        return read_movements(
            self.title, member_id, pages, lambda row: read_movement(row, self._answers), unread
        )

    def find_ledger_end(self, now: datetime) -> str:
        """A time is the cursor, as the list can be cut to what was created since then."""
        return utc_text(now)

    def iter_shop_ledger(self, cursor: str, settled_before: datetime) -> Iterator[ShopPage]:
        """Yield the bookings of the site since a time. In which order is not documented."""
        query = {"created_at_min": cursor}
        pages = self._iter_pages(TRANSACTIONS, self._answers["answer.transactions"], query)
        return read_shop_ledger(
            pages, lambda row: read_shop_entry(row, self._answers), cursor, settled_before
        )

    @classmethod
    def is_genuine(cls, body: bytes, headers: Mapping[str, str], account: Account) -> bool:
        """HMAC-SHA256 over the raw body, in base64, as documented."""
        answers = resolve(GUESSES, account.options)
        given = headers.get(answers["webhook.header"], "")
        return is_signed(body, given, account, answers["webhook.encoding"])

    @classmethod
    def changed_members(cls, body: bytes, account: Account) -> list[str]:
        """The customer is in `payload`, says the introduction, or at top level, says a sample."""
        del account
        event = json_of(body)
        places = ("payload.customer.id", "customer.id")
        return ids_of(pick(event, place) for place in places)[:1]

    def iter_samples(self, identifier: str | None = None) -> Iterator[Sample]:
        """Ask for what changed, and for the bookings of one customer."""
        parameter, path = self._answers["updated.parameter"], self._answers["path.transactions"]
        query: dict[str, Any] = {"limit": 1}
        if parameter is not None:
            query[parameter] = "2000-01-01T00:00:00Z"
        yield (
            customers := Sample.of(
                "customers that changed",
                ("updated.parameter",) if parameter else (),
                lambda: self._transport.get_json(CUSTOMERS, query),
            )
        )
        shop_id = pick(customers.answer, "customers.0.merchant_id")
        if identifier is not None:
            found = self.find_member(identifier)
            shop_id = found.external_id if found else None
        if path is not None and shop_id is not None:
            filled, more = fill_path(path, merchant_id=str(shop_id))
            yield (
                listed := Sample.of(
                    "bookings of a customer",
                    ("path.transactions",),
                    lambda: self._transport.get_json(filled, more),
                )
            )
            if listed.failure is None:
                yield replace(
                    listed, what="the answer", tried=("answer.transactions",), an_object=True
                )
            yield listed.inside(
                "one booking", self._answers["answer.transactions"], GUESSES, "transaction"
            )

    def _iter_pages(self, path: str, name: str, query: Mapping[str, Any]) -> Iterator[list[Any]]:
        def asked(cursor: str | None) -> dict[str, Any]:
            # A cursor holds the filters, and whatever else stands beside it is ignored.
            return {**(query if cursor is None else {"cursor": cursor}), "limit": PAGE_SIZE}

        return CursorList(self._transport, path, name, "cursor", "next", asked).pages()

    def _read_member(self, row: Any) -> Member:
        """Read one customer; raises BadFieldError."""
        row = as_object(row)
        member_id = str(read_id(row))
        properties = read_object(row, "properties")
        tier = read_object(read_object(row, "loyalty_tier_membership"), "loyalty_tier")
        segment = read_text(row, "insights_segment")
        none_or_unknown: list[str] | None = [] if "insights_segment" in row else None
        name = full_name(read_text(properties, "first_name"), read_text(properties, "last_name"))
        named = {
            "email": read_text(row, "email"),
            "external_id": read_text_or_number(row, "merchant_id"),
        }
        card = {
            "points_balance": read_points(row, "points_approved"),
            "points_pending": read_points(row, "points_pending"),
            "name": name or read_text(properties, "name"),
            "tier": read_text(tier, "name"),
            "referral_url": read_text(row, "referral_url"),
            "referral_code": read_text(row, "referral_id"),
            "birthday": read_birthday(read_text(row, "birthday")),
            "segments": [segment] if segment else none_or_unknown,
            "profile_url": self._profile_url(member_id),
        }
        return Member(
            **named,
            member_id=member_id,
            status=_read_status(row),
            card=known(card),
            tier_rank=rank_of(tier, "number"),
            joined_at_utc=find_utc(read_text(row, "enrolled_at")) if row.get("enrolled") else None,
            cleared=cleared(row, TOLD_AT, {**named, **card}),
        )


def _read_status(row: Mapping[str, Any]) -> MemberStatus:
    """There is no status: blocked is excluded, and who has not enrolled is a guest."""
    for flag in ("blocked", "enrolled"):
        if not isinstance(row.get(flag), bool):
            raise BadFieldError(flag, "is not true or false")
    if row["blocked"]:
        return MemberStatus.EXCLUDED
    return MemberStatus.MEMBER if row["enrolled"] else MemberStatus.GUEST
