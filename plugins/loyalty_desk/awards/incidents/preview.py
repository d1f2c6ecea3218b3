"""What asking for an incident's compensation would do: everybody's fate, the cost, the limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_desk.awards.balances import Balance, load_balances
from loyalty_desk.awards.ceilings import limit_of_way
from loyalty_desk.awards.incidents.choice import Incident
from loyalty_desk.awards.incidents.fates import (
    Fate,
    Given,
    Judged,
    Person,
    judge,
    of_member,
)
from loyalty_desk.awards.incidents.tickets import ChosenTickets
from loyalty_desk.awards.policy import (
    Today,
    breaches_of_sum,
    find_breaches,
    from_parts,
    signed,
    to_parts,
)
from loyalty_desk.awards.queue import Door
from loyalty_desk.awards.seen import seal
from loyalty_desk.awards.ticket_note import note_text
from loyalty_desk.awards.today import AwardedToday, load_awards_of_today
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import AwardState, Outcome, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.statements import statement


class OldIncidentError(LoyaltyDeskError):
    """Who was compensated under the name is not known any more. Nothing was asked for."""

    def __init__(self, name: str, days: int) -> None:
        super().__init__(
            f"{name} was first asked for more than {days} days ago, and who had an award then is"
            " not known any more (retention.award_days); choose another name"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would become of everybody behind the tickets.

    `problems` has what stops the whole, by the setting's name: limits that are not of one member.
    The costs are in parts: what this incident was given so far, and what this adds.
    """

    incident: Incident
    tickets: ChosenTickets
    people: Sequence[Judged]
    given: Sequence[Given]
    problems: Mapping[str, str]

    def of(self, fate: Fate) -> list[Judged]:
        return [one for one in self.people if one.fate is fate]

    @property
    def counts(self) -> Mapping[Fate, tuple[int, int]]:
        """People and tickets by fate, each fate that somebody has, in the order of `Fate`."""
        people = Counter(one.fate for one in self.people)
        tickets: Counter[Fate] = Counter()
        for one in self.people:
            tickets[one.fate] += one.person.tickets
        return {fate: (people[fate], tickets[fate]) for fate in Fate if people[fate]}

    @property
    def seen(self) -> str:
        """The same exactly while the same members are to be compensated."""
        return seal(sorted(str(one.person.member_id) for one in self.of(Fate.AWARD)))

    @property
    def before_parts(self) -> int:
        return sum(one.parts for one in self.given if one.stands)

    @property
    def added_parts(self) -> int:
        gift = self.incident.gift
        return to_parts(gift.amount, gift.unit) * len(self.of(Fate.AWARD))


def look(
    connection: Connection,
    store: StoreSettings,
    incident: Incident,
    tickets: ChosenTickets,
    now: datetime,
) -> Preview:
    """Find out what would become of everybody. Whoever holds the store's gate may rely on it.

    Raises:
        OldIncidentError: see there.
    """
    gift = incident.gift
    _require_known(connection, store, incident, now)
    people = _load_people(connection, store, tickets)
    given = _load_given(connection, store.name, incident)
    addresses = {one.member_id: one.email_key for one in people if one.member_id and one.email_key}
    today = AwardedToday(load_awards_of_today(connection, store.name, now), addresses)
    judged = judge(people, gift, given, today, store.awards)
    chosen = sum(one.fate is Fate.AWARD for one in judged)
    by_batches = today.by_door(Door.BATCH, gift.unit)
    return Preview(
        incident=incident,
        tickets=tickets,
        people=judged,
        given=given,
        problems=_find_problems(incident, chosen, by_batches, store),
    )


def _require_known(
    connection: Connection, store: StoreSettings, incident: Incident, now: datetime
) -> None:
    """Awards are made anonymous in time, and then tell nobody from who never had one."""
    days = store.retention.award_days
    binds = {"store": store.name, "incident": incident.name}
    first = connection.execute(statement("awards/incidents/select_first_asked"), binds).scalar()
    if first is not None and first < utc_text(now - timedelta(days=days)):
        raise OldIncidentError(incident.name, days)


