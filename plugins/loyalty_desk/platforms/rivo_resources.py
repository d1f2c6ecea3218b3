"""The frame of each row that Rivo answers: a resource of JSON:API, with an id and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loyalty_desk.http.reading import BadFieldError, kind, read_id


def read_resource(row: Any) -> tuple[str, Mapping[str, Any]]:
    """The id and the attributes of a resource."""
    resource_id = str(read_resource_id(row))
    fields = row.get("attributes")
    if not isinstance(fields, Mapping):
        raise BadFieldError("attributes", f"is {kind(fields)} instead of an object")
    return resource_id, fields


def read_resource_id(row: Any) -> int:
    """The resource's own id (`attributes.id` can be a list); JSON:API spells ids as text."""
    if not isinstance(row, Mapping):
        raise BadFieldError("(row)", f"is {kind(row)} instead of an object")
    value = row.get("id")
    if isinstance(value, str) and value.isdecimal():
        return read_id({"id": int(value)})
    return read_id(row)
