"""Smile.io: customers of a loyalty programme, by the REST API of the Plus and Enterprise plans.

Source: Smile's published OpenAPI document and dev.smile.io. Webhooks are not documented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from time import monotonic
from typing import Any, Final

from requests.auth import AuthBase

from loyalty_desk.card.cards import known
from loyalty_desk.card.dates import read_birthday
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import NotFoundError
from loyalty_desk.http.reading import BadFieldError, read_id, read_points, read_text
from loyalty_desk.http.transport import Transport
from loyalty_desk.platforms.auth import KeyAuth
from loyalty_desk.platforms.base import (
    Account,
    AwardOrder,
    Capabilities,
    LedgerEntry,
    MemberPage,
    Pace,
    Platform,
    Sample,
    ShopEntry,
    ShopPage,
)
from loyalty_desk.platforms.guesses import Guess, resolve
from loyalty_desk.platforms.reading import (
    CursorList,
    as_object,
    booked_id,
    cleared,
    find_utc,
    full_name,
    only_with_address,
    rank_of,
    read_entries,
    read_movements,
    read_object,
    read_rows,
    read_shop_ledger,
    rows_of,
    untold,
    whose,
)
from loyalty_desk.records import LedgerKind, Member, MemberStatus, Movement, MovementKind

CUSTOMERS, TIERS, LEDGER = "/customers", "/vip_tiers", "/points_transactions"
PAGE_SIZE: Final = 250
"""The most that Smile gives at once."""
STATUSES: Final = {
    "member": MemberStatus.MEMBER,
    "candidate": MemberStatus.GUEST,  # known to the programme, has not joined
    "disabled": MemberStatus.EXCLUDED,
}
TIERS_LAST_S: Final = 600.0
"""How long the list of tiers is good."""
CARD_KEYS: Final = frozenset(
    {"points_balance", "name", "tier", "next_tier", "referral_url", "birthday"}
)

TOLD_AT: Final = {
    "email": ("email",),
    "points_balance": ("points_balance",),
    "name": ("first_name", "last_name"),
    "tier": ("vip_status.vip_tier_id", "vip_tier_id"),
    "next_tier": ("vip_status.next_vip_tier_id",),
    "referral_url": ("referral_url",),
    "birthday": ("date_of_birth",),
}
"""Where a customer's row tells each field; null or empty there says that there is none."""

GUESSES: Final[Mapping[str, Guess]] = {
    "profile_url": Guess(
        value=None,
        about="where a person opens a customer in Smile's admin, with {member_id} in it",
        fills=("member_id",),
    ),
    "updated.parameter": Guess(
        value="updated_at_min",
        about="the query parameter that cuts a list to what changed; null: full reads only",
    ),
}


