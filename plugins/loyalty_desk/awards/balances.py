"""Where awards of points lead to, as far as staging knows; the platform has the balance itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The points that a member has before an award and after it, and at `least` then.

    Before are all that waits to be booked and those that were asked for with it. At least there are
    so many, as what may yet be rejected is not counted on.
    """

    before: int
    after: int
    least: int

    def as_text(self) -> str:
        """What a deduction leaves, or may leave."""
        doubt = "" if self.least == self.after else ", if what waits for approval is rejected"
        return f"leaves the member {self.least:,} points{doubt}"


class Balances:
    """The points that members have with all that waits, and with what is asked for in turn."""

    def __init__(self, ahead: Mapping[str, int]) -> None:
        self._after, self._least = dict(ahead), dict(ahead)

    def find(self, subject: str, request: AwardRequest) -> Balance | None:
        """Where an award of points would lead to; None when nobody can tell."""
        if request.unit != Unit.POINTS or subject not in self._after:
            return None
        amount, before = int(request.amount), self._after[subject]
        return Balance(before=before, after=before + amount, least=self._least[subject] + amount)

    def add(self, subject: str, request: AwardRequest, state: AwardState) -> None:
        """Count what was asked for."""
        found = self.find(subject, request)
        if found is None:
            return
        self._after[subject] = found.after
        if request.amount < 0 or state != AwardState.NEEDS_APPROVAL:
            self._least[subject] = found.least


def load_balances(connection: Connection, store: str, subjects: Sequence[str]) -> Balances:
    """Those of the members whose points are told."""
    return Balances(
        {
            row.member_id: int(row.points_balance + row.waiting)
            for some in chunks(subjects)
            for row in connection.execute(
                statement("awards/queue/select_balances_ahead"), {"store": store, "subjects": some}
            )
        }
    )


def may_fall_below_zero(balance: Balance | None, request: AwardRequest) -> bool:
    """Whether a deduction leaves less than no points, or may as what waits may be rejected."""
    return balance is not None and request.amount < 0 and balance.least < 0


def breaches_below_zero(
    balance: Balance | None, request: AwardRequest, settings: AwardSettings
) -> dict[str, str]:
    """The breach of a store that refuses to take points away that the member does not have."""
    refuses = settings.points_below_zero == "refuse"
    if balance is None or not refuses or not may_fall_below_zero(balance, request):
        return {}
    reason = f"the member would have {balance.least:,} points, and this store refuses that"
    return {"points_below_zero": reason}


def find_below_zero(
    connection: Connection,
    store: str,
    subject: str,
    request: AwardRequest,
    settings: AwardSettings,
) -> dict[str, str]:
    """The same of one award, whose balance is read only where it matters."""
    if settings.points_below_zero != "refuse" or request.amount >= 0:
        return {}
    balance = load_balances(connection, store, [subject]).find(subject, request)
    return breaches_below_zero(balance, request, settings)
