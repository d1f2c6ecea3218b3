"""What no public source settles about TRIFFT, and that is most of it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TrifftSwitches:
    """One field per open question."""

    trifft_style: str = "plain"
    """Names of paths, parameters and fields: `plain` as guessed, or `other`, where all differ."""

    trifft_members_listed: bool = True
    """Whether members can be listed (else 404)."""

    trifft_ledger_listed: bool = True
    """Whether a member's transactions can be listed (else 404)."""

    trifft_repeated_transaction: str = "book"
    """What a known transaction id does: `book` once more, `merge` (201, nothing booked) or
    `refuse` (409)."""

    trifft_zero_amount_allowed: bool = True
    """Whether a transaction may have an amount of 0 (else 400)."""

    trifft_negative_points_allowed: bool = True
    """Whether forced points may be below zero (else 400)."""

    trifft_credit_delay: bool = False
    """Whether points of a transaction are pending at first, and do not move the balance."""

    trifft_refusal_in_200: bool = False
    """Whether a refused transaction is answered with 200 and `success: false`."""

    trifft_read_only_status: int = 403
    """Answer to a write with a read-only token."""

    trifft_entry_visible_after_s: float = 0.0
    """Sandbox seconds until a transaction shows among a member's."""
