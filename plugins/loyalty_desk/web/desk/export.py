"""What is kept of one person, for who may erase them: as a page, or as a file for machines."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import StorageError
from loyalty_desk.hooks.folders import folders_of
from loyalty_desk.mismatches.searches import find_id
from loyalty_desk.privacy.export import export_person
from loyalty_desk.privacy.export_page import as_page
from loyalty_desk.privacy.person import PersonError, Who
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.pages import DeskRoute
from loyalty_desk.web.rights import Exporting

router = APIRouter(prefix="/desk/{store}/export", route_class=DeskRoute)

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
)
"""The page is one file with its style in it, and no script."""


@router.get("")
def export(request: Request, visitor: Exporting) -> Response:
    """Everything that the store keeps of a `customer` or a `member`, by id."""
    asked, store = request.query_params, visitor.store.name
    customer, member = asked.get("customer"), asked.get("member")
    number = find_id(customer or "")
    if customer is not None and number is None:
        raise WebError(404, "There is no such customer.")
    try:
        who = Who(customer_id=number, member_id=member)
        found = export_person(staging_engine(), store, who, folders_of(store), utc_now())
    except PersonError as error:
        raise WebError(404, f"{str(error).capitalize()}.") from None
    except StorageError:
        raise WebError(503, "The reports cannot be searched now. Try again shortly.") from None
    if asked.get("form") == "json":
        headers = {"Content-Disposition": 'attachment; filename="person.json"'}
        return Response(found.as_json(), media_type="application/json", headers=headers)
    return HTMLResponse(as_page(found), headers={"Content-Security-Policy": POLICY})
