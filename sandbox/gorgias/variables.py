"""Variables in texts: `{{ticket.customer.integrations[555].points}}`, filters and blanks.

What is not available becomes one blank space. That is documented for macros, and assumed for
widgets. In what buttons and HTTP integrations send, a variable that the page does not have stays as
it is written, and one that it has and that is empty is a blank.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.gorgias.moments import read_moment, write_moment
from sandbox.switches import Switches

BLANK = " "
VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
STEP = re.compile(r"""\.?([\w-]+)|\[\s*(?:(-?\d+)|'([^']*)'|"([^"]*)")\s*\]""")
FILTER = re.compile(r"""\|\s*(\w+)\s*(?:\(\s*(?:"([^"]*)"|'([^']*)')?\s*\))?\s*""")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the variables of a text are read.

    `spaced`: one with spaces inside its braces is a variable too. `keeps_unknown`: one that the
    page does not have stays as text.
    """

    spaced: bool = False
    keeps_unknown: bool = False


AS_IN_MACROS = Reading()


def reading_of(switches: Switches) -> Reading:
    """Return how macros and widgets are read."""
    return Reading(spaced=switches.variables_may_have_spaces)


def body_reading_of(switches: Switches) -> Reading:
    """Return how what buttons and integrations send is read."""
    return Reading(switches.variables_may_have_spaces, switches.unknown_variables_stay_in_bodies)


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


def is_known(path: str, data: Any) -> bool:
    """Tell whether there is such a place in JSON data, be it empty, or below something empty."""
    place, found = 0, data
    while place < len(path):
        step = STEP.match(path, place)
        if step is None or (place == 0 and path.startswith(".")):
            return False
        place, name = step.end(), next(one for one in step.groups() if one is not None)
        if found is None:
            return True
        if isinstance(found, Mapping) and name not in found:
            return False
        found = _enter(found, name)
    return bool(path)


def render_parts(
    template: str, context: Mapping[str, Any], reading: Reading = AS_IN_MACROS
) -> list[Part]:
    """Return a text in pieces, variables filled in."""
    parts: list[Part] = []
    place = 0
    for found in VARIABLE.finditer(template):
        if not _is_variable(found[1], context, reading):
            continue
        if found.start() > place:
            parts.append(Part(template[place : found.start()]))
        text = _evaluate(found[1].strip(), context)
        shown = text if text.strip() else BLANK
        parts.append(Part(shown, found[1].strip(), is_blank=not text.strip()))
        place = found.end()
    if place < len(template):
        parts.append(Part(template[place:]))
    return parts


def _is_variable(inside: str, context: Mapping[str, Any], reading: Reading) -> bool:
    if inside != inside.strip() and not reading.spaced:
        return False
    return not reading.keeps_unknown or is_known(inside.partition("|")[0].strip(), context)


def render(template: str, context: Mapping[str, Any], reading: Reading = AS_IN_MACROS) -> str:
    """Return a text with its variables filled in."""
    return "".join(part.text for part in render_parts(template, context, reading))


def render_url(template: str, context: Mapping[str, Any], reading: Reading = AS_IN_MACROS) -> str:
    """Return an address; values are escaped, save one that the address begins with."""
    texts = []
    for place, part in enumerate(render_parts(template.strip(), context, reading)):
        is_inside = part.variable is not None and place > 0
        texts.append(quote(part.text, safe="") if is_inside else part.text)
    return "".join(texts).strip()


def render_tree(content: Any, context: Mapping[str, Any], reading: Reading = AS_IN_MACROS) -> Any:
    """Return JSON content with the variables in its texts filled in."""
    if isinstance(content, str):
        return render(content, context, reading)
    if isinstance(content, dict):
        return {key: render_tree(value, context, reading) for key, value in content.items()}
    if isinstance(content, list):
        return [render_tree(value, context, reading) for value in content]
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
