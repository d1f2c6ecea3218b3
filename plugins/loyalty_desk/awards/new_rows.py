"""The rows of a new award: its own, and what the first one of its audit says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from loyalty_desk.awards.policy import to_parts
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings

_AUDITED: Final = (
    *("subject", "unit", "amount", "reason", "ticket_id", "door", "idempotency_key"),
    *("reverses", "approve_by_utc", "token_id", "queued_by", "batch_id"),
)


def award_values(
    store: StoreSettings,
    request: AwardRequest,
    now: datetime,
    *,
    award_id: str,
    door: str,
    state: AwardState,
    subject: str,
    **others: str | None,
) -> dict[str, Any]:
    """What `insert_award` takes; `others` is how else the award came about."""
    approve_by = None
    if state is AwardState.NEEDS_APPROVAL:
        approve_by = utc_text(now + timedelta(hours=store.awards.approval_hours))
    return {
        "store": store.name,
        "award_id": award_id,
        "idempotency_key": request.idempotency_key or award_id,
        "content_hash": request.content_hash(),
        "email": request.email,
        "member_id": request.member_id,
        "subject": subject,
        "unit": request.unit.value,
        "amount": to_parts(request.amount, request.unit),
        "reason": request.reason,
        "note": request.note,
        "message": request.message,
        "agent": request.agent,
        "ticket_id": request.ticket_id,
        "door": door,
        "state": state.value,
        "queued_at_utc": utc_text(now),
        "sends": 0,
        "approve_by_utc": approve_by,
        **dict.fromkeys(("reverses", "token_id", "queued_by", "batch_id")),
        **others,
    }


def first_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit says of it."""
    return {name: values[name] for name in _AUDITED if values[name] is not None}
