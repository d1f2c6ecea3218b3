"""The tickets of a view. Its pages are not those of other lists: the next one is an address.

Source: Gorgias API reference, "List view items".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from loyalty_desk.errors import CursorError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.paging import PAGE_SIZE
from loyalty_desk.gorgias.reading import read_ticket
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.records import Ticket

PLACE: Final = frozenset({"cursor", "direction", "ignored_item"})
"""What says in an address where a page begins."""


def iter_view_tickets(client: GorgiasClient, view_id: int) -> Iterator[Ticket | None]:
    """Yield the tickets of a view, each once; None for one that nobody known sent.

    Raises:
        NotFoundError: there is no such view. CursorError: not the whole view, or no view of
            tickets.
    """
    path = f"/api/views/{view_id}/items"
    place: dict[str, str] = {}
    seen: set[int] = set()
    places: list[dict[str, str]] = []
    while True:
        page = client.transport.get_json(path, {**place, "limit": PAGE_SIZE})
        rows, following = _read_page(path, page)
        for row in rows:
            try:
                ticket = read_ticket(row)
            except BadFieldError as error:
                raise CursorError(f"{path} has what is no ticket: {error.field}") from None
            ticket_id = row["id"]
            if ticket_id not in seen:  # one that is updated meanwhile moves, and comes again
                seen.add(ticket_id)
                yield ticket
        if following is None:
            return
        places.append(place)
        if following in places:
            raise CursorError(f"Gorgias repeated a page of {path}")
        place = following


def _read_page(path: str, page: Any) -> tuple[list[Any], dict[str, str] | None]:
    """The rows, and where the next page begins; None ends the list, a missing one never does."""
    rows = page.get("data") if isinstance(page, Mapping) else None
    meta = page.get("meta") if isinstance(page, Mapping) else None
    if not isinstance(rows, list) or not isinstance(meta, Mapping) or "next_items" not in meta:
        raise CursorError(f"a page of {path} came without its rows or its cursor")
    address = meta["next_items"]
    if address is None:
        return rows, None
    place = dict(parse_qsl(urlsplit(address).query)) if isinstance(address, str) else {}
    if "cursor" not in place:
        raise CursorError(f"a page of {path} came without its cursor")
    return rows, {name: value for name, value in place.items() if name in PLACE}
