"""Customer: one person across both systems, and why the two were paired or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row

from loyalty_desk.card.cards import SYNCED_AT, absent_card
from loyalty_desk.card.differences import in_order, in_words
from loyalty_desk.card.emails import masked
from loyalty_desk.card.texts import LAST_AWARD, without_texts
from loyalty_desk.classes import CARD_CLASSES, ClassText, class_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.mismatches.searches import find_email_key, find_id, read_words
from loyalty_desk.records import Outcome
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement
from loyalty_desk.texts.of_store import texts_of
from loyalty_desk.texts.wording import Wording
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.activity import WhyView, read_movements, read_why
from loyalty_desk.web.desk.card_history import load_history
from loyalty_desk.web.desk.finding import find_people
from loyalty_desk.web.forms import is_of_another_site
from loyalty_desk.web.pages import DeskRoute, page
from loyalty_desk.web.rights import Seeing, Visitor

router = APIRouter(prefix="/desk/{store}/customers", route_class=DeskRoute)

RULES: Final = {
    "link": "a person confirmed it",
    "email": "they have the same e-mail address",
    "channel": "a further e-mail address of the customer is the member's",
}
GORGIAS_WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """A customer with everything that staging knows.

    `member` is whom it is matched with, None also when that does not hold any more by what is
    staged since: `is_undecided` until the next match.
    """

    row: Row[Any]
    member: Row[Any] | None
    is_undecided: bool
    text: ClassText | None
    card: Mapping[str, Any]
    """The card that Gorgias should show; empty when none is pushed for this class."""
    channels: list[str]
    tickets: list[Row[Any]]
    pushed: list[Row[Any]]
    changes: list[Row[Any]]
    awards: list[Row[Any]]
    stale: list[Row[Any]]
    """Why the card stays as it was: rows that were set aside."""


@router.get("")
def find_customer(request: Request, visitor: Seeing) -> Response:
    """Find a customer by an address or a name, or by the id of a customer, member or ticket."""
    words, store = read_words(request.query_params), visitor.store
    with reading(staging_engine()) as connection:
        people = find_people(connection, store.name, words) if words else None
    return page(
        request,
        "customers.html.j2",
        visitor,
        place="Customer",
        words=words,
        people=people,
        is_no_address="@" in words and find_email_key(words) is None,
        ticket_days=store.extract.recent_ticket_days,
    )


@router.get("/{customer_id}")
def show_customer(request: Request, visitor: Seeing, customer_id: str) -> Response:
    """One customer; with `now=1` also what Gorgias shows at this moment, with `movements=1` how the
    balance moved, and with an `order` what the platform tells of it.

    Each costs requests of those that awards and lookups need, so they are for who acts here, and
    not for a link on a page of another site.
    """
    query = request.query_params
    asked = {name for name in ("now", "movements", "order") if query.get(name)}
    if is_of_another_site(request):
        asked = set()
    if asked and not visitor.may_ask_now:
        raise WebError(403, "You may only look here. Who may do more may ask both systems now.")
    number = find_id(customer_id)
    before = query.get("before", "")
    with reading(staging_engine()) as connection:
        person = None if number is None else load_customer(connection, visitor.store, number)
        if person is None:
            raise WebError(404, "There is no such customer.")
        history = load_history(connection, visitor.store.name, person.row.customer_id, before)
    shown, problem = None, ""
    if "now" in asked:
        shown, problem = _read_now(visitor, person.row.customer_id)
    movements = None
    if "movements" in asked and person.member is not None:
        sees = visitor.sees_addresses
        movements = read_movements(visitor.store, person.member, person.awards, with_notes=sees)
    is_fault = problem or (movements is not None and movements.is_fault)
    return page(
        request,
        "customer.html.j2",
        visitor,
        status=502 if is_fault else 200,
        place="Customer",
        person=person,
        rule=RULES.get(person.row.rule or "", person.row.rule),
        shown=shown,
        rows=_compare(person.card, shown),
        problem=problem,
        movements=movements,
        history=history,
        newer=bool(before),
        why=_ask_why(request, visitor, person) if "order" in asked else WhyView(),
    )


def _ask_why(request: Request, visitor: Visitor, person: CustomerView) -> WhyView:
    row = person.row
    member_id = person.member.member_id if person.member is not None else None
    return read_why(
        request,
        visitor.store,
        [row.email_key, *person.channels],
        (member_id, row.linked_member_id),
        None if visitor.sees_addresses else masked,
    )


def load_customer(
    connection: Connection, store: StoreSettings, customer_id: int
) -> CustomerView | None:
    """Load one customer; None when there is no such one."""
    key: dict[str, Any] = {"store": store.name, "customer_id": customer_id}

    def rows(name: str, **binds: Any) -> list[Any]:
        return list(connection.execute(statement(name), key | binds).all())

    row = connection.execute(statement("desk/people/select_customer"), key).first()
    if row is None:
        return None
    member = None
    if row.member_id is not None and _is_member(connection, store, customer_id, row.member_id):
        binds = {"store": store.name, "member_id": row.member_id}
        member = connection.execute(statement("desk/people/select_member"), binds).first()
    channels = [one.email_key for one in rows("desk/people/select_channels")]
    member_id = row.member_id if member is not None else None
    subjects = [one for one in (member_id, row.email_key, *channels) if one]
    binds = {"store": store.name, "subjects": subjects}
    return CustomerView(
        row=row,
        member=member,
        is_undecided=row.member_id is not None and member is None,
        text=class_text("customer", row.outcome) if row.outcome else None,
        card=_with_last_award(_wanted(row.outcome, member), texts_of(store).of(row.language)),
        channels=channels,
        tickets=rows("desk/people/select_tickets"),
        pushed=rows("desk/people/select_pushed_cards"),
        changes=rows("desk/people/select_changes"),
        awards=list(connection.execute(statement("desk/awards/select_awards_of"), binds).all()),
        stale=rows(
            "checks/set_aside/select_stale",
            customer_text=str(customer_id),
            member_id=row.member_id or "",
        ),
    )


def _is_member(
    connection: Connection, store: StoreSettings, customer_id: int, member_id: str
) -> bool:
    """Whether the match still holds, as whoever writes a card asks it."""
    binds = {
        "store": store.name,
        "customer_id": customer_id,
        "destination": store.push_to[0].value,
        "member_id": member_id,
        "guest_status": store.guest_status.value,
    }
    row = connection.execute(statement("push/ledger/select_card"), binds).first()
    return row is not None and row.card is not None


def _wanted(outcome: str | None, member: Row[Any] | None) -> Mapping[str, Any]:
    if member is not None:
        card: Mapping[str, Any] = orjson.loads(member.card)
        return card
    return absent_card(Outcome(outcome)) if outcome in CARD_CLASSES else {}


def _with_last_award(card: Mapping[str, Any], wording: Wording) -> Mapping[str, Any]:
    """The card with what it says of an award as the customer is told it."""
    if LAST_AWARD not in card:
        return card
    return {**card, LAST_AWARD: wording.sentences(card)[LAST_AWARD]}


def _read_now(visitor: Visitor, customer_id: int) -> tuple[Mapping[str, Any] | None, str]:
    """The card that Gorgias holds now, and what went wrong when it cannot be read."""
    store = visitor.store
    try:
        client = gorgias_client(store, staging_engine(), urgent=True, max_wait_s=GORGIAS_WAIT_S)
        data = client.get_customer(customer_id).data or {}
    except LoyaltyDeskError as error:
        return None, f"Gorgias could not be read: {error}."
    card = data.get(store.gorgias.card_key)
    return (without_texts(card) if isinstance(card, Mapping) else {}), ""


def _compare(
    wanted: Mapping[str, Any], shown: Mapping[str, Any] | None
) -> list[tuple[str, str, str, bool]]:
    """Each key of the card: as it should be, as Gorgias has it, and whether the two differ."""
    found = shown or {}
    keys = in_order({*wanted, *found} - {SYNCED_AT})
    return [
        (
            key,
            in_words(key, wanted.get(key)),
            in_words(key, found.get(key)),
            shown is not None and wanted.get(key) != found.get(key),
        )
        for key in keys
    ]
