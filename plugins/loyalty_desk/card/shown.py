"""The card as agents see it: what stands at the store's place, and what a lookup answers. No I/O.

Macros read its keys as they are. A widget shows a card only when its part of the data is there, so
a member's and everybody else's come once more under a key of their own, in the words of people: no
row of theirs is ever empty, and a list that is empty is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from loyalty_desk.card.keys import (
    ACTIVITY_TEXT,
    AS_OF,
    IF_MEMBER,
    IF_NOT_MEMBER,
    KEYS,
    MOVEMENTS_TEXT,
    REASON,
    WHAT_TO_DO,
    Kind,
)
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import Outcome

FORM: Final = "2"
"""Which version of this module wrote a card, as the ledger keeps it. A card of another version is
the same card, and is written anew in the background only when something needs it (`connect`)."""


NO_MOVEMENTS: Final = "We cannot see movements of your points at the moment."


def form_of(currency: str | None, *, reads_movements: bool = False) -> str:
    """The form of a store's cards, in which amounts have its currency, and movements a sentence."""
    return " ".join(filter(None, (FORM, currency, "movements" if reads_movements else None)))


LAST: Final = "Last: "
"""How the line for agents begins."""
ITEMS: Final = "items"
"""Where a list stands: inside an object, so that its heading goes with it."""


def shown_card(
    said: Mapping[str, Any],
    as_of_utc: str | None,
    currency: str | None,
    activity: str | None = None,
    *,
    reads_movements: bool = False,
) -> dict[str, Any]:
    """The card with since when it is known and, for nobody, what to do; `said` has its sentences.

    `as_of_utc` is when the platform was last known to say so, None when it never was; `currency`
    that of the shop, if it is set. `activity` is the line about a member's last movements;
    a store that `reads_movements` has them on each card as a sentence too, which macros print.
    """
    shown = {**said, AS_OF: as_of_utc}
    for_macros = {MOVEMENTS_TEXT: _movements(said, activity)} if reads_movements else {}
    if said.get("member"):
        if activity:
            shown[ACTIVITY_TEXT] = activity
        return {**shown, **for_macros, IF_MEMBER: _for_people(shown, currency)}
    text = CARD_CLASSES[Outcome(said["status"])]
    shown |= {REASON: text.reason, WHAT_TO_DO: text.what_to_do}
    return {**shown, **for_macros, IF_NOT_MEMBER: dict(shown)}


def _movements(said: Mapping[str, Any], activity: str | None) -> str:
    """Of who is no member, what is said of the balance: that there is none, and why."""
    if not said.get("member"):
        return str(said["balance_text"])
    if not activity:
        return NO_MOVEMENTS
    return f"The last movements of your points: {activity.removeprefix(LAST)}."


def _for_people(shown: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    rows = {}
    for name, value in shown.items():
        kind = KEYS[name].kind if name in KEYS else Kind.TEXT
        if kind is Kind.NUMBER:
            rows[name] = grouped(value)
        elif kind is Kind.DECIMAL:
            rows[name] = _money(value, currency)
        elif kind in {Kind.TEXTS, Kind.COUPONS}:
            if value:
                rows[name] = {ITEMS: _items(value, shown.get(AS_OF), currency)}
        else:
            rows[name] = value
    return rows


def grouped(number: Any) -> Any:
    """A number as it stands in sentences; one without a thousand is printed the same as it is."""
    is_large = isinstance(number, int) and abs(number) >= 1000
    return f"{number:,}" if is_large else number


def _items(
    values: Sequence[Any], as_of_utc: str | None, currency: str | None
) -> list[Mapping[str, Any]]:
    return [
        _coupon(value, as_of_utc, currency) if isinstance(value, Mapping) else {"name": value}
        for value in values
    ]


def _coupon(
    coupon: Mapping[str, Any], as_of_utc: str | None, currency: str | None
) -> dict[str, Any]:
    """A coupon with the unit of its value. Of one that has ended it says so, which stays true."""
    found = dict(coupon)
    if "value" in found:
        found["value"] = _money(found["value"], currency)
    ends_on = found.get("expires_on")
    is_over = isinstance(ends_on, str) and as_of_utc is not None and ends_on < as_of_utc[:10]
    state = "expired" if is_over else "not usable now" if found.get("usable") is False else ""
    if state:
        found["name"] = f"{found.get('name', '')} ({state})".strip()
    return found


def _money(text: Any, currency: str | None) -> Any:
    """An amount with its currency; what tells its unit itself, such as a percentage, as it is."""
    try:
        amount = Decimal(text)
    except (InvalidOperation, TypeError, ValueError):
        return text
    shown = f"{amount:,}" if amount.is_finite() else str(text)
    return f"{shown} {currency}" if currency else shown
