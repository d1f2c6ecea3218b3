"""How Gorgias reads requests and words its answers."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from sandbox.answers import dump
from sandbox.clock import to_us

MISSING = "Missing data for required field."
UNKNOWN = "Unknown field."


class ApiError(Exception):
    """A refused request: status, text, and per field what is wrong with it."""

    def __init__(
        self,
        status: int,
        text: str,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status, self.text, self.data, self.headers = status, text, data, headers
        super().__init__(text)


def empty_answer(status: int, headers: dict[str, str] | None = None) -> Response:
    """Return an answer without a body."""
    return Response(b"", status, headers=headers)


def error_body(text: str, data: dict[str, Any] | None = None) -> bytes:
    """Return the one error shape: `{"error": {"msg", "data"?}}`."""
    error: dict[str, Any] = {"msg": text}
    if data:
        error["data"] = data
    return dump({"error": error})


def not_found() -> ApiError:
    """Return the error for something that is not there."""
    return ApiError(404, "Resource not found.")


def read_query(request: Request, allowed: Collection[str]) -> dict[str, str]:
    """Return the query; the last of repeated keys counts.

    Raises:
        ApiError: 400 when a key is not allowed.
    """
    query = dict(request.query_params.items())
    unknown = {name: [UNKNOWN] for name in query if name not in allowed}
    if unknown:
        raise ApiError(400, "Unknown query parameter.", unknown)
    return query


def read_whole(text: str | None, name: str, low: int, high: int) -> int:
    """Return a whole number from a query.

    Raises:
        ApiError: 400 when it is none, or out of its bounds.
    """
    try:
        number = int(text or "")
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ApiError(400, "Bad query parameter.", {name: [f"Must be {low} to {high}."]})
    return number


def read_flag(text: str, name: str) -> bool:
    """Return a boolean from a query."""
    if text.lower() not in ("true", "false"):
        raise ApiError(400, "Bad query parameter.", {name: ["Not a valid boolean."]})
    return text.lower() == "true"


def read_moment(text: Any, name: str) -> int:
    """Return an ISO date and time, with offset or in UTC, in microseconds since 1970.

    Raises:
        ApiError: 400 when it is none.
    """
    try:
        return to_us(datetime.fromisoformat(text))
    except (TypeError, ValueError):
        raise ApiError(400, "Bad date.", {name: ["Not a valid datetime."]}) from None


async def read_json(request: Request) -> Any:
    """Return the JSON body.

    Raises:
        ApiError: 400 when the body is not JSON or says that it is something else.
    """
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip()
    if kind != "application/json":
        raise ApiError(400, "Only application/json is accepted.")
    try:
        return json.loads(await request.body())
    except ValueError:
        raise ApiError(400, "The body is not valid JSON.") from None


async def read_object(
    request: Request, allowed: Collection[str], required: Collection[str] = ()
) -> dict[str, Any]:
    """Return the JSON body, an object with allowed keys only.

    Raises:
        ApiError: 400 when it is no object, or a key is unknown or missing.
    """
    body = await read_json(request)
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object.")
    wrong = {name: [UNKNOWN] for name in body if name not in allowed}
    wrong |= {name: [MISSING] for name in required if name not in body}
    if wrong:
        raise ApiError(400, "The request has invalid fields.", wrong)
    return body
