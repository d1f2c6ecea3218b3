"""How Rivo reads requests and words its answers."""

import json
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from sandbox.programme.answers import Refusal

BASE_PATH = "/merchant_api/v1"


def resource(kind: str, resource_id: int, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a resource in the JSON:API-like shape."""
    return {"id": resource_id, "type": kind, "attributes": attributes}


async def read_form(request: Request, *, json_too: bool) -> dict[str, Any]:
    """Return the form fields of a request, or its JSON object where that is taken.

    Raises:
        Refusal: 400 when the body is of the other kind or cannot be read.
    """
    body = await request.body()
    kind = request.headers.get("content-type", "").split(";")[0].strip()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        return {name: str(value) for name, value in (await request.form()).items()}
    if kind != "application/json" or not json_too:
        raise Refusal(400, "Send form data.")
    try:
        content = json.loads(body)
    except ValueError:
        raise Refusal(400, "The body is not valid JSON.") from None
    if not isinstance(content, dict):
        raise Refusal(400, "The body must be an object.")
    return content


def read_whole(value: Any, name: str) -> int:
    """Return a whole number from a form or a query.

    Raises:
        Refusal: 422 when it is none.
    """
    try:
        return int(str(value))
    except ValueError:
        raise Refusal(422, f"{name} must be a whole number") from None
