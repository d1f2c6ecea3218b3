"""A widget's template and a customer's data, made into what the sidebar shows."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from sandbox.gorgias.buttons import Button, read_button
from sandbox.gorgias.moments import read_moment
from sandbox.gorgias.variables import (
    AS_IN_MACROS,
    Reading,
    body_reading_of,
    find_value,
    reading_of,
    render,
    render_url,
    text_of,
)
from sandbox.switches import Switches

COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
DATELESS = re.compile(r"\d{4}-\d{2}-\d{2}")
HEADINGS = {"custom": "Customer data", "customer_external_data": "App data"}


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a page elsewhere."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value with its title; `value` is empty when it is missing."""

    kind: ClassVar[str] = "leaf"
    title: str
    value: str
    url: str | None = None


@dataclass(slots=True)
class Card:
    """A group of values. `place` is where it stands in the template."""

    kind: ClassVar[str] = "card"
    place: str
    title: str
    link: str | None = None
    picture: str | None = None
    color: str | None = None
    is_framed: bool = True
    children: list[Any] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


@dataclass(slots=True)
class Rows:
    """A list: one card for each of its items. `wrong` says what is the matter with it."""

    kind: ClassVar[str] = "rows"
    title: str
    items: list[Card] = field(default_factory=list)
    wrong: str | None = None


@dataclass(slots=True)
class Widget:
    """One widget; cards and lists without data are not among its children."""

    id: int
    heading: str
    color: str | None
    children: list[Any] = field(default_factory=list)

    def buttons(self) -> list[Button]:
        """Return all buttons of the widget."""
        found: list[Button] = []
        waiting = list(self.children)
        for node in waiting:
            found += getattr(node, "buttons", [])
            waiting += getattr(node, "children", []) + getattr(node, "items", [])
        return found


STRICT = Switches()


def build_widget(
    widget: dict[str, Any],
    customer: dict[str, Any] | None,
    context: dict[str, Any],
    heading: str,
    switches: Switches = STRICT,
) -> Widget:
    """Return a widget as it shows over a customer. `context` is what buttons and links may use."""
    template = widget["template"]
    shown = Widget(widget["id"], heading, _color(_dict(template.get("meta"))))
    builder = _Builder(shown, context, switches, needs_data=widget["type"] != "standalone")
    data = find_data(widget, customer or {})
    shown.children = builder.children(template, data, "")
    return shown


def find_data(widget: dict[str, Any], customer: dict[str, Any]) -> Any:
    """Return the data that a widget is bound to, by its type; None for none."""
    if widget["type"] == "http":
        return _dict(customer.get("integrations")).get(str(widget["integration_id"]))
    if widget["type"] == "customer_external_data":
        return _dict(customer.get("external_data")).get(str(widget["app_id"]))
    if widget["type"] == "custom":
        return customer.get("data")
    return None


