"""What all servers have in common: JSON, and how their control APIs read and refuse."""

import json
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response

JSON = "application/json"


def dump(content: Any) -> bytes:
    """Write JSON as short as it goes."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def json_answer(content: Any, status: int = 200) -> Response:
    """Return an answer with a JSON body."""
    return Response(dump(content), status, media_type=JSON)


async def read_body(request: Request) -> dict[str, Any]:
    """Return the JSON body of a control request; nothing sent is an empty object."""
    body = await request.body()
    try:
        content = json.loads(body) if body else {}
    except ValueError:
        raise HTTPException(400) from None
    return content if isinstance(content, dict) else {}


def refuse(text: str, status: int = 400) -> Response:
    """Return a refusal of the control API."""
    return json_answer({"error": text}, status)
