"""Finds whose fields somebody edited while ours were written, which may have undone the edit.

Nothing but Gorgias' events tells; whether the edit of a field leaves one, the probe asks.

Source: Gorgias API reference, "List events".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.field_writer import Window
from loyalty_desk.gorgias.paging import iter_rows
from loyalty_desk.http.reading import BadFieldError, read_id, read_utc

UPDATED: Final = "customer-updated"
CLOCKS_APART: Final = timedelta(seconds=5)
"""How far Gorgias' clock may be from ours."""


def find_edited(client: GorgiasClient, windows: Sequence[Window]) -> list[int]:
    """Return the customers whom somebody else changed in one of their windows.

    Raises what the client raises, as BadConnectionError without the right to read events.
    """
    if not windows:
        return []
    by_customer: defaultdict[int, list[Window]] = defaultdict(list)
    for window in windows:
        by_customer[window.customer_id].append(window)
    caller = client.get_caller().get("id")
    return sorted(
        {
            event["object_id"]
            for event in _iter_updates(client, min(one.begins for one in windows))
            if event.get("user_id") != caller and _falls_into(event, by_customer)
        }
    )


def leaves_event(client: GorgiasClient, customer_id: int, since: datetime) -> bool:
    """Whether anything that changed a customer since a time left an event."""
    return any(event.get("object_id") == customer_id for event in _iter_updates(client, since))


def _iter_updates(client: GorgiasClient, since: datetime) -> Iterator[Mapping[str, Any]]:
    query = {
        "types": UPDATED,
        "created_datetime[gte]": utc_text(since - CLOCKS_APART),
        "order_by": "created_datetime:asc",
    }
    for rows in iter_rows(client.transport, "/api/events", query):
        yield from (event for event in rows if isinstance(event, Mapping))


def _falls_into(event: Mapping[str, Any], windows: Mapping[int, Sequence[Window]]) -> bool:
    try:
        customer_id = read_id({"id": event.get("object_id")})
        at = parse_utc(read_utc(event, "created_datetime"))
    except BadFieldError:
        return False
    return any(
        one.begins - CLOCKS_APART <= at <= one.ends + CLOCKS_APART
        for one in windows.get(customer_id, ())
    )
