"""TRIFFT: members of a loyalty programme, by its REST API.

Source: docs.trifft.io and docs.trifftloyalty.com, in the parts that could be read. Confirmed are
the login, the rate limit, the shape of errors, cents, `params`, the fields of a transaction in
their order and the bodies of webhooks, which merchants write. Every path and name is a guess, and
in the table of `trifft_guesses`. An account without a list of members has `path.members` null.
"""

from __future__ import annotations

import logging
import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from requests.auth import AuthBase

from loyalty_desk.card.cards import known
from loyalty_desk.card.dates import read_birthday
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import ApiError, ApiUnavailableError, CursorError, NotFoundError
from loyalty_desk.http.reading import BadFieldError, clean
from loyalty_desk.http.transport import Transport
from loyalty_desk.platforms.auth import KeyAuth, is_any, webhook_secrets
from loyalty_desk.platforms.base import (
    Account,
    AwardOrder,
    Capabilities,
    LedgerEntry,
    MemberPage,
    Pace,
    Platform,
    Sample,
    SharedAddressError,
)
from loyalty_desk.platforms.guesses import fill_path, pick, resolve, stands
from loyalty_desk.platforms.places import Places
from loyalty_desk.platforms.reading import (
    full_name,
    json_of,
    rank_of,
    read_entries,
    read_movements,
    read_rows,
)
from loyalty_desk.platforms.trifft_guesses import CARD_KEYS, GUESSES, TOLD_AT
from loyalty_desk.platforms.trifft_movements import read_movement
from loyalty_desk.records import Member, MemberStatus, Movement

log = logging.getLogger(__name__)

IDENTIFIER: Final = re.compile(r"[\w.:-]{1,64}", re.ASCII)
KEY_LIVES: Final = timedelta(days=3 * 365)
KEY_WARNING: Final = timedelta(days=60)


