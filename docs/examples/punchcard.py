"""A worked example of a platform: "Punchcard", a made-up loyalty system with a small REST API.

docs/adding-a-platform.md goes through it; tests/unit/platforms/test_example.py runs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from loyalty_desk.card.cards import known
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import CursorError, NotFoundError
from loyalty_desk.http.reading import read_id, read_points, read_text
from loyalty_desk.platforms import base, reading
from loyalty_desk.platforms.auth import KeyAuth, is_signed
from loyalty_desk.platforms.guesses import pick
from loyalty_desk.records import Member, MemberStatus

MEMBERS, BOOKINGS = "/members", "/bookings"
PROFILE_URL = "https://punchcard.example/members/{member_id}"


class PunchcardPlatform(base.Platform):
    """One account; its key selects it."""

    name = "punchcard"
    title = "Punchcard"
    base_url = "https://api.punchcard.example/v1"
    pace = base.Pace(requests_per_s=5)
    member_page = PROFILE_URL

    @staticmethod
    def auth(key: str) -> AuthBase:
        """A bearer token."""
        return KeyAuth(key, "Bearer")

    @classmethod
    def capabilities_of(cls, options: Mapping[str, Any]) -> base.Capabilities:
        """Everything, and webhooks where a secret is set."""
        return base.Capabilities(
            card_keys=frozenset({"points_balance", "name", "profile_url"}),
            lists_changes=True,
            sends_webhooks=bool(options.get("webhook_secret")),
        )

    def check(self) -> None:
        """Make one cheap read."""
        self._transport.get_json(MEMBERS, {"limit": 1})

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[base.MemberPage]:
        """Yield members by rising id."""
        query = {"changed_since": utc_text(changed_since)} if changed_since else {}
        for page in self._iter_pages(MEMBERS, "members", query):
            yield reading.read_rows(page, read_member)

    def find_member(self, identifier: str) -> Member | None:
        """Return the member with this id or address."""
        if "@" in identifier:
            pages = self._iter_pages(MEMBERS, "members", {"email": identifier})
            return reading.only_with_address(pages, identifier, read_member)
        if not (identifier.isascii() and identifier.isdecimal()):
            return None
        try:
            return read_member(self._transport.get_json(f"{MEMBERS}/{quote(identifier)}"))
        except NotFoundError:
            return None

    def award(self, order: base.AwardOrder) -> str | None:
        """Book points, once: `retry=False` leaves a lost answer to the ledger."""
        body = {
            "member_id": int(order.member_id),
            "points": int(order.amount),
            "staff_note": order.note_with_marker,
            "message": order.message,
        }
        answer = self._transport.send("POST", BOOKINGS, json=body, retry=False)
        return reading.booked_id(answer.body, order.marker, read_entry)

    def iter_ledger(
        self, member_id: str, since: datetime | None = None
    ) -> Iterator[base.LedgerEntry]:
        """Yield a member's bookings."""
        query = {"member_id": member_id} | ({"since": utc_text(since)} if since else {})
        pages = self._iter_pages(BOOKINGS, "bookings", query)
        return reading.read_entries(self.title, BOOKINGS, pages, read_entry)

    @classmethod
    def is_genuine(cls, body: bytes, headers: Mapping[str, str], account: base.Account) -> bool:
        """HMAC-SHA256 over the body, in hex."""
        given = headers.get("x-punchcard-signature", "")
        return is_signed(body, given, account, "hex")

    @classmethod
    def changed_members(cls, body: bytes, account: base.Account) -> list[str]:
        """Every webhook says `{"member_id": ...}`."""
        del account
        return base.ids_of([pick(reading.json_of(body), "member_id")])

    def _iter_pages(self, path: str, name: str, query: Mapping[str, str]) -> Iterator[list[Any]]:
        after = 0
        while True:
            body = self._transport.get_json(path, {**query, "after": after})
            page = reading.rows_of(self.title, path, body, name)
            yield page
            if not page:
                return
            last = pick(page[-1], "id")
            if not isinstance(last, int) or last <= after:
                raise CursorError(f"the pages of {self.title}'s {path} do not go on")
            after = last


def read_member(row: Any) -> Member:
    """Read one member; raises BadFieldError."""
    row = reading.as_object(row)
    member_id = str(read_id(row))
    card = {"points_balance": read_points(row, "points"), "name": read_text(row, "name")}
    link = PROFILE_URL.format(member_id=member_id)
    return Member(
        member_id=member_id,
        email=read_text(row, "email"),
        status=MemberStatus.MEMBER,
        card=known({**card, "profile_url": link}),
    )


def read_entry(row: Any) -> base.LedgerEntry:
    """Read one booking; raises BadFieldError."""
    row = reading.as_object(row)
    return base.LedgerEntry(entry_id=str(read_id(row)), marker_text=read_text(row, "staff_note"))
