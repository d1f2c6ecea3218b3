"""The loyalty card: what an agent sees, and the fingerprint that tells whether it changed.

A card is a JSON object. A member's card holds `member` (true), `member_id`, `status`, `summary` and
whatever the platform knows; everybody else's states in words why there is no balance, because
Gorgias prints a blank for a missing variable. `synced_at` is added when a card is sent and is not
part of the fingerprint; neither are the sentences of `card/texts.py` that follow from the rest, nor
what `card/shown.py` puts beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from typing import Any

import orjson

from loyalty_desk.card.addresses import drop_other_addresses
from loyalty_desk.card.keys import BESIDE
from loyalty_desk.card.texts import LAST_AWARD, with_texts, without_texts
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import MemberStatus, Outcome

SYNCED_AT = "synced_at"
NO_CARD = "none"
"""Stands for a fingerprint where Gorgias shows no card at all."""
_GUEST = MemberStatus.GUEST.value  # looked up once, as a million cards are made in a row


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the platform did not tell; unknown is not the same as zero or empty."""
    return {key: value for key, value in fields.items() if value is not None}


def member_card(member_id: str, status: MemberStatus, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The whole card of a member from its known `fields` (card keys of the design).

    An address that is not http(s) is left out; points do not have to wait for its mend.
    """
    card = {**fields, "member": True, "member_id": member_id, "status": str(status)}
    drop_other_addresses(card)
    card["summary"] = _member_summary(card)
    return card


def absent_card(outcome: Outcome) -> dict[str, Any]:
    """The card of a customer without a member: no balance, and one line that says why."""
    return {"member": False, "status": outcome.value, "summary": CARD_CLASSES[outcome].summary}


@cache
def absent_fingerprint(outcome: Outcome) -> str:
    """The fingerprint of the card that states a class."""
    return fingerprint(absent_card(outcome))


def card_json(card: Mapping[str, Any]) -> str:
    """The card as JSON text with sorted keys, as staging keeps it."""
    return orjson.dumps(card, option=orjson.OPT_SORT_KEYS).decode()


def fingerprint(card: Mapping[str, Any]) -> str:
    """A hash of the card's content: equal exactly when an agent would see the same."""
    content = {key: value for key, value in card.items() if key != SYNCED_AT}
    return fingerprint_of_json(card_json(content))


def fingerprint_of_json(text: str) -> str:
    """The fingerprint of a card from its `card_json` (which must not hold `synced_at`)."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def shown_fingerprint(shown: Any) -> str:
    """The fingerprint of whatever stands under our key in Gorgias; NO_CARD when nothing does.

    That of the card itself where its sentences are the English ones; of a card in other words it is
    one of its own, which the ledger has beside the card's.
    """
    if shown is None:
        return NO_CARD
    if isinstance(shown, Mapping):
        beside = {SYNCED_AT, *BESIDE}
        shown = {key: value for key, value in shown.items() if key not in beside}
        card = without_texts(shown)
        # An older version wrote no sentence about awards, which says as much as an empty one.
        if with_texts(card) == {LAST_AWARD: "", **shown}:
            return fingerprint(card)
    # Also with other sentences than ours it is not the card that an agent should see.
    return fingerprint({"not a card": shown})


def _member_summary(card: Mapping[str, Any]) -> str:
    parts = []
    if "points_balance" in card:
        parts.append(f"{card['points_balance']:,} points")
    if "tier" in card:
        parts.append(str(card["tier"]))
    if card["status"] == _GUEST:
        parts.append("guest")
    return ", ".join(parts) or "Member"
