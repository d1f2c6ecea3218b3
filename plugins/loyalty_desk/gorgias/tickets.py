"""What routing does to one ticket, beside its tags, and reads of it.

Source: Gorgias API reference, "Update a ticket" (`priority` is critical, high, normal or low, and
what the body leaves out stays; `tags` in it would replace all tags), "List messages", "List tags".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from loyalty_desk.clock import parse_utc
from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.objects import PATHS, Kind
from loyalty_desk.gorgias.paging import iter_rows
from loyalty_desk.http.reading import BadFieldError, read_utc

USUAL: Final = "normal"
"""The priority of a ticket for which nobody chose one."""
MOST_MESSAGES: Final = 100
"""Of one page, so that a ticket costs one request; nobody waits for longer than that is long."""
NOTE: Final = "internal-note"


def set_priority(client: GorgiasClient, ticket_id: int, priority: str) -> None:
    """Set a ticket's priority, and nothing else; raises NotFoundError when there is no ticket."""
    path = f"/api/tickets/{ticket_id}"
    client.transport.send("PUT", path, json={"priority": priority}, retry=True)


def find_first_answer(client: GorgiasClient, ticket_id: int) -> datetime | None:
    """When somebody of the helpdesk first wrote to the customer; None when nobody did yet.

    A note among colleagues is no answer. What a rule of Gorgias sends counts, as nothing documented
    tells it from an agent's.

    Raises:
        ApiUnavailableError: the answer is none that can be used.
    """
    query = {
        "ticket_id": ticket_id,
        "order_by": "created_datetime:asc",
        "limit": MOST_MESSAGES,
    }
    body = client.transport.get_json("/api/messages", query)
    rows = body.get("data") if isinstance(body, Mapping) else body
    if not isinstance(rows, list):
        raise ApiUnavailableError("Gorgias answered /api/messages with something without rows")
    answers = [row for row in rows if isinstance(row, Mapping) and _is_answer(row)]
    try:
        return min((parse_utc(read_utc(row, "created_datetime")) for row in answers), default=None)
    except BadFieldError as error:
        raise ApiUnavailableError(
            f"Gorgias answered /api/messages with something that cannot be used: {error.field}"
        ) from None


def find_tag_birth(client: GorgiasClient, name: str) -> str | None:
    """When the tag of that name was made; None when the account has none.

    Raises:
        BadFieldError: Gorgias does not say when.
    """
    for rows in iter_rows(client.transport, PATHS[Kind.TAG], {"search": name}):
        for row in rows:
            if isinstance(row, Mapping) and row.get("name") == name:
                return read_utc(row, "created_datetime")
    return None


def _is_answer(row: Mapping[str, Any]) -> bool:
    is_said = row.get("channel") != NOTE and row.get("public") is not False
    return row.get("from_agent") is True and is_said
