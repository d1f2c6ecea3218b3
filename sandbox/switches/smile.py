"""What no public source settles about Smile."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SmileSwitches:
    """One field per open question."""

    smile_updated_at_min_exclusive: bool = False
    """Whether `updated_at_min` leaves out what changed at that very moment."""

    smile_filters_kept_by_cursor: bool = True
    """Whether a cursor keeps the filters of the first page, however the next request sets them."""

    smile_end_of_list: str = "null"
    """`next_cursor` on the last page: `null` or `empty`."""

    smile_overdraw_status: int = 422
    """Answer to a deduction below zero."""

    smile_error_shape: str = "error_message"
    """Error body: `error_message` ({"error": {"message"}}), `message` or `text`."""

    smile_entry_visible_after_s: float = 0.0
    """Sandbox seconds until a created points transaction shows in the ledger."""
