"""Opaque cursors: what they say is nobody's business but the server's."""

import base64
import json
from typing import Any

from fastapi import Request

from sandbox.programme.answers import Refusal


def make_cursor(content: dict[str, Any]) -> str:
    """Return a text that `read_cursor` understands."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def read_cursor(text: str) -> dict[str, Any]:
    """Return what a cursor says.

    Raises:
        Refusal: 400 when it is none.
    """
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise Refusal(400, "the cursor is not valid") from None
    if not isinstance(content, dict):
        raise Refusal(400, "the cursor is not valid")
    return content


def spoil(request: Request, content: dict[str, Any], key: str, given: str | None) -> None:
    """Let a fault rule take the cursor under `key` away, or give the one of the question again."""
    if content.get(key) is None:
        return
    spoilt = request.scope["sandbox"].pick_cursor_fault()
    if spoilt == "no_cursor":
        del content[key]
    elif spoilt == "repeat_cursor":
        content[key] = given or content[key]