def _find_problems(
    incident: Incident, chosen: int, by_batches: int, store: StoreSettings
) -> dict[str, str]:
    """What would break limits for all: nobody could say who of them is to have nothing."""
    gift, settings = incident.gift, store.awards
    breaches = find_breaches(gift, Today(by_agent=0, by_member=0), settings, of_agent=False)
    for name in of_member(breaches, gift):
        del breaches[name]
    ceiling = limit_of_way(gift.unit, by_batches, settings, Door.BATCH)
    return breaches | breaches_of_sum(gift.amount * chosen, gift.unit, [ceiling])


def _load_people(
    connection: Connection, store: StoreSettings, tickets: ChosenTickets
) -> list[Person]:
    """Everybody behind the tickets, whose newest ticket is the newest first."""
    newest: dict[int, int] = {}
    for ticket_id, customer_id in tickets.customers.items():
        newest.setdefault(customer_id, ticket_id)
    counts = Counter(tickets.customers.values())
    rows: dict[int, Row[Any]] = {}
    for some in chunks(list(newest)):
        binds = {
            "store": store.name,
            "customer_ids": some,
            "guest_status": store.guest_status.value,
        }
        found = connection.execute(statement("awards/incidents/select_people"), binds)
        rows |= {row.customer_id: row for row in found}
    return [
        Person(
            customer_id=customer_id,
            ticket_id=ticket_id,
            tickets=counts[customer_id],
            is_read=row is not None,
            outcome=None if row is None else _outcome(row.gone_at_utc, row.outcome),
            email=getattr(row, "email", None),
            email_key=getattr(row, "email_key", None),
            member_id=getattr(row, "member_id", None),
            status=getattr(row, "status", None),
            left=getattr(row, "left_at_utc", None) is not None,
            holds=bool(getattr(row, "holds", 0)),
        )
        for customer_id, ticket_id in newest.items()
        for row in (rows.get(customer_id),)
    ]


def _outcome(gone_at_utc: str | None, outcome: str | None) -> str | None:
    """Who went after the last match is gone all the same."""
    return Outcome.MERGED_OR_DELETED if gone_at_utc else outcome


def _load_given(connection: Connection, store: str, incident: Incident) -> list[Given]:
    binds = {"store": store, "incident": incident.name}
    by_now = connection.execute(statement("awards/incidents/select_members_given"), binds).all()
    members = {row.award_id: row.member_id for row in by_now}
    return [
        Given(
            state=AwardState(row.state),
            parts=row.amount if row.unit == incident.gift.unit else 0,
            is_taken_back=row.reversed_by is not None,
            member_id=row.member_id,
            is_now=members.get(row.award_id),
            is_here=row.is_here is not None,
        )
        for row in connection.execute(statement("awards/incidents/select_given"), binds)
    ]


def find_balances(
    connection: Connection, store: str, preview: Preview, most: int
) -> dict[str, Balance]:
    """Where it leads the first who are to be compensated, if that can be told, by member."""
    first = [str(one.person.member_id) for one in preview.of(Fate.AWARD)[:most]]
    balances = load_balances(connection, store, first)
    found = ((member_id, balances.find(member_id, preview.incident.gift)) for member_id in first)
    return {member_id: balance for member_id, balance in found if balance}


def sample_note(
    preview: Preview, store: StoreSettings, balances: Mapping[str, Balance]
) -> str | None:
    """What the first one's ticket is to say; None where nobody has an award, or tickets no notes.

    Their balance is that of the last sync with what waits to be booked: the real note has what the
    platform says then.
    """
    chosen = preview.of(Fate.AWARD)
    if not chosen or not store.leaves_ticket_notes:
        return None
    gift, balance = preview.incident.gift, balances.get(str(chosen[0].person.member_id))
    card = {} if balance is None else {"points_balance": balance.after}
    return note_text(
        card,
        amount=signed(gift.amount, gift.unit),
        unit=gift.unit,
        reason=gift.reason,
        agent=gift.agent,
        note=gift.note,
    )


def worth(parts: int, unit: Unit, store: StoreSettings) -> Decimal | None:
    """What an amount costs the shop; None where nobody said what a point is worth."""
    amount = from_parts(parts, unit)
    if unit == Unit.CREDITS:
        return amount
    millionths = store.goodwill.point_value_millionths
    return None if millionths is None else (amount * millionths / 1_000_000)
