"""What no public source settles about LoyaltyLion."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LoyaltyLionSwitches:
    """One field per open question."""

    loyaltylion_sort_kept_by_cursor: bool = True
    """Whether a cursor keeps the sorting of the first page; else it is newest first again."""

    loyaltylion_transactions_listed: bool = True
    """Whether a customer's transactions can be listed (else 404)."""

    loyaltylion_overdraw_status: int = 400
    """Answer to removing more than the balance."""

    loyaltylion_webhook_data_key: str = "payload"
    """Where a webhook holds its data: `payload`, or `top` for `customer` at top level."""

    loyaltylion_error_shape: str = "error"
    """Error body: `error` (text), `message` (text) or `errors` (list of texts)."""

    loyaltylion_entry_visible_after_s: float = 0.0
    """Sandbox seconds until a booking shows among the transactions."""

    loyaltylion_points_pending: bool = False
    """Whether points that are added wait for approval before they can be spent."""
