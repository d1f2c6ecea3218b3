"""Whom an award is for, as staging knows: whose limit it counts on, who shares an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.awards.policy import may_be_awarded
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.card.emails import masked_name
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import Outcome
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement

AMBIGUOUS: Final = Outcome.AMBIGUOUS.value
"""The detail of an award that was refused because several members share the address."""


class SharedAwardError(LoyaltyDeskError):
    """Several members share the e-mail address that an award is asked for by; nobody may choose.

    The message names them: it is for staff, and not for the answer in Gorgias. Tasks log it, so an
    id that is an address is masked.
    """

    def __init__(self, member_ids: Sequence[str]) -> None:
        self.member_ids = list(member_ids)
        super().__init__(
            f"email: is that of several members, {', '.join(map(masked_name, member_ids))}; "
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
    holders = _find_holders(connection, store.name, request.email)
    if (member_id := choose_holder(holders, store.awards)) is not None:
        return member_id
    if holders:
        return request.email
    binds = {"store": store.name, "email_key": request.email, "since_utc": since_utc}
    learned = connection.execute(statement("awards/queue/select_learned_subject"), binds).scalar()
    return str(request.email if learned is None else learned)


def choose_holder(holders: Mapping[str, str], settings: AwardSettings) -> str | None:
    """The member whom an address stands for, of who is here with it (status by id).

    None when nobody is, or several who may not be awarded. Raises SharedAwardError as above.
    """
    allowed = _who_may_be_awarded(holders, settings)
    if len(allowed) > 1:
        raise SharedAwardError(sorted(allowed))
    if allowed or len(holders) == 1:
        return (allowed or list(holders))[0]
    return None


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


def _who_may_be_awarded(holders: Mapping[str, str], settings: AwardSettings) -> list[str]:
    return [one for one, status in holders.items() if may_be_awarded(status, settings)]
