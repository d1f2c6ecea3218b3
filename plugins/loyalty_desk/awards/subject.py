"""Whom an award is for, as staging knows: whose limit it counts on, who shares an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.awards.file_rows import Recipient, Recipients
from loyalty_desk.awards.policy import may_be_awarded
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import Outcome
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.statements import statement

AMBIGUOUS: Final = Outcome.AMBIGUOUS.value
"""The detail of an award that was refused because several members share the address."""


class SharedAwardError(LoyaltyDeskError):
    """Several members share the e-mail address that an award is asked for by; nobody may choose.

    The message names them: it is for staff, and not for the answer in Gorgias.
    """

    def __init__(self, member_ids: Sequence[str]) -> None:
        self.member_ids = list(member_ids)
        super().__init__(
            f"email: is that of several members, {', '.join(self.member_ids)}; "
            "choose one by member_id"
        )


def find_subject(
    connection: Connection, store: StoreSettings, request: AwardRequest, *, since_utc: str
) -> str:
    """Whose limit the award counts against: the member if known, else the e-mail key.

    An award booked after `since_utc` tells as well whose an address is.

    Raises:
        SharedAwardError: several members who may be awarded have the address.
    """
    if request.email is None:
        return str(request.member_id)
    everybody = _find_holders(connection, store.name, request.email)
    holders = _who_may_be_awarded(everybody, store.awards)
    if len(holders) > 1:
        raise SharedAwardError(holders)
    if holders or len(everybody) == 1:
        return (holders or list(everybody))[0]
    binds = {"store": store.name, "email_key": request.email, "since_utc": since_utc}
    learned = connection.execute(statement("awards/queue/select_learned_subject"), binds).scalar()
    return str(request.email if everybody or learned is None else learned)


def find_sharers(
    connection: Connection, store: StoreSettings, email_key: str, found_id: str
) -> list[str]:
    """All who may be awarded by an address that the platform found one member by; none if alone."""
    holders = _find_holders(connection, store.name, email_key)
    sharers = {found_id, *_who_may_be_awarded(holders, store.awards)}
    return sorted(sharers) if len(sharers) > 1 else []


def _find_holders(connection: Connection, store: str, email_key: str) -> dict[str, str]:
    """The status of each member with an address, by id."""
    binds = {"store": store, "email_key": email_key}
    rows = connection.execute(statement("awards/queue/select_holders"), binds).all()
    return {row.member_id: row.status for row in rows}


def _who_may_be_awarded(holders: dict[str, str], settings: AwardSettings) -> list[str]:
    return [one for one, status in holders.items() if may_be_awarded(status, settings)]


def load_recipients(
    connection: Connection, store: str, requests: Sequence[AwardRequest]
) -> Recipients:
    """The members whom the requests may be for, also who has left."""
    found = list[Recipient]()
    for some in chunks(list(requests)):
        binds = {
            "store": store,
            "member_ids": sorted({one.member_id for one in some if one.member_id}),
            "email_keys": sorted({one.email for one in some if one.email}),
        }
        found.extend(
            Recipient(
                member_id=row.member_id,
                email_key=row.email_key,
                status=row.status,
                has_left=row.gone_at_utc is not None,
                points=row.points_balance,
            )
            for row in connection.execute(statement("awards/queue/find_recipients"), binds)
        )
    return Recipients(found)
