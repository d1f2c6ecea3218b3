"""What a generated customer is, computed from the row number."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sandbox.clock import DAY_US, SECOND_US
from sandbox.emails import CUSTOMER_ONLY, PAIR, Owner
from sandbox.ground import Ground
from sandbox.mixing import mix_many
from sandbox.people import Person
from sandbox.programme.member_rows import find_row_of as find_member_row_of
from sandbox.programme.member_rows import member_id_of

FIRST_CUSTOMER_ID = 70_000_001
ID_STEP = 3
HISTORY_DAYS, UPDATES_DAYS = 6 * 365, 2 * 365
GONE_EVERY = 200  # beside every so many customers there are two ids that are gone
DELETED_PLACE, MERGED_PLACE = 11, 13
OTHER_TOOL_FIELD, MANAGED_FIELD = 101, 103
CUSTOMER_TYPES = ("Retail", "Wholesale")
"""What a customer may be by the field that Gorgias itself manages."""
LANGUAGES = ("en", "en", "de", "fr", None)
TIMEZONES = ("Europe/Oslo", "America/New_York", None, None)


class Channel(NamedTuple):
    """One address of a customer; the first of a type is the preferred one."""

    type: str
    address: str
    preferred: bool


def customer_id_of(row: int) -> int:
    """Return the id of a row."""
    return FIRST_CUSTOMER_ID + ID_STEP * row


def find_row_of(customer_id: int) -> int | None:
    """Return the row of an id, None when the id cannot be one."""
    row, rest = divmod(customer_id - FIRST_CUSTOMER_ID, ID_STEP)
    return row if rest == 0 and row >= 0 else None


def row_beside_gone(customer_id: int) -> tuple[int, bool] | None:
    """Return, for an id that was gone from the start, the row it was merged into or preceded.

    The flag tells merged (True) from deleted.
    """
    row, rest = divmod(customer_id - FIRST_CUSTOMER_ID, ID_STEP)
    place = row % GONE_EVERY
    if rest != 1 or row < 0 or place not in (DELETED_PLACE, MERGED_PLACE):
        return None
    return row, place == MERGED_PLACE


def created_stamps(ground: Ground) -> NDArray[np.int64]:
    """Return when each row was created: evenly over the years before the base, ids in order."""
    rows = np.arange(ground.people.customers, dtype=np.int64)
    gap = (HISTORY_DAYS - 1) * DAY_US // max(1, ground.people.customers)
    stamps = ground.clock.base_us - HISTORY_DAYS * DAY_US + rows * gap + rows * 7919 % SECOND_US
    return np.where(rows % 50 == 3, stamps // SECOND_US * SECOND_US, stamps)


def updated_stamps(ground: Ground, created: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when each row was last updated: over two years before the base."""
    rows = np.arange(len(created), dtype=np.uint64)
    dice = mix_many(ground.seed, 21, rows)
    ago = (dice % np.uint64(UPDATES_DAYS * DAY_US)).astype(np.int64)
    stamps = ground.clock.base_us - SECOND_US - ago
    stamps = np.where(rows % 50 == 7, stamps // SECOND_US * SECOND_US, stamps)
    return np.maximum(stamps, created + 5_000)


def split_name(name: str | None) -> tuple[str, str]:
    """Return first and last name; two empty texts for no name, as live answers have it."""
    first, _, last = (name or "").partition(" ")
    return first, last


def display_name(person: Person) -> str | None:
    """Return the name that a customer goes by, hostile ones among them."""
    if person.trouble == "customer_no_name":
        return None
    first = {
        "html_name": f"<img/src=x/onerror=alert(1)><b>{person.first}</b>",
        "formula_name": f'=HYPERLINK("http://click.example","{person.first}")',
    }.get(person.trouble, person.first)
    return f"{first} {person.last}"


def generate(ground: Ground, row: int) -> dict[str, Any]:
    """Return a generated customer's own fields; `channels` as `Channel` records."""
    person = ground.people.person(ground.people.owner_of_customer(row))
    dice = person.dice >> 20
    emails = [] if person.customer_email is None else [person.customer_email]
    channels = [
        Channel("email", mail, mail == emails[0]) for mail in (*emails, *person.other_emails)
    ]
    if dice % 4 == 0 or not channels:
        channels.append(Channel("phone", f"+1555{person.dice % 10_000_000:07d}", True))
    knows_id = person.trouble == "same_external_id" or dice % 10 == 3
    return {
        "external_id": _external_id(ground, person) if knows_id else None,
        "active": True,
        "email": person.customer_email,
        "name": display_name(person),
        "language": LANGUAGES[dice % len(LANGUAGES)],
        "timezone": TIMEZONES[(dice >> 4) % len(TIMEZONES)],
        "note": "Prefers e-mail" if dice % 40 == 9 else None,
        "meta": {"name_set_via": "agent"} if dice % 3 == 0 else None,
        "channels": channels,
    }


def _external_id(ground: Ground, person: Person) -> str | None:
    if person.owner.kind != PAIR:
        return f"till-{person.owner.number}"
    row = ground.people.find_member_row(person.owner)
    return None if row is None else str(member_id_of(row))


def find_row_by_external_id(ground: Ground, external_id: str) -> int | None:
    """Return the row that an external id was generated for, None when for none."""
    prefix, _, number = external_id.rpartition("-")
    if not number.isdecimal():
        return None
    if prefix == "till":
        return ground.people.find_customer_row(Owner(CUSTOMER_ONLY, int(number)))
    member_row = find_member_row_of(int(number))
    if member_row is None or member_row >= ground.people.members:
        return None
    return ground.people.find_customer_row(ground.people.owner_of_member(member_row))


def other_tools_data(ground: Ground, row: int) -> dict[str, Any] | None:
    """Return what another tool keeps in the customer's `data`, None for most customers."""
    person = ground.people.person(ground.people.owner_of_customer(row))
    dice = person.dice >> 24
    if person.trouble != "other_tool" and dice % 33 != 7:
        return None
    return {"shipping_tool": {"open_parcels": dice % 3, "last_parcel": f"PX{dice % 10**6:06d}"}}


def other_tools_values(ground: Ground, row: int) -> dict[int, Any]:
    """Return custom field values that another tool or Gorgias set, none for most customers."""
    dice = ground.people.person(ground.people.owner_of_customer(row)).dice >> 28
    values: dict[int, Any] = {}
    if dice % 50 == 1:
        values[OTHER_TOOL_FIELD] = "Leave at the door"
    if dice % 50 == 2 or dice % 100 == 1:
        values[MANAGED_FIELD] = CUSTOMER_TYPES[dice // 100 % 2]
    return values
