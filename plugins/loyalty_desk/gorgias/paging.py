"""Lists of Gorgias, page after page.

Source: Gorgias API reference, "Pagination".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from loyalty_desk.errors import CursorError
from loyalty_desk.http.transport import Transport

PAGE_SIZE: Final = 100
"""The most that Gorgias gives at once."""


def iter_rows(transport: Transport, path: str, query: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield the rows of a list page after page, following the cursor to its end.

    Raises:
        CursorError: a page without its cursor, or with one seen before: not the whole list.
    """
    seen: set[str | int] = set()
    cursor: str | None = None
    while True:
        page_query = {**query, "limit": PAGE_SIZE} | ({"cursor": cursor} if cursor else {})
        page = transport.get_json(path, page_query)
        rows, cursor = _read_page(path, page, first=cursor is None)
        # The same place can come back under another cursor, so the rows are compared too.
        content = hash(tuple(_id_text(row) for row in rows))
        if not seen.isdisjoint({cursor, content}):
            raise CursorError(f"{transport.service} repeated a page of {path}")
        yield rows
        if cursor is None:
            return
        seen |= {cursor, content}


def _read_page(path: str, page: Any, *, first: bool) -> tuple[list[Any], str | None]:
    """The rows and the next cursor; None ends the list, a missing cursor never does."""
    if isinstance(page, list) and first and len(page) < PAGE_SIZE:
        return page, None  # Some published samples have no envelope; a full page would go on.
    rows = page.get("data") if isinstance(page, Mapping) else None
    meta = page.get("meta") if isinstance(page, Mapping) else None
    if not isinstance(rows, list) or not isinstance(meta, Mapping):
        raise CursorError(f"a page of {path} came without its rows or its cursor")
    cursor = meta.get("next_cursor", "")
    if cursor is None:
        return rows, None
    if not isinstance(cursor, str) or not cursor:
        raise CursorError(f"a page of {path} came without its cursor")
    return rows, cursor


def _id_text(row: Any) -> str:
    return str(row.get("id")) if isinstance(row, Mapping) else ""
