"""Reads what a request holds: JSON or a form, bounded in size and time, as one flat mapping."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.requests import ClientDisconnect

from loyalty_desk.web.answers import WebError

MOST_BYTES: Final = 16_384
MOST_S: Final = 10.0
"""How long a body may take to come in. Whoever calls us has it whole before the request begins."""
MOST_FIELDS: Final = 50
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
UNFILLED: Final = re.compile(r"\s*\{\{[\w.\[\]-]+\}\}\s*")
"""A variable of Gorgias' on a page that does not have it: it is sent as it stands."""


async def read_fields(request: Request, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """The fields of a JSON object or of a form.

    A number stays the text that was sent: money must not pass through float, Python reads no number
    of thousands of digits, and an amount is checked as it was written. NaN and Infinity, which are
    no JSON but are sent as such, become floats, which no field takes. A variable that Gorgias left
    unfilled is an empty text.

    Raises:
        WebError: 408 too slow; 413 too large; 415 neither JSON nor a form; 400 not what its type
            says.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {JSON, FORM}:
        raise WebError(415, f"send {JSON} or {FORM}")
    body = await read_bounded(request, most_bytes)
    try:
        text = body.decode()
        return _without_unfilled(_read_json(text) if kind == JSON else _read_form(text))
    except (ValueError, RecursionError):  # UnicodeDecodeError is one too
        raise WebError(400, f"the body is not a valid {kind}") from None


async def read_bounded(request: Request, most_bytes: int) -> bytes:
    """The body as it came; raises WebError: 408 too slow, 413 too large, 400 cut off."""
    body = bytearray()
    try:
        async with asyncio.timeout(MOST_S):
            async for part in request.stream():
                body += part
                if len(body) > most_bytes:
                    raise WebError(413, f"the body is larger than {most_bytes} bytes")
    except TimeoutError:
        close = {"Connection": "close"}  # or the rest would be waited for
        raise WebError(408, f"the body took more than {MOST_S:g} s", headers=close) from None
    except ClientDisconnect:  # nobody is there to read the answer, but it is no failure of ours
        raise WebError(400, "the body was cut off") from None
    return bytes(body)


def _read_json(text: str) -> dict[str, Any]:
    content = json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=_without_repeats)
    if not isinstance(content, dict):
        raise WebError(400, "the body must be one JSON object")
    return content


def _read_form(text: str) -> dict[str, Any]:
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    return _without_repeats(pairs)


def _without_unfilled(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: "" if isinstance(value, str) and UNFILLED.fullmatch(value) else value
        for name, value in fields.items()
    }


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise WebError(400, "a field is given twice")
    return fields
