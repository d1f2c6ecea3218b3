"""The sidebar widget: which rows of the card it shows. No I/O.

Source: Gorgias API reference, "Widgets"; the template's nodes are those of working integrations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from loyalty_desk.lookup.answers import IF_MEMBER, IF_NOT_MEMBER

Node = dict[str, Any]
Button = Mapping[str, Any]
"""What Gorgias keeps of a button made by hand: keys of a card's `meta.custom`, not documented."""

LINKS: Final = "links"
ROWS: Final = (
    ("text", "name", "Name"),
    ("text", "status", "Status"),
    ("text", "points_balance", "Points"),
    ("text", "points_pending", "Points pending"),
    ("text", "credits_balance", "Store credit"),
    ("text", "tier", "VIP tier"),
    ("text", "next_tier", "Next tier"),
    ("text", "points_to_next_tier", "Points to next tier"),
    ("date", "points_expire_on", "Points expire"),
    ("text", "referral_url", "Referral link"),
    ("text", "referral_code", "Referral code"),
    ("text", "support_id", "Support id"),
    ("text", "segments", "Segments"),
    ("text", "favorite_location", "Favourite location"),
    ("text", "birthday", "Birthday"),
)
"""Kind, key of the card and label, in the order shown."""
ALWAYS: Final = frozenset({"status"})
"""Keys that a card has whatever the platform."""
AGE_ROW: Final = ("date", "as_of", "As of")
HELP_ROWS: Final = (("text", "reason", "Why"), ("text", "what_to_do", "What to do"))
COUPON_ROWS: Final = (
    ("text", "value", "Value"),
    ("text", "code", "Code"),
    ("date", "expires_on", "Expires"),
)


def template(title: str, card_keys: Collection[str], button: Button) -> Node:
    """The widget's tree: one card for a member and one for everybody else.

    `card_keys` are what the platform tells; a row that could never be filled is left out. The
    `button` stands on the member's card, as only a member can be awarded.
    """
    return {"type": "wrapper", "widgets": [_member(title, card_keys, button), _nobody(title)]}


def find_button(template: Any) -> Button:
    """What a person added to a card of a template in Gorgias: its custom part without the links."""
    for card in _iter_nodes(template):
        custom = card.get("meta", {}).get("custom") if isinstance(card.get("meta"), Mapping) else {}
        added = {key: value for key, value in (custom or {}).items() if key != LINKS and value}
        if added:
            return added
    return {}


def is_ours(template: Any) -> bool:
    """Whether a template shows our look-up's answer, as ours does."""
    paths = [node.get("path") for node in _iter_nodes(template) if node.get("type") == "card"]
    return IF_MEMBER in paths and IF_NOT_MEMBER in paths


def _member(title: str, card_keys: Collection[str], button: Button) -> Node:
    shown = [row for row in ROWS if row[1] in ALWAYS or row[1] in card_keys]
    links = [{"label": "Open profile", "url": "{{profile_url}}"}]
    custom = {LINKS: links if "profile_url" in card_keys else [], **button}
    card = _card(IF_MEMBER, title, [*shown, AGE_ROW], order=0)
    card["meta"]["custom"] = custom
    if "coupons" in card_keys:
        coupon = _card("", "{{name}}", COUPON_ROWS, order=0)
        limits = {"limit": "10", "orderBy": ""}
        card["widgets"].append(
            {"type": "list", "path": "coupons", "order": 90, "meta": limits, "widgets": [coupon]}
        )
    return card


def _nobody(title: str) -> Node:
    return _card(IF_NOT_MEMBER, title, HELP_ROWS, order=1)


def _card(path: str, title: str, rows: Collection[tuple[str, str, str]], *, order: int) -> Node:
    leaves = [
        {"type": kind, "path": key, "title": label, "order": place}
        for place, (kind, key, label) in enumerate(rows)
    ]
    meta: Node = {"displayCard": True}
    card: Node = {"type": "card", "path": path, "title": title, "order": order, "meta": meta}
    return {**card, "widgets": leaves}


def _iter_nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        children = node.get("widgets")
        for child in children if isinstance(children, list) else ():
            yield from _iter_nodes(child)
