"""Shapes that modules share. Each states its grain; all are frozen.

Balances: points are whole numbers; credits are decimal text, as money must not pass through float.
Unknown is None, never zero and never an empty text.

Never: an import of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class MemberStatus(StrEnum):
    """What the platform says of a member."""

    MEMBER = "member"
    GUEST = "guest"
    """Holds points without having joined."""
    EXCLUDED = "excluded"
    """The merchant took this person out of the programme."""
    ERASED = "erased"
    """Personal data was erased on the platform on request."""


class EmailState(StrEnum):
    VALID = "valid"
    MISSING = "missing"
    INVALID = "invalid"
    ERASED = "erased"
    """It is of a person who was erased, and is not kept."""


class Outcome(StrEnum):
    """Where a customer or a member ends up in a run: matched, or in exactly one class."""

    MATCHED = "matched"
    CUSTOMER_NOT_FOUND = "customer_not_found"
    """A customer with recent tickets and no member."""
    NOT_A_MEMBER = "not_a_member"
    """A customer without recent tickets and no member: normal, counted, not reported."""
    MEMBER_NOT_IN_GORGIAS = "member_not_in_gorgias"
    AMBIGUOUS = "ambiguous"
    NO_EMAIL = "no_email"
    INVALID_EMAIL = "invalid_email"
    MERGED_OR_DELETED = "merged_or_deleted"
    EXCLUDED = "excluded"
    ERASED = "erased"


WITHDRAWN: Final = "withdrawn"
"""Stands for an outcome where a customer is to have no card, whoever it is."""


class Destination(StrEnum):
    CUSTOMER_DATA = "customer_data"
    CUSTOM_FIELDS = "custom_fields"


class CauseKind(StrEnum):
    """What a card was written for."""

    SYNC = "sync"
    AWARD = "award"
    WEBHOOK = "webhook"
    LOOKUP = "lookup"
    DECISION = "decision"
    """A person said who is who."""
    FOUND = "found"
    """A sync found it there, and wrote nothing."""
    DISCONNECT = "disconnect"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a card was written for; `ref` is the run, the award or the ticket, if there is one."""

    kind: CauseKind
    ref: str | None = None


def cause_columns(cause: Cause | None) -> dict[str, str | None]:
    """A cause as staging has it; NULL where it is not told."""
    if cause is None:
        return {"cause": None, "cause_ref": None}
    return {"cause": cause.kind.value, "cause_ref": cause.ref}


class ChangeState(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"


class Unit(StrEnum):
    """What an award is counted in."""

    POINTS = "points"
    CREDITS = "credits"
    """Store credit in the shop's currency, with two decimals at most."""


class AwardState(StrEnum):
    QUEUED = "queued"
    NEEDS_APPROVAL = "needs_approval"
    """So large that another person has to approve it first."""
    APPROVED = "approved"
    """Approved, and as good as queued."""
    REJECTED = "rejected"
    """Not approved, or not in time; surely not booked."""
    APPLYING = "applying"
    """Claimed by a worker; the platform may or may not have booked it."""
    APPLIED = "applied"
    REFUSED = "refused"
    """Surely not booked, and never will be."""
    UNKNOWN = "unknown"
    """Nobody can tell whether it was booked; a person settles it."""


class Opens(StrEnum):
    """The one endpoint that a token opens: what a helpdesk's settings hold must not award."""

    AWARDS = "awards"
    LOOKUP = "lookup"


class RunState(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABANDONED = "abandoned"
    """Lost its lock to another run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in the loyalty programme, as read from the platform. One per `member_id`.

    `email` is as received. `card` holds the card's keys that the platform knows (see
    `card/cards.py`); a key that is absent is unknown and never wipes a known value.
    `tier_rank` orders tiers (0 = none; higher is better), used for priority only.
    `cleared` names the card's keys, and those of `email`, `phone` and `external_id`, that the
    record tells to be empty: what was known of them goes. One that is None, or absent from the
    card, and not in it is unknown and wipes nothing. `joined_at_utc` is when the person joined,
    where the platform tells; it is not staged.
    """

    member_id: str
    email: str | None
    status: MemberStatus
    card: Mapping[str, Any]
    phone: str | None = None
    external_id: str | None = None
    tier_rank: int = 0
    cleared: frozenset[str] = frozenset()
    joined_at_utc: str | None = None


class MovementKind(StrEnum):
    """What a movement is for, as far as the platform tells."""

    ORDER = "order"
    REWARD = "reward"
    BY_HAND = "by_hand"
    EXPIRY = "expiry"
    OTHER = "other"


class LedgerKind(StrEnum):
    """What the ledger of a whole shop tells of why balances moved.

    `adjusted` is by hand, `added` and `taken` what it does not tell any more of.
    """

    EARNED = "earned"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    ADJUSTED = "adjusted"
    ADDED = "added"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One change of a member's balance, as the platform tells it. What it does not tell is None.

    `points` is what the balance moves by, signed; `pending` what waits for its day
    (`pending_until`, if that is told) and is no part of the balance yet. `credits` is a decimal as
    text, which not every platform signs. `order` is the order that it is told to be for, as people
    call it, and `orders` each number and id of it, as `order_key` writes them. `note` is what the
    member sees, `staff_note` is for staff. `is_revoked`: it was taken back since, and moved the
    balance in the end by nothing.
    """

    movement_id: str
    kind: MovementKind
    at_utc: str | None = None
    points: int = 0
    pending: int = 0
    pending_until: str | None = None
    credits: str | None = None
    title: str | None = None
    note: str | None = None
    staff_note: str | None = None
    order: str | None = None
    orders: frozenset[str] = frozenset()
    is_revoked: bool = False


def order_key(number: str | None) -> str:
    """An order's number or id as it is compared: `#1042` is `1042`, in capitals or not."""
    return (number or "").strip().lstrip("#").strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A person in Gorgias, as read from a list or a retrieve. One per `customer_id`.

    `data` is the free-form object that tools write (None when the answer did not hold it);
    `channels` the further e-mail addresses, `field_ids` the customer fields that hold a value (None
    when the answer did not hold them).
    `updated_at_utc` is ISO 8601 in UTC with microseconds, as `clock.utc_text` writes it.
    `language` is the person's, as the two letters of ISO 639-1 (None when it is not known).
    `has_erased_address` is so of who was stripped of an address that an erased person had.
    """

    customer_id: int
    email: str | None
    name: str | None
    external_id: str | None
    updated_at_utc: str
    data: Mapping[str, Any] | None = None
    channels: tuple[str, ...] | None = None
    field_ids: frozenset[int] | None = None
    language: str | None = None
    has_erased_address: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket, as read from the list. One per `ticket_id`; `customer_id` is never None.

    `tags` are names. They, the `priority`, the `channel` it came by, such as `email`, and when it
    was created are None when it was not told.
    """

    ticket_id: int
    customer_id: int
    status: str
    updated_at_utc: str
    created_at_utc: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that an extract could not use. One per source row. Holds no personal data."""

    source: str
    record_id: str | None
    field: str
    reason: str