class _Builder:
    """Walks a template beside the data, and notes in the widget what has none."""

    def __init__(
        self, widget: Widget, context: dict[str, Any], switches: Switches, *, needs_data: bool
    ) -> None:
        self._widget, self._context, self._needs_data = widget, context, needs_data
        self._switches = switches
        self._reading, self._body_reading = reading_of(switches), body_reading_of(switches)

    def children(self, node: dict[str, Any], data: Any, place: str) -> list[Any]:
        """Return the nodes under a node, in their order."""
        held = _dicts(node.get("widgets"))
        numbered = sorted(enumerate(held), key=lambda pair: _order(pair[1]))
        built = [self._node(child, data, f"{place}-{number}") for number, child in numbered]
        return [one for one in built if one is not None]

    def _node(self, node: dict[str, Any], data: Any, place: str) -> Any:
        kind = node.get("type")
        if kind == "card":
            return self._card(node, self._find(node, data), place)
        if kind == "list":
            return self._rows(node, self._find(node, data), place)
        if kind in SHOWN_AS:
            value = self._find(node, data)
            url = safe_url(value, {}, self._reading) if kind == "url" else None
            return Leaf(self._text(node.get("title"), data), SHOWN_AS[kind](value), url)
        return Leaf(f"Unknown node type {kind}", "")

    def _card(self, node: dict[str, Any], data: Any, place: str) -> Card | None:
        title = self._text(node.get("title"), data)
        if self._needs_data and data in (None, "", {}, []):
            return None
        meta, context = _dict(node.get("meta")), self._context | _dict(data)
        custom = _dict(meta.get("custom"))
        links = [
            Link(self._text(one.get("label") or one["url"], data), url)
            for one in _dicts(custom.get("links"))
            if (url := safe_url(one.get("url"), context, self._reading))
        ]
        buttons = [
            read_button(
                raw,
                f"{self._widget.id}{place}-{number}",
                _dict(data) | self._context,
                self._body_reading,
            )
            for number, raw in enumerate(_list(custom.get("buttons")))
        ]
        return Card(
            place,
            title,
            link=safe_url(meta.get("link"), context, self._reading),
            picture=safe_url(meta.get("pictureUrl"), context, self._reading),
            color=_color(meta),
            is_framed=meta.get("displayCard") is not False,
            children=self.children(node, data, place),
            links=links,
            buttons=buttons,
        )

    def _rows(self, node: dict[str, Any], data: Any, place: str) -> Rows | None:
        title = self._text(node.get("title"), data)
        cards = _dicts(node.get("widgets"))
        if len(cards) != 1 or cards[0].get("type") != "card":
            return Rows(title, wrong="A list needs exactly one card in it.")
        if not isinstance(data, list) or not data:
            return None
        meta, card = _dict(node.get("meta")), cards[0]
        items = _sorted(data, str(meta.get("orderBy") or ""))
        limit = str(meta.get("limit") or "")
        if limit.isdecimal():
            items = items[: int(limit)]
        built = [
            self._card(card, self._find(card, item), f"{place}-0i{number}")
            for number, item in enumerate(items)
        ]
        return Rows(title, [one for one in built if one is not None])

    def _text(self, template: Any, data: Any) -> str:
        return render(str(template or ""), self._context | _dict(data), self._reading).strip()

    def _find(self, node: dict[str, Any], data: Any) -> Any:
        path = _path(node)
        if not path or self._switches.widget_path_of_several_keys:
            return find_value(path, data)
        return data.get(path) if isinstance(data, dict) else None


def safe_url(template: Any, context: dict[str, Any], reading: Reading = AS_IN_MACROS) -> str | None:
    """Return an address with its variables filled in, None unless it is http or https."""
    try:
        url = render_url(str(template or ""), context, reading)
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def date_text(value: Any) -> str:
    """Return a date, or date and time, as people read it; what is neither as it is."""
    moment = read_moment(value)
    if moment is None:
        return text_of(value)
    day = f"{moment.day} {moment:%B %Y}"
    return day if DATELESS.fullmatch(str(value).strip()) else f"{day}, {moment:%H:%M %Z}"


def age_text(value: Any) -> str:
    """Return how long ago a time was; what is no time as it is."""
    moment = read_moment(value)
    if moment is None:
        return text_of(value)
    days = (datetime.now(UTC) - moment).days
    return "today" if days < 1 else f"{days} day{'' if days == 1 else 's'} ago"


def boolean_text(value: Any) -> str:
    """Return yes or no; what is neither as it is."""
    return ("yes" if value else "no") if isinstance(value, bool) else text_of(value)


SHOWN_AS: dict[Any, Callable[[Any], str]] = {
    "text": text_of,
    "date": date_text,
    "age": age_text,
    "boolean": boolean_text,
    "url": text_of,
}
"""The kinds of leaves that are seen in a published app's widget, and no others."""


def _sorted(items: list[Any], order_by: str) -> list[Any]:
    # How Gorgias words a direction is not known; a minus for descending is assumed.
    path = order_by.removeprefix("-").strip()
    if not path:
        return items

    def key(item: Any) -> tuple[bool, str, float, str]:
        value = find_value(path, item)
        number = value if isinstance(value, int | float) else 0.0
        return value is None, type(value).__name__, float(number), text_of(value)

    return sorted(items, key=key, reverse=order_by.startswith("-"))


def _order(node: dict[str, Any]) -> float:
    order = node.get("order")
    return float(order) if isinstance(order, int | float) else 0.0


def _path(node: dict[str, Any]) -> str:
    return str(node.get("path") or "")


def _color(meta: dict[str, Any]) -> str | None:
    color = str(meta.get("color") or "")
    return color if COLOR.fullmatch(color) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
