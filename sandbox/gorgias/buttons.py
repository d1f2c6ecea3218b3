"""HTTP buttons of a widget's card: what an agent fills in, and the request that is made.

How Gorgias stores a button is not public. The one shape here is an assumption of the sandbox, see
its README; nothing outside the sandbox may rest on it.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.calling import Call, Reply, send
from sandbox.gorgias.variables import AS_IN_MACROS, Reading, render, render_url

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
TOLD = ("message", "summary", "detail", "error")
LONGEST_ANSWER = 4_000
SHORTEST_SECRET = 4
KEPT_RESULTS = 200


@dataclass(frozen=True, slots=True)
class Field:
    """A value that a button sends; `place` is `params` (the query) or `body`.

    The agent is asked for rows of a form and of the query: a JSON body goes out as it stands.
    """

    key: str
    label: str
    value: str
    is_editable: bool
    place: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button with its variables filled in. `wrong` says why it cannot be pressed."""

    id: str
    label: str
    method: str = "POST"
    url: str = field(default="", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    content_type: str = JSON
    fields: tuple[Field, ...] = ()
    wrong: str | None = None

    @property
    def target(self) -> str:
        """The address without its query, which may hold secrets."""
        parts = urlsplit(self.url)
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of pressing a button, fit to be shown."""

    button_id: str
    label: str
    status: int
    message: str
    body: str

    @property
    def is_success(self) -> bool:
        """Tell whether the call was answered with a 2xx."""
        return 200 <= self.status < 300


class Results:
    """What came of the last buttons pressed, for the page that the browser is sent on to."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._held: OrderedDict[str, Result] = OrderedDict()

    def keep(self, result: Result) -> str:
        """Keep a result and return the key to find it by."""
        key = str(next(self._numbers))
        self._held[key] = result
        while len(self._held) > KEPT_RESULTS:
            self._held.popitem(last=False)
        return key

    def find(self, key: str) -> Result | None:
        """Return a result, None when it is not kept any longer."""
        return self._held.get(key)


def read_button(
    raw: Any, button_id: str, context: dict[str, Any], reading: Reading = AS_IN_MACROS
) -> Button:
    """Return a stored button with its variables filled in; `reading` is that of what it sends."""
    label = render(str(raw.get("label") or "Button"), context) if isinstance(raw, dict) else "?"
    try:
        action = raw["action"]
        body = action.get("body") or {}
        kind = str(body.get("contentType") or JSON)
        fields = [
            Field(
                key=str(one["key"]),
                label=str(one.get("label") or one["key"]),
                value=render(str(one.get("value") or ""), context, reading).strip(),
                is_editable=one.get("editable") is True and (place == "params" or kind == FORM),
                place=place,
            )
            for place, held in (("params", action.get("params")), ("body", body.get("fields")))
            for one in held or ()
        ]
        headers = {
            str(one["key"]): render(str(one.get("value") or ""), context, reading).strip()
            for one in action.get("headers") or ()
        }
        url = render_url(action["url"], context, reading)
        method = str(action.get("method") or "POST")
    except (AttributeError, KeyError, TypeError, ValueError):
        return Button(button_id, label, wrong="This button is not in the shape the sandbox knows.")
    return Button(button_id, label, method, url, headers, kind, tuple(fields))


def build_call(button: Button, given: dict[int, str]) -> Call:
    """Return the request; `given` has what the agent filled in, by the field's place."""
    values: dict[str, dict[str, str]] = {"params": {}, "body": {}}
    for place, one in enumerate(button.fields):
        filled = given.get(place, one.value) if one.is_editable else one.value
        values[one.place][one.key] = filled
    query = urlencode(values["params"])
    joint = "&" if "?" in button.url else "?"
    url = f"{button.url}{joint}{query}" if query else button.url
    if button.method in ("GET", "HEAD"):
        return Call(button.method, url, button.headers)
    is_form = button.content_type == FORM
    content = urlencode(values["body"]) if is_form else json.dumps(values["body"])
    headers = {"content-type": button.content_type} | button.headers
    return Call(button.method, url, headers, content.encode())


async def press(button: Button, given: dict[int, str], timeout_s: float) -> Result:
    """Make a button's call, once, as Gorgias would from its own servers."""
    if button.wrong:
        return Result(button.id, button.label, 0, button.wrong, "")
    reply = await send(build_call(button, given), timeout_s)
    body = _without_secrets(reply.body.decode("utf-8", "replace"), button)
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if content is not None:
        body = json.dumps(content, indent=2, ensure_ascii=False)
    shown = body[:LONGEST_ANSWER]
    return Result(button.id, button.label, reply.status, _message(reply, content), shown)


def _message(reply: Reply, content: Any) -> str:
    if reply.trouble:
        return f"No answer: {reply.trouble}."
    told = content if isinstance(content, dict) else {}
    found = next((told[name] for name in TOLD if isinstance(told.get(name), str)), None)
    return found or ("Done." if reply.is_success else "The call was refused.")


def _without_secrets(text: str, button: Button) -> str:
    """Blot out header values that an answer repeats, whole and without a word before them."""
    for value in button.headers.values():
        for secret in (value, value.rpartition(" ")[2]):
            if len(secret) >= SHORTEST_SECRET and secret not in (JSON, FORM):
                text = text.replace(secret, "•••")
    return text
