"""What agents read of a card besides its own keys: the widget, the sentences, the customer fields.

All of it has to say what the card says, which the oracle holds against platform and Gorgias.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.gorgias.sidebar import Leaf, build_widget
from tests.soak.shop import Shop
from tests.soak.stores import MORE

FIELDS = (
    "SELECT key, gorgias_id FROM gorgias_objects WHERE store = :store AND kind = 'custom_field'"
)
YOU_HAVE = {"en": "You have {:,} point", "de": "Sie haben {:,} Punkt", "fr": "Vous avez {:,} "}
GROUPED_BY = {"en": ",", "de": ".", "fr": "\u202f"}
NOBODY = {
    "en": "We found no loyalty account for this e-mail address.",
    "de": "Zu dieser E-Mail-Adresse haben wir kein Treuekonto gefunden.",
    "fr": "Nous n'avons trouvé aucun compte de fidélité pour cette adresse e-mail.",
}


def wrong_beside(shop: Shop) -> Iterator[str]:
    """What does not say what the card says, and what others kept in fields and is lost."""
    customers = shop.in_gorgias("GET", "customers?limit=100000")["data"]
    widgets = our_widgets(shop)
    fields = {row["key"]: str(row["gorgias_id"]) for row in shop.rows(FIELDS)}
    for customer in customers:
        card = (customer["data"] or {}).get("loyalty")
        wrong = [*wrong_fields(shop, customer, card or {}, fields)]
        if card is not None:
            wrong += [*wrong_words(shop, customer, card), *wrong_widgets(widgets, customer, card)]
        yield from (f"{shop.name}, customer {customer['id']}: {what}" for what in wrong)


def our_widgets(shop: Shop) -> list[dict[str, Any]]:
    """The widgets that read the place, for tickets and for customers."""
    shop.in_gorgias("POST", "reset", {"buckets": True})
    found = shop.gorgias_api("GET", "widgets?limit=100").json()["data"]
    return [one for one in found if one["type"] == "custom"]


def wrong_widgets(
    widgets: list[dict[str, Any]], customer: dict[str, Any], card: Mapping[str, Any]
) -> Iterator[str]:
    if {one["context"] for one in widgets} != {"ticket", "customer"}:
        yield f"{len(widgets)} widgets read the place"
    wanted = f"{card['points_balance']:,}" if "points_balance" in card else None
    for widget in widgets:
        shown = build_widget(widget, customer, {}, "")
        leaves = {leaf.title: leaf.value for leaf in _iter_leaves(shown.children)}
        points, why = leaves.get("Points"), leaves.get("Why")
        if points != wanted or bool(why) == card["member"]:
            said = f"{points!r}, {why!r} for {card['summary']!r}"
            yield f"the {widget['context']} widget shows {said}"


def _iter_leaves(nodes: list[Any]) -> Iterator[Leaf]:
    for node in nodes:
        if isinstance(node, Leaf):
            yield node
        yield from _iter_leaves(getattr(node, "children", []))


def wrong_words(shop: Shop, customer: Mapping[str, Any], card: Mapping[str, Any]) -> Iterator[str]:
    """Sentences that are not of that card, or in another language than the customer's."""
    offered = MORE.get(shop.name, {}).get("texts", {}).get("languages", ())
    language = customer["language"] if customer["language"] in offered else "en"
    said = card["balance_text"]
    if card["member"] and "points_balance" in card:
        wanted = YOU_HAVE[language].format(card["points_balance"])
        wanted = wanted.replace(",", GROUPED_BY[language])
        is_right = said.startswith(wanted)
    else:
        wanted = NOBODY[language]
        is_right = said == wanted or card["status"] != "customer_not_found"
    if not is_right:
        yield f"is told {said!r} in place of {wanted!r}"


def wrong_fields(
    shop: Shop, customer: Mapping[str, Any], card: Mapping[str, Any], fields: Mapping[str, str]
) -> Iterator[str]:
    """Values of ours that are not the card's, and those of others that are not as they were."""
    held = customer["custom_field_values"]
    ours = {key: held.get(field_id) for key, field_id in fields.items()}
    wanted = {key: card.get(key) for key in fields}
    if ours != wanted:
        yield f"has {ours} in fields, and should have {wanted}"
    others = {key: value for key, value in held.items() if key not in fields.values()}
    if others != shop.foreign_values.get(customer["id"], {}):
        yield f"has {others} in fields of others, whose values were lost or changed"
