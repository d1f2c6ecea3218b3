"""Where a deduction leads to, as far as staging knows; the platform has the balance itself."""

from __future__ import annotations

from sqlalchemy import Connection

from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.records import Unit
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.staging.statements import statement


def find_balance_after(connection: Connection, store: str, request: AwardRequest) -> int | None:
    """The points that a deduction leaves, after all that waits; None when nobody can tell."""
    if request.amount >= 0 or request.unit != Unit.POINTS:
        return None
    who = {"member_id": request.member_id or "", "email_key": request.email or ""}
    found = connection.execute(
        statement("awards/queue/select_balance_ahead"), {"store": store, **who}
    ).all()
    if len(found) != 1 or found[0].points_balance is None:
        return None
    return int(found[0].points_balance + found[0].waiting + request.amount)


def find_below_zero(
    connection: Connection, store: str, request: AwardRequest, settings: AwardSettings
) -> dict[str, str]:
    """The breach of a store that refuses to take points away that the member does not have."""
    if settings.points_below_zero != "refuse":
        return {}
    after = find_balance_after(connection, store, request)
    if after is None or after >= 0:
        return {}
    reason = f"the member would have {after} points, and this store refuses that"
    return {"points_below_zero": reason}
