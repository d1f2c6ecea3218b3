"""How the platforms read requests and refuse them."""

import json
from typing import Any

from fastapi import Request

from sandbox.answers import JSON


class Refusal(Exception):  # noqa: N818 - what an API does, not what goes wrong here
    """A refused request: the status, and a text that the platform words in its own way."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text
        super().__init__(text)


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request carries.

    Raises:
        Refusal: 400 when it is none, or not said to be one.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind != JSON:
        raise Refusal(400, "Content-Type must be application/json")
    try:
        content = json.loads(await request.body())
    except ValueError:
        raise Refusal(400, "The body is not valid JSON") from None
    if not isinstance(content, dict):
        raise Refusal(400, "The body must be an object")
    return content


def read_whole(value: Any, name: str, *, least: int, most: int, status: int = 400) -> int:
    """Return a whole number inside limits.

    Raises:
        Refusal: with `status` when it is none.
    """
    try:
        number = int(str(value))
    except ValueError:
        raise Refusal(status, f"{name} must be a whole number") from None
    if isinstance(value, bool) or not least <= number <= most:
        raise Refusal(status, f"{name} must be {least} to {most}")
    return number


def shaped_error(shape: str, text: str) -> bytes:
    """Return an error body whose only key is `shape`; `errors` holds a list."""
    return json.dumps({shape: [text] if shape == "errors" else text}).encode()