class TrifftPlatform(Platform):
    """One account. Points are TRIFFT's own and never cents."""

    name = "trifft"
    title = "TRIFFT"
    base_url = "https://api.trifft.io/v1"
    # 50 in 10 seconds; one more, and everybody is refused for a minute.
    pace = Pace(requests_per_s=4, burst=8, is_shared=True, penalty_s=60)
    guesses = GUESSES

    def __init__(self, transport: Transport, account: Account) -> None:
        super().__init__(transport, account)
        self._key_ends_on = key_end(account.options)

    @staticmethod
    def auth(key: str) -> AuthBase:
        """A token of the Content Cockpit; awards need one that may write."""
        return KeyAuth(key, "Bearer")

    @classmethod
    def capabilities_of(cls, options: Mapping[str, Any]) -> Capabilities:
        """What the table says of this account."""
        answers = resolve(GUESSES, options)
        key_end(options)
        keys = {key for key, guess in CARD_KEYS.items() if answers[guess] is not None}
        return Capabilities(
            card_keys=frozenset(keys),
            lists_members=answers["path.members"] is not None,
            lists_changes=answers["updated.parameter"] is not None,
            reads_ledger=answers["path.transactions"] is not None,
            ledger_is_documented=False,
            tells_movements=None not in (answers["path.transactions"], answers["entry.points"]),
            tells_orders=answers["entry.order"] is not None,
            knows_markers=True,
            sends_webhooks=bool(options.get("webhook_secret")),
        )

    def check(self) -> None:
        """Make one cheap read; raises BadConnectionError when the key is wrong."""
        self._warn_of_key()
        path = self._answers["path.members"]
        if path is not None:
            self._get_page(path, {}, self._answers["page.first"], 1)
            return
        self.find_member("nobody@example.invalid")

    def iter_member_pages(self, changed_since: datetime | None = None) -> Iterator[MemberPage]:
        """Yield members page by page, until one is empty: a page may be smaller than asked for."""
        query = {}
        if changed_since is not None:
            query[self._answers["updated.parameter"]] = utc_text(changed_since)
        path = self._answers["path.members"]
        id_place = self._answers["member.id"]
        for rows in self._iter_pages(path, query, id_place):
            yield read_rows(rows, self._read_member, lambda row: pick(row, id_place))

    def find_member(self, identifier: str) -> Member | None:
        """Return the member with this id or address."""
        if "@" in identifier:
            template, name = self._answers["path.member_by_email"], "email"
        elif IDENTIFIER.fullmatch(identifier):
            template, name = self._answers["path.member"], "member_id"
        else:  # messages mask no other text that is part of a path
            return None
        path, query = fill_path(template, **{name: identifier})
        try:
            row = self._data(self._transport.get_json(path, query), "GET", path)
        except NotFoundError:
            return None
        if isinstance(row, list):  # a search in place of a read
            if len(row) > 1:
                ids = (pick(one, self._answers["member.id"]) for one in row)
                raise SharedAddressError(str(one) for one in ids if one)
            row = row[0] if row else None
        return None if row is None else self._read_member(row)

    def award(self, order: AwardOrder) -> str | None:
        """Book points by a transaction of nothing with forced points, under our own id.

        What TRIFFT does with an id that it knows is not documented, so the ledger decides.
        """
        values = {
            "own_id": order.marker,
            "type": self._answers["value.type"],
            "time": int(time.time()),
            "member_id_type": self._answers["value.member_id_type"],
            "member_id": order.member_id,
            "amount": 0,
            "currency": self._answers["value.currency"],
            "points": int(order.amount),
            "venue_id_type": self._answers["value.venue_id_type"],
            "venue_id": self._answers["value.venue_id"],
            "note": order.message,
        }
        body = {self._answers[f"transaction.{name}"]: value for name, value in values.items()}
        path = self._answers["path.transaction"]
        answer = self._transport.send("POST", path, json={**body, "params": {}}, retry=False)
        try:
            entry = self._read_entry(self._data(answer.body, "POST", path))
        except (BadFieldError, CursorError):
            return None
        return entry.entry_id if entry.marker_text == order.marker else None

    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Iterator[LedgerEntry]:
        """Yield a member's transactions."""
        del since
        path, query = fill_path(self._answers["path.transactions"], member_id=member_id)
        pages = self._iter_pages(path, query, self._answers["entry.id"])
        return read_entries(self.title, path, pages, self._read_entry)

    def iter_movements(
        self, member_id: str, external_id: str | None, unread: list[str]
    ) -> Iterator[Movement]:
        """Yield a member's transactions, in whatever order TRIFFT lists them."""
        del external_id
        path, query = fill_path(self._answers["path.transactions"], member_id=member_id)
        pages = self._iter_pages(path, query, self._answers["entry.id"])
        return read_movements(
            self.title, member_id, pages, lambda row: read_movement(row, self._answers), unread
        )

    @classmethod
    def is_genuine(cls, body: bytes, headers: Mapping[str, str], account: Account) -> bool:
        """TRIFFT signs nothing: a header or a basic login, as set up beside the webhook, tells."""
        del body
        login, secrets = account.options.get("webhook_login"), webhook_secrets(account)
        if login:
            logins = (f"{login}:{secret}".encode() for secret in secrets)
            wanted = ["Basic " + b64encode(one).decode() for one in logins]
            return is_any(headers.get("authorization", ""), wanted)
        header = resolve(GUESSES, account.options)["webhook.header"]
        return is_any(headers.get(header, ""), secrets)

    @classmethod
    def changed_members(cls, body: bytes, account: Account) -> list[str]:
        """The member's id, where the merchant's own template puts it."""
        event = json_of(body)
        place = resolve(GUESSES, account.options)["webhook.member_id"]
        found = pick(event, place)
        if isinstance(found, int) and not isinstance(found, bool):
            found = str(found)
        if not isinstance(found, str) or "@" in found or not 0 < len(found) <= 64:
            return []
        return [found] if found.isprintable() and found == clean(found) else []

    def iter_samples(self, identifier: str | None = None) -> Iterator[Sample]:
        """Ask for the list, one member by id and by address, and that member's transactions."""
        answers, transport = self._answers, self._transport
        data, member_id, email = answers["answer.data"], identifier, None
        if identifier is not None and "@" in identifier:
            member_id, email = None, identifier
        if answers["path.members"] is not None:
            query = {
                answers["page.parameter"]: answers["page.first"],
                answers["page.size_parameter"]: answers["page.size"],
            }
            tried = tuple(key for key in GUESSES if key.startswith("page."))
            listed = Sample.of(
                "the list of members",
                ("path.members", *tried),
                lambda: transport.get_json(answers["path.members"], query),
            )
            yield listed
            if listed.failure is None and data is not None:
                yield replace(listed, what="the answer", tried=("answer.data",), an_object=True)
            first = listed.inside("a member of the list", data, GUESSES, "member")
            member_id = member_id or _text_of(pick(first.answer, answers["member.id"]))
            email = email or _text_of(pick(first.answer, answers["member.email"]))
        yield from self._member_samples(member_id, email)

    def _member_samples(self, member_id: str | None, email: str | None) -> Iterator[Sample]:
        data = self._answers["answer.data"]
        for key, name, value in (
            ("path.member_by_email", "email", email),
            ("path.member", "member_id", member_id),
            ("path.transactions", "member_id", member_id),
        ):
            if value is None or self._answers[key] is None:
                continue
            path, query = fill_path(self._answers[key], **{name: value})
            found = Sample.of(
                GUESSES[key].about.partition(";")[0],
                (key,),
                lambda path=path, query=query: self._transport.get_json(path, query),  # type: ignore[misc]
            )
            yield found
            if key == "path.transactions":
                yield found.inside("transaction", data, GUESSES, "entry")
                continue
            member = found.inside("member", data, GUESSES, "member")
            member_id = member_id or _text_of(pick(member.answer, self._answers["member.id"]))
            if key == "path.member":
                yield member
                for part in ("segment", "coupon"):
                    place = self._answers[f"member.{part}s"]
                    yield member.inside(f"a {part} of the member", place, GUESSES, part)

    def _iter_pages(
        self, path: str, query: Mapping[str, str], id_place: str
    ) -> Iterator[list[Any]]:
        number, size = self._answers["page.first"], self._answers["page.size"]
        seen: set[str | None] = set()
        while True:
            rows = self._get_page(path, query, number, size)
            if not rows:
                return
            ids = {_text_of(pick(row, id_place)) for row in rows}
            if ids <= seen:
                raise CursorError(f"the pages of TRIFFT's {path} do not go on")
            seen |= ids
            yield rows
            number += 1

    def _get_page(self, path: str, query: Mapping[str, str], number: int, size: int) -> list[Any]:
        asked = {
            **query,
            self._answers["page.parameter"]: number,
            self._answers["page.size_parameter"]: size,
        }
        rows = self._data(self._transport.get_json(path, asked), "GET", path)
        if not isinstance(rows, list):
            raise CursorError(f"a page of TRIFFT's {path} came without its rows")
        return rows

    def _data(self, body: Any, method: str, path: str) -> Any:
        """What an answer is about. An answer of 200 may still say that there was no success."""
        if isinstance(body, Mapping) and body.get("success") is False:
            status = pick(body, "error.code")
            status = status if isinstance(status, int) and 400 <= status < 600 else 400
            shown = self._answers["path.member_by_email"] if "@" in path or "%40" in path else path
            if status == 404:
                raise NotFoundError(self.title, method, shown, status)
            if status == 429 or status >= 500:
                raise ApiUnavailableError(f"TRIFFT answered {status} to {method} {shown}")
            raise ApiError(self.title, method, shown, status)
        place = self._answers["answer.data"]
        if place is None:
            return body
        if not isinstance(body, Mapping):
            raise CursorError(f"TRIFFT's answer to {method} {path.partition('?')[0]} is no object")
        return pick(body, place)

    def _read_member(self, row: Any) -> Member:
        """Read one member; raises BadFieldError, which names the place as the table has it."""
        at = Places(row, self._answers)
        member_id = at.text_or_number("member.id")
        if member_id is None or "@" in member_id:
            raise BadFieldError(self._answers["member.id"], "is no id")
        tier = at.text("member.tier")
        threshold = at.value("member.tier_threshold")
        named = {
            "email": at.text("member.email"),
            "external_id": at.text_or_number("member.shop_id"),
        }
        card = {
            "points_balance": at.points("member.points"),
            "points_pending": at.points("member.points_pending"),
            "name": full_name(at.text("member.first_name"), at.text("member.last_name")),
            "tier": tier,
            "support_id": at.text_or_number("member.support_id"),
            "referral_code": at.text_or_number("member.referral_code"),
            "referral_url": at.text("member.referral_url"),
            "birthday": read_birthday(at.text("member.birthday")),
            "segments": at.names("member.segments", "segment.name"),
            "coupons": at.coupons(),
            "favorite_location": at.text("member.favorite_location"),
            "profile_url": self._profile_url(member_id),
        }
        return Member(
            **named,
            member_id=member_id,
            status=self._status(at.text("member.status")),
            card=known(card),
            tier_rank=rank_of({"threshold": threshold} if tier else {}, "threshold"),
            cleared=at.cleared(TOLD_AT, {**named, **card}),
        )

    def _status(self, word: str | None) -> MemberStatus:
        words = {
            self._answers["word.guest"]: MemberStatus.GUEST,
            self._answers["word.excluded"]: MemberStatus.EXCLUDED,
        }
        return words.get(word, MemberStatus.MEMBER) if word else MemberStatus.MEMBER

    def _read_entry(self, row: Any) -> LedgerEntry:
        at = Places(row, self._answers)
        entry_id = at.text_or_number("entry.id")
        if entry_id is None:
            raise BadFieldError(self._answers["entry.id"], "is missing")
        if not stands(row, self._answers["entry.own_id"]):
            raise BadFieldError(self._answers["entry.own_id"], "is missing")
        state = at.value("entry.state")
        return LedgerEntry(
            entry_id=entry_id,
            marker_text=at.text_or_number("entry.own_id"),
            is_revoked=bool(at.value("entry.cancelled")),
            is_pending=state is not None and state == self._answers["word.pending"],
        )

    def _warn_of_key(self) -> None:
        if self._key_ends_on is None:
            return
        left = self._key_ends_on - datetime.now(UTC).date()
        if left <= KEY_WARNING:
            log.warning(
                "the token of Airflow connection %r ends on %s, three years after it was made:"
                " make a new one and correct key_created_on in the extra",
                self._transport.conn_id,
                self._key_ends_on,
            )


def _text_of(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def key_end(options: Mapping[str, Any]) -> date | None:
    """The last day of the token, three years after `key_created_on` in the extra; None untold.

    Raises:
        BadFieldError: it is no date.
    """
    told = options.get("key_created_on")
    if not told:
        return None
    try:
        return date.fromisoformat(str(told)) + KEY_LIVES
    except ValueError:
        raise BadFieldError("key_created_on", "must be a day such as 2026-01-31") from None
