"""The sidebar widget: which rows of the card it shows. No I/O.

Source: Gorgias API reference, "Widgets"; the template's nodes are those of working integrations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from loyalty_desk.card.keys import (
    ACTIVITY_TEXT,
    AS_OF,
    CARD,
    COUPON,
    IF_MEMBER,
    IF_NOT_MEMBER,
    REASON,
    WHAT_TO_DO,
    CardKey,
    Kind,
    Place,
    is_address,
)
from loyalty_desk.card.shown import ITEMS

Node = dict[str, Any]
Button = Mapping[str, Any]
"""What Gorgias keeps of a button made by hand: keys of a card's `meta.custom`, not documented."""

LINKS: Final = "links"
Row = tuple[str, str, str]
"""A kind of Gorgias', where the value stands, and the label."""
AGE_ROW: Final = ("date", AS_OF, "As of")
ACTIVITY_ROW: Final = ("text", ACTIVITY_TEXT, "Last movements")
HELP_ROWS: Final = (("text", REASON, "Why"), ("text", WHAT_TO_DO, "What to do"))
LISTS: Final = frozenset({Kind.TEXTS, Kind.COUPONS})


def template(
    title: str, card_keys: Collection[str], button: Button, card_key: str | None = None
) -> Node:
    """The widget's tree: one card for a member and one for everybody else.

    `card_keys` are what the platform tells; a row that could never be filled is left out. The
    `button` stands on the member's card, as only a member can be awarded. The two cards are under
    `card_key` of what the widget reads, or are all of it (None). A path names one key: whether
    Gorgias takes more is not known.
    """
    cards = [_member(title, card_keys, button), _nobody(title)]
    if card_key is not None:
        frame = _card(card_key, "", (), order=0)
        cards = [{**frame, "meta": {"displayCard": False}, "widgets": cards}]
    return {"type": "wrapper", "widgets": cards}


def find_button(template: Any) -> Button:
    """What a person added to a card of a template in Gorgias: its custom part without the links."""
    for card in _iter_nodes(template):
        custom = card.get("meta", {}).get("custom") if isinstance(card.get("meta"), Mapping) else {}
        added = {key: value for key, value in (custom or {}).items() if key != LINKS and value}
        if added:
            return added
    return {}


def is_ours(template: Any) -> bool:
    """Whether a template shows our lookup's answer, as ours does."""
    paths = [node.get("path") for node in _iter_nodes(template) if node.get("type") == "card"]
    return IF_MEMBER in paths and IF_NOT_MEMBER in paths


def shows(template: Any, card_key: str | None) -> bool:
    """Whether a template shows the card under a key, so that it is not of another store."""
    paths = {node.get("path") for node in _iter_nodes(template) if node.get("type") == "card"}
    return card_key is None or card_key in paths


def _member(title: str, card_keys: Collection[str], button: Button) -> Node:
    there = [key for key in CARD if key.name in card_keys or not key.is_told]
    links = [
        {"label": key.label, "url": f"{{{{{key.name}}}}}"}
        for key in there
        if key.place is Place.LINK
    ]
    activity = [ACTIVITY_ROW] if ACTIVITY_TEXT in card_keys else []
    card = _card(IF_MEMBER, title, [*_rows(there), *activity, AGE_ROW], order=0)
    card["meta"]["custom"] = {LINKS: links, **button}
    lists = [key for key in there if key.kind in LISTS]
    card["widgets"] += [_list(key, order=90 + place) for place, key in enumerate(lists)]
    return card


def _list(key: CardKey, *, order: int) -> Node:
    """A list under its heading; neither shows where there is nothing on it."""
    item = _card("", "{{name}}", _rows(COUPON) if key.kind is Kind.COUPONS else (), order=0)
    limits = {"limit": "10", "orderBy": ""}
    items = {"type": "list", "path": ITEMS, "order": 0, "meta": limits, "widgets": [item]}
    return {**_card(key.name, key.label, (), order=order), "widgets": [items]}


def _nobody(title: str) -> Node:
    return _card(IF_NOT_MEMBER, title, HELP_ROWS, order=1)


def _rows(keys: Iterable[CardKey]) -> tuple[Row, ...]:
    return tuple(
        (_leaf_type(key), key.name, key.label)
        for key in keys
        if key.place is Place.ROW and key.kind not in LISTS
    )


def _leaf_type(key: CardKey) -> str:
    if is_address(key.name):
        return "url"
    return {Kind.DATE: "date", Kind.FLAG: "boolean"}.get(key.kind, "text")


def _card(path: str, title: str, rows: Collection[Row], *, order: int) -> Node:
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
