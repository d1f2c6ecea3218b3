"""Widgets, HTTP integrations and macros: stored and given back, checked as far as documented."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.clock import iso_naive, iso_offset
from sandbox.gorgias import kinds
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import ApiError, read_object
from sandbox.gorgias.integrations import FORM, JSON
from sandbox.gorgias.kinds import Kind

router = APIRouter(prefix="/api")
WIDGET_TYPES = {
    "bigcommerce", "custom", "customer_external_data", "http", "klaviyo", "magento2", "recharge",
    "shopify", "smile", "standalone", "stripe", "woocommerce", "yotpo",
}  # fmt: skip
TRIGGERS = {
    "ticket-created", "ticket-updated", "ticket-message-created", "ticket-self-unsnoozed",
    "ticket-message-failed", "ticket-assignment-updated", "ticket-status-updated",
    "ticket-handed-over",
}  # fmt: skip
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
HTTP_KEYS = {
    "url", "method", "headers", "form", "request_content_type", "response_content_type",
    "hmac_secret", "triggers", "id",
}  # fmt: skip
FIRST_HTTP_ID = 8_000


def check_widget(_: Account, widget: dict[str, Any]) -> dict[str, Any]:
    """Return what is wrong with a widget, by field."""
    wrong: dict[str, Any] = {}
    if widget["type"] not in WIDGET_TYPES:
        wrong["type"] = ["Not a valid choice."]
    if widget["context"] not in ("ticket", "customer", "user"):
        wrong["context"] = ["Not a valid choice."]
    template = widget["template"]
    if not isinstance(template, dict) or template.get("type") != "wrapper":
        wrong["template"] = ["The root must be a wrapper."]
    if widget["integration_id"] is not None and widget["type"] != "http":
        wrong["integration_id"] = ["Only for http widgets."]
    if widget["app_id"] is not None and widget["type"] != "customer_external_data":
        wrong["app_id"] = ["Only for customer_external_data widgets."]
    return wrong


def check_integration(account: Account, integration: dict[str, Any]) -> dict[str, Any]:
    """Return what is wrong with an integration, by field."""
    wrong: dict[str, Any] = {}
    if integration["type"] != "http":
        wrong["type"] = ["Only http integrations can be made."]
    http = integration["http"]
    if not isinstance(http, dict) or not http.get("url") or not isinstance(http["url"], str):
        return wrong | {"http": ["An url is needed."]}
    objects = [http.get(name) for name in ("headers", "form", "triggers")]
    if not all(one is None or isinstance(one, dict) for one in objects):
        return wrong | {"http": ["Not a valid object."]}
    if set(http) - HTTP_KEYS:
        wrong["http"] = ["Unknown field."]
    if http.get("method", "GET") not in METHODS:
        wrong["http"] = ["Not a valid method."]
    if http.get("request_content_type", JSON) not in (JSON, FORM):
        wrong["http"] = ["Not a valid request_content_type."]
    if http.get("response_content_type", JSON) != JSON:
        wrong["http"] = ["Not a valid response_content_type."]
    triggers = set(http.get("triggers") or ())
    if account.ground.switches.trigger_underscores_accepted:
        triggers = {name.replace("_", "-") for name in triggers}
    if triggers - TRIGGERS:
        wrong["http"] = ["Not a valid trigger."]
    return wrong


def check_macro(_: Account, macro: dict[str, Any]) -> dict[str, Any]:
    """Return what is wrong with a macro, by field."""
    wrong: dict[str, Any] = {}
    if not isinstance(macro["name"], str) or not macro["name"]:
        wrong["name"] = ["Not a valid name."]
    actions = macro["actions"]
    if not isinstance(actions, list) or not all(isinstance(one, dict) for one in actions):
        wrong["actions"] = ["Not a list of actions."]
    return wrong


def _begun(integration: dict[str, Any], user_id: int) -> dict[str, Any]:
    http = {"id": FIRST_HTTP_ID + integration["id"], **integration["http"]}
    return {"http": http, "user": {"id": user_id}}


def _shown(integration: dict[str, Any]) -> dict[str, Any]:
    http = {key: value for key, value in integration["http"].items() if key != "hmac_secret"}
    return integration | {"http": http}


KINDS = (
    Kind(
        "widgets",
        lambda account: account.desk.widgets,
        {"type": None, "context": "ticket", "integration_id": None, "app_id": None, "order": 0,
         "template": None, "deactivated_datetime": None},
        frozenset({"type", "template"}),
        check_widget,
        ("created_datetime", "order"),
        frozenset({"integration_id", "app_id"}),
        frozenset({"integration_id", "app_id"}),
        {"created_datetime": iso_naive, "updated_datetime": iso_naive},
        iso_naive,
    ),
    Kind(
        "integrations",
        lambda account: account.desk.integrations,
        {"name": None, "type": "http", "description": None, "http": None,
         "deactivated_datetime": None},
        frozenset({"name", "type", "http"}),
        check_integration,
        ("created_datetime",),
        frozenset({"type"}),
        frozenset(),
        {"created_datetime": iso_naive, "updated_datetime": iso_naive},
        iso_naive,
        begun=_begun,
        shown=_shown,
    ),
    Kind(
        "macros",
        lambda account: account.desk.macros,
        {"external_id": None, "name": None, "intent": None, "language": None, "actions": [],
         "archived_datetime": None},
        frozenset({"name"}),
        check_macro,
        ("usage", "name", "created_datetime", "updated_datetime", "relevance", "language"),
        frozenset({"search", "tags", "languages", "archived", "ticket_id", "message_id"}),
        frozenset(),
        {"created_datetime": iso_offset, "updated_datetime": None},
        begun=lambda _macro, _user_id: {"usage": 0},
    ),
)  # fmt: skip


def _kind(request: Request) -> Kind:
    return kinds.kind_of(request, KINDS)


@router.get("/widgets")
@router.get("/integrations")
@router.get("/macros")
async def list_items(request: Request) -> Response:
    """List objects of a kind."""
    kind = _kind(request)
    if kind.path == "integrations" and request.query_params.get("type", "http") != "http":
        raise ApiError(400, "Bad query parameter.", {"type": ["Not a valid choice."]})
    return kinds.list_items(request, kind)


@router.post("/widgets")
@router.post("/integrations")
@router.post("/macros")
async def create_item(request: Request) -> Response:
    """Create an object of a kind."""
    return await kinds.create_item(request, _kind(request))


@router.put("/macros/archive")
@router.put("/macros/unarchive")
async def archive_macros(request: Request) -> Response:
    """Archive or take back up to 30 macros."""
    account = account_of(request)
    body = await read_object(request, {"ids"}, {"ids"})
    if not 1 <= len(body["ids"]) <= 30:
        raise ApiError(400, "The request has invalid fields.", {"ids": ["1 to 30 ids."]})
    stamp = iso_offset(account.ground.clock.now_us())
    archived = stamp if request.url.path.endswith("/archive") else None
    for item_id in body["ids"]:
        kinds.find_item(request, _kind(request), item_id)["archived_datetime"] = archived
    return json_answer({"data": [{"id": item_id} for item_id in body["ids"]]}, 202)


@router.get("/widgets/{item_id}")
@router.get("/integrations/{item_id}")
@router.get("/macros/{item_id}")
async def get_item(request: Request, item_id: int) -> Response:
    """Show one object."""
    kind = _kind(request)
    return json_answer(kind.shown(kinds.find_item(request, kind, item_id)))


@router.put("/widgets/{item_id}")
@router.put("/integrations/{item_id}")
@router.put("/macros/{item_id}")
async def update_item(request: Request, item_id: int) -> Response:
    """Change what the body names; a switch says whether a widget forgets the rest."""
    kind, base = _kind(request), None
    if kind.path == "widgets" and account_of(request).ground.switches.widget_put_replaces:
        base = kinds.find_item(request, kind, item_id) | kind.defaults
    return await kinds.update_item(request, kind, item_id, base)


@router.delete("/widgets/{item_id}")
@router.delete("/integrations/{item_id}")
@router.delete("/macros/{item_id}")
async def delete_item(request: Request, item_id: int) -> Response:
    """Delete one object."""
    return kinds.delete_item(request, _kind(request), item_id)
