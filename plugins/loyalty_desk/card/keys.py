"""What a loyalty card is: each of its keys in one line, in the order of the widget's rows.

Member files, customer fields, the widget, macros, the report and `docs/card.md` know a key from
here. Which keys a platform tells stands in the platform's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

FieldType = Literal["number", "boolean", "dropdown", "text"]
"""What a customer field holds. A dropdown is a text among choices."""


class Kind(StrEnum):
    """What stands under a key, in JSON."""

    TEXT = "text"
    NUMBER = "whole number"
    DECIMAL = "decimal as text"
    """Money must not pass through float."""
    FLAG = "true or false"
    DATE = "date"
    TIME = "time"
    TEXTS = "list of texts"
    COUPONS = "list of coupons"
    SENTENCE = "sentence for the shopper"
    """On every card that is shown: see `card/texts.py`."""


class Place(StrEnum):
    """Where the widget shows a key."""

    ROW = "row"
    TITLE = "title"
    LINK = "link"
    LIST = "list"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class CardKey:
    """One key of the card, or of a coupon on it. `label` is what people read beside its value."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    place: Place = Place.ROW
    is_told: bool = True
    """Whether it comes from a platform; else we work it out."""
    is_everybodys: bool = False
    """Whether everybody has it, also who is no member; else members alone, as far as known."""
    is_one_of_few: bool = False
    """Whether its texts are few, so that people can choose among them, as in a view's filter."""

    @property
    def field_type(self) -> FieldType | None:
        """The customer field that it can become; Gorgias has no date type."""
        if self.kind is Kind.TIME:  # of the write itself, which is no change of a card
            return None
        if self.is_one_of_few:
            return "dropdown"
        if self.kind is Kind.NUMBER:
            return "number"
        return "boolean" if self.kind is Kind.FLAG else "text"

    @property
    def is_words(self) -> bool:
        """Whether a macro can print it; how Gorgias prints a list is not documented."""
        return self.kind in {Kind.TEXT, Kind.NUMBER, Kind.DECIMAL, Kind.DATE, Kind.SENTENCE}


def _made(name: str, label: str, kind: Kind = Kind.TEXT, place: Place = Place.NOWHERE) -> CardKey:
    """A key that we work out, for everybody."""
    return CardKey(name, label, kind, place=place, is_told=False, is_everybodys=True)


CARD: Final = (
    _made("member", "Is a member", Kind.FLAG),
    CardKey("member_id", "Member id", place=Place.NOWHERE, is_told=False),
    CardKey("name", "Name"),
    replace(_made("status", "Status", place=Place.ROW), is_one_of_few=True),
    CardKey("points_balance", "Points", Kind.NUMBER, "points"),
    CardKey("points_pending", "Points pending", Kind.NUMBER, "points"),
    CardKey("credits_balance", "Store credit", Kind.DECIMAL, "the shop's currency"),
    CardKey("tier", "VIP tier", is_one_of_few=True),
    CardKey("next_tier", "Next tier"),
    CardKey("points_to_next_tier", "Points to next tier", Kind.NUMBER, "points"),
    CardKey("points_expire_on", "Points expire", Kind.DATE),
    CardKey("referral_url", "Referral link"),
    CardKey("referral_code", "Referral code"),
    CardKey("support_id", "Support id"),
    CardKey("segments", "Segments", Kind.TEXTS),
    CardKey("favorite_location", "Favourite location"),
    CardKey("birthday", "Birthday"),  # text, as most platforms leave the year out
    CardKey("coupons", "Coupons", Kind.COUPONS, place=Place.LIST),
    CardKey("profile_url", "Open profile", place=Place.LINK),
    _made("summary", "Summary", place=Place.TITLE),
    _made("balance_text", "Balance in words", Kind.SENTENCE),
    _made("tier_text", "Tier in words", Kind.SENTENCE),
    _made("referral_text", "Referral link in words", Kind.SENTENCE),
    _made("last_award_text", "Last award in words", Kind.SENTENCE),
    _made("synced_at", "Synced at", Kind.TIME),
)

COUPON: Final = (
    CardKey("name", "Name", place=Place.TITLE),
    CardKey("value", "Value"),
    CardKey("code", "Code"),
    CardKey("expires_on", "Expires", Kind.DATE),
    CardKey("usable", "Usable now", Kind.FLAG, place=Place.NOWHERE),  # said beside the name
)
"""The keys of one of a card's coupons."""

IF_MEMBER: Final = "if_member"
IF_NOT_MEMBER: Final = "if_not_member"
AS_OF: Final = "as_of"
REASON: Final = "reason"
WHAT_TO_DO: Final = "what_to_do"
ACTIVITY_TEXT: Final = "activity_text"
"""The last movements, where a lookup read them: of a member alone, and absent without any."""
MOVEMENTS_TEXT: Final = "movements_text"
"""The same as a sentence for macros: on everybody's card, never empty, where movements are read."""
BESIDE: Final = frozenset(
    {IF_MEMBER, IF_NOT_MEMBER, AS_OF, REASON, WHAT_TO_DO, ACTIVITY_TEXT, MOVEMENTS_TEXT}
)
"""What stands beside the card's own keys where it is shown: see `card/shown.py`."""


def is_address(name: str) -> bool:
    """Whether a web address stands under the key, of a card or of a coupon on it."""
    return name == "url" or name.endswith("_url")


KEYS: Final[Mapping[str, CardKey]] = {key.name: key for key in CARD}
TOLD: Final = tuple(key for key in CARD if key.is_told)
"""What platforms and files tell of a member."""