class SmilePlatform(Platform):
    """One merchant's programme. The key selects the merchant."""

    name = "smile"
    title = "Smile.io"
    base_url = "https://api.smile.io/v1"
    pace = Pace(requests_per_s=8)  # of 10 that Smile allows a token
    newest_first = True
    guesses = GUESSES

    def __init__(self, transport: Transport, account: Account) -> None:
        super().__init__(transport, account)
        self._tiers: dict[Any, Mapping[str, Any]] = {}
        self._tiers_read_s = -TIERS_LAST_S

    @staticmethod
    def auth(key: str) -> AuthBase:
        """A merchant's API key or an app's access token."""
        return KeyAuth(key, "Bearer")

    @classmethod
    def capabilities_of(cls, options: Mapping[str, Any]) -> Capabilities:
        """Lists what changed; sends nothing by itself."""
        answers = resolve(GUESSES, options)
        has_link = answers["profile_url"] is not None
        lists_changes = answers["updated.parameter"] is not None
        kinds = {LedgerKind.ADDED, LedgerKind.TAKEN}
        return Capabilities(
            card_keys=CARD_KEYS | ({"profile_url"} if has_link else frozenset()),
            lists_changes=lists_changes,
            tells_movements=True,
            ledger_kinds=frozenset(kinds if lists_changes else ()),
            sends_webhooks=False,
        )

    def check(self) -> None:
        """Make one cheap read; raises BadConnectionError when the key is wrong."""
        self._transport.get_json(CUSTOMERS, {"limit": 1})

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        """Yield customers, the newest created first, of every state.

        The order is not that of the changes, so only a read to its end is whole.
        """
        query: dict[str, Any] = {"include": "vip_status"}
        if changed_since is not None:
            query[self._answers["updated.parameter"]] = utc_text(changed_since)
        for rows in self._iter_pages(CUSTOMERS, "customers", query):
            yield read_rows(rows, self._read_member)

    def find_member(self, identifier: str) -> Member | None:
        """Return the customer with this id or address; an address need not be unique in Smile."""
        if "@" in identifier:
            query = {"email": identifier, "include": "vip_status"}
            pages = self._iter_pages(CUSTOMERS, "customers", query)
            return only_with_address(pages, identifier, self._read_member)
        if not (identifier.isascii() and identifier.isdecimal()):
            return None
        try:
            path = f"{CUSTOMERS}/{identifier}"
            body = self._transport.get_json(path, {"include": "vip_status"})
        except NotFoundError:
            return None
        return self._read_member(body.get("customer") if isinstance(body, Mapping) else None)

    def award(self, order: AwardOrder) -> str | None:
        """Book points. Smile knows no idempotency key: the marker is in the note for staff."""
        content = {
            "customer_id": int(order.member_id),
            "points_change": int(order.amount),
            "internal_note": order.note_with_marker,
        }
        if order.message:
            content["description"] = order.message
        answer = self._transport.send(
            "POST", LEDGER, json={"points_transaction": content}, retry=False
        )
        row = answer.body.get("points_transaction") if isinstance(answer.body, Mapping) else None
        return booked_id(row, order.marker, read_entry)

    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Iterator[LedgerEntry]:
        """Yield a customer's points transactions, the newest first."""
        query: dict[str, Any] = {"customer_id": member_id}
        if since is not None and self.capabilities.lists_changes:
            query[self._answers["updated.parameter"]] = utc_text(since)
        pages = self._iter_pages(LEDGER, "points_transactions", query)
        return read_entries(self.title, LEDGER, pages, read_entry)

    def iter_movements(
        self, member_id: str, external_id: str | None, unread: list[str]
    ) -> Iterator[Movement]:
        """Yield a customer's points transactions. None of them names an order, or what it is."""
        del external_id
        pages = self._iter_pages(LEDGER, "points_transactions", {"customer_id": member_id})
        return read_movements(self.title, member_id, pages, read_movement, unread)

    def find_ledger_end(self, now: datetime) -> str:
        """A time is the cursor, as the list can be cut to what changed since then."""
        return utc_text(now)

    def iter_shop_ledger(self, cursor: str, settled_before: datetime) -> Iterator[ShopPage]:
        """Yield the points transactions of everybody since a time, the newest first."""
        query = {self._answers["updated.parameter"]: cursor}
        pages = self._iter_pages(LEDGER, "points_transactions", query)
        return read_shop_ledger(pages, read_shop_entry, cursor, settled_before)

    def iter_samples(self, identifier: str | None = None) -> Iterator[Sample]:
        """Ask for one page of what changed."""
        del identifier
        parameter = self._answers["updated.parameter"]
        if parameter is not None:
            yield Sample.of(
                "customers that changed",
                ("updated.parameter",),
                lambda: self._transport.get_json(CUSTOMERS, {parameter: "2000-01-01T00:00:00Z"}),
            )

    def _iter_pages(self, path: str, name: str, query: Mapping[str, Any]) -> Iterator[list[Any]]:
        def asked(cursor: str | None) -> dict[str, Any]:
            # Filters are repeated beside a cursor: whether it keeps them is not documented.
            return {**query, "limit": PAGE_SIZE} | ({"cursor": cursor} if cursor else {})

        return CursorList(self._transport, path, name, "metadata", "next_cursor", asked).pages()

    def _find_tier(self, tier_id: Any) -> Mapping[str, Any]:
        """A tier by its id, which is all that a customer tells; empty for none and unknown ones."""
        if tier_id is None:
            return {}
        now_s = monotonic()
        if tier_id not in self._tiers or now_s > self._tiers_read_s + TIERS_LAST_S:
            rows = rows_of(self.title, TIERS, self._transport.get_json(TIERS), "vip_tiers")
            self._tiers = {tier_id: {}} | {
                row["id"]: row for row in rows if isinstance(row, Mapping) and "id" in row
            }
            self._tiers_read_s = now_s
        return self._tiers[tier_id]

    def _read_member(self, row: Any) -> Member:
        """Read one customer; raises BadFieldError."""
        row = as_object(row)
        member_id = str(read_id(row))
        status = read_object(row, "vip_status")
        tier = self._find_tier(status.get("vip_tier_id", row.get("vip_tier_id")))
        next_tier = self._find_tier(status.get("next_vip_tier_id"))
        email = read_text(row, "email")
        card = {
            "points_balance": read_points(row, "points_balance"),
            "name": full_name(read_text(row, "first_name"), read_text(row, "last_name")),
            "tier": read_text(tier, "name"),
            "next_tier": read_text(next_tier, "name"),
            "referral_url": read_text(row, "referral_url"),
            "birthday": read_birthday(read_text(row, "date_of_birth")),
            "profile_url": self._profile_url(member_id),
        }
        return Member(
            member_id=member_id,
            email=email,
            status=_read_status(row),
            card=known(card),
            tier_rank=rank_of(tier, "milestone"),
            cleared=cleared(row, TOLD_AT, {"email": email, **card}),
        )


def _read_status(row: Mapping[str, Any]) -> MemberStatus:
    status = STATUSES.get(read_text(row, "state") or "")
    if status is None:
        raise BadFieldError("state", "is not a state that we know")
    return status


def read_entry(row: Any) -> LedgerEntry:
    """Read one points transaction; raises BadFieldError."""
    row = as_object(row)
    return LedgerEntry(
        entry_id=str(read_id(row)),
        marker_text=read_text(row, "internal_note"),
        member_id=whose(row.get("customer_id")),
    )


def read_movement(row: Any) -> tuple[Movement, str | None]:
    """Read one points transaction with whose it is; raises BadFieldError."""
    row = as_object(row)
    points = read_points(row, "points_change")
    if points is None:
        raise BadFieldError("points_change", "is missing")
    movement = Movement(
        movement_id=str(read_id(row)),
        kind=MovementKind.OTHER,
        at_utc=find_utc(read_text(row, "created_at")),
        points=points,
        title=read_text(row, "description"),
        staff_note=read_text(row, "internal_note"),
    )
    return movement, whose(row.get("customer_id"))


def read_shop_entry(row: Any) -> ShopEntry:
    """Read one points transaction of anybody; raises BadFieldError. It does not tell what it is."""
    movement, member_id = read_movement(row)
    return ShopEntry(
        entry_id=movement.movement_id,
        kind=untold(movement.points),
        points=movement.points,
        member_id=member_id,
        created_at_utc=movement.at_utc,
        marker_text=movement.staff_note,
    )
