"""What an account is furnished with: tags, customer fields, HTTP integrations, widgets, macros,
views.

Source: Gorgias API reference, "Tags", "Custom fields", "Integrations", "Widgets", "Macros",
"Views".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiUnavailableError, NotFoundError
from loyalty_desk.gorgias.paging import iter_rows
from loyalty_desk.http.reading import BadFieldError, read_id
from loyalty_desk.http.transport import Transport

Body = Mapping[str, Any]

DEACTIVATED: Final = "deactivated_datetime"
"""Set: a widget that is off, an integration that Gorgias disabled, a field in the archive."""
ARCHIVED: Final = "archived_datetime"
"""Set: a macro in the archive."""


class Kind(StrEnum):
    """In the order in which they are made; they are removed in the reverse one."""

    TAG = "tag"
    CUSTOM_FIELD = "custom_field"
    INTEGRATION = "integration"
    WIDGET = "widget"
    MACRO = "macro"
    VIEW = "view"


PATHS: Final = {
    Kind.TAG: "/api/tags",
    Kind.CUSTOM_FIELD: "/api/custom-fields",
    Kind.INTEGRATION: "/api/integrations",
    Kind.WIDGET: "/api/widgets",
    Kind.MACRO: "/api/macros",
    Kind.VIEW: "/api/views",
}
OLDEST_FIRST: Final = {"order_by": "created_datetime:asc"}
QUERIES: Final[Mapping[Kind, Body]] = {
    Kind.TAG: OLDEST_FIRST,
    Kind.CUSTOM_FIELD: {"object_type": "Customer"},
    Kind.INTEGRATION: {**OLDEST_FIRST, "type": "http"},
    Kind.WIDGET: OLDEST_FIRST,
    Kind.MACRO: OLDEST_FIRST,
    Kind.VIEW: {},
}


class AccountObjects:
    """Reads and writes these objects of one account. Raises what `Transport.send` raises."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list_all(self, kind: Kind) -> list[Body]:
        """All objects of a kind, oldest first; customer fields only of fields.

        Raises:
            CursorError: the list is not whole, so something might be made a second time.
        """
        pages = iter_rows(self._transport, PATHS[kind], QUERIES[kind])
        # A row that moves while the list is read comes twice, and would look like a double.
        rows = {
            self._id_of(kind, row): row
            for page in pages
            for row in page
            if isinstance(row, Mapping)
        }
        return [rows[object_id] for object_id in sorted(rows)]

    def find(self, kind: Kind, object_id: int) -> Body | None:
        """One object; None when it was deleted."""
        try:
            row = self._transport.get_json(f"{PATHS[kind]}/{object_id}")
        except NotFoundError:
            return None
        return row if isinstance(row, Mapping) else None

    def create(self, kind: Kind, body: Body) -> int:
        """Make an object and return its id.

        Never repeated after a lost answer: look for it first.
        """
        answer = self._transport.send("POST", PATHS[kind], json=dict(body), retry=False)
        return self._id_of(kind, answer.body if isinstance(answer.body, Mapping) else {})

    def update(self, kind: Kind, object_id: int, body: Body) -> None:
        """Change an object; `body` is whole, as some kinds take what is left out for a reset."""
        self._transport.send("PUT", f"{PATHS[kind]}/{object_id}", json=dict(body), retry=True)

    def remove(self, kind: Kind, object_id: int) -> None:
        """Delete an object, or find that somebody else did.

        A customer field, which cannot be deleted, goes into the archive.
        """
        if kind is Kind.CUSTOM_FIELD:
            self._archive_field(object_id)
            return
        try:
            self._transport.send("DELETE", f"{PATHS[kind]}/{object_id}", retry=True)
        except NotFoundError:
            return

    def _archive_field(self, field_id: int) -> None:
        field = self.find(Kind.CUSTOM_FIELD, field_id)
        if field is not None:
            keys = ("object_type", "label", "definition")
            kept = {key: field[key] for key in keys if key in field}
            self.update(Kind.CUSTOM_FIELD, field_id, {**kept, DEACTIVATED: utc_text(utc_now())})

    def unarchive_macro(self, macro_id: int) -> None:
        body = {"ids": [macro_id]}
        self._transport.send("PUT", f"{PATHS[Kind.MACRO]}/unarchive", json=body, retry=True)

    def _id_of(self, kind: Kind, row: Body) -> int:
        try:
            return read_id(row)
        except BadFieldError as error:
            raise ApiUnavailableError(
                f"{self._transport.service} answered {PATHS[kind]} with something that cannot be"
                f" used: {error.field}"
            ) from None
