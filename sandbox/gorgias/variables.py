"""Variables in texts: `{{ticket.customer.integrations[555].points}}`, filters and blanks.

One rule for macros, HTTP integrations, widgets and buttons: what is not available becomes one blank
space. That is documented for macros, and assumed for the others.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.gorgias.moments import read_moment, write_moment

BLANK = " "
VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
STEP = re.compile(r"""\.?([\w-]+)|\[\s*(?:(-?\d+)|'([^']*)'|"([^"]*)")\s*\]""")
FILTER = re.compile(r"""\|\s*(\w+)\s*(?:\(\s*(?:"([^"]*)"|'([^']*)')?\s*\))?\s*""")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a rendered text. `variable` is the path it came from, None for plain text."""

    text: str
    variable: str | None = None
    is_blank: bool = False


def find_value(path: str, data: Any) -> Any:
    """Return what a path leads to in JSON data; None when it leads nowhere. "" is all of it."""
    place, found = 0, data
    while place < len(path):
        step = STEP.match(path, place)
        if step is None or (place == 0 and path.startswith(".")):
            return None
        place = step.end()
        found = _enter(found, next(name for name in step.groups() if name is not None))
    return found


def _enter(data: Any, name: str) -> Any:
    if isinstance(data, Mapping):
        return data.get(name)
    if isinstance(data, list) and re.fullmatch(r"-?\d+", name):
        place = int(name)
        return data[place] if -len(data) <= place < len(data) else None
    return None


def text_of(value: Any) -> str:
    """Return a JSON value as people read it; a list of plain values with commas between."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(text_of(one) for one in value)
    return json.dumps(value, ensure_ascii=False)


def render_parts(template: str, context: Mapping[str, Any]) -> list[Part]:
    """Return a text in pieces, variables filled in."""
    parts: list[Part] = []
    place = 0
    for found in VARIABLE.finditer(template):
        if found.start() > place:
            parts.append(Part(template[place : found.start()]))
        text = _evaluate(found[1].strip(), context)
        shown = text if text.strip() else BLANK
        parts.append(Part(shown, found[1].strip(), is_blank=not text.strip()))
        place = found.end()
    if place < len(template):
        parts.append(Part(template[place:]))
    return parts


def render(
    template: str, context: Mapping[str, Any], encode: Callable[[str], str] | None = None
) -> str:
    """Return a text with its variables filled in, each passed through `encode` first."""
    return "".join(
        encode(part.text) if encode and part.variable is not None else part.text
        for part in render_parts(template, context)
    )


def render_url(template: str, context: Mapping[str, Any]) -> str:
    """Return an address; values are escaped, save one that the address begins with."""
    texts = []
    for place, part in enumerate(render_parts(template.strip(), context)):
        is_inside = part.variable is not None and place > 0
        texts.append(quote(part.text, safe="") if is_inside else part.text)
    return "".join(texts).strip()


def render_tree(content: Any, context: Mapping[str, Any]) -> Any:
    """Return JSON content with the variables in its texts filled in."""
    if isinstance(content, str):
        return render(content, context)
    if isinstance(content, dict):
        return {key: render_tree(value, context) for key, value in content.items()}
    if isinstance(content, list):
        return [render_tree(value, context) for value in content]
    return content


def _evaluate(expression: str, context: Mapping[str, Any]) -> str:
    path, bar, _ = expression.partition("|")
    value = find_value(path.strip(), context) if path.strip() else None
    place = len(path)
    while bar and place < len(expression):
        found = FILTER.match(expression, place)
        if found is None:
            return ""
        value = _filter(found[1], found[2] or found[3] or "", value)
        place = found.end()
    return text_of(value)


def _filter(name: str, argument: str, value: Any) -> str | None:
    """Apply a filter. `datetime_format` is the only one that is documented."""
    moment = read_moment(value)
    if name != "datetime_format" or moment is None:
        return None
    return write_moment(moment, argument)
