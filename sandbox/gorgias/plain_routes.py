"""Widgets, HTTP integrations and macros: stored and given back, checked as far as documented."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.clock import iso_naive, iso_offset
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import ApiError, empty_answer, not_found, read_object, read_query
from sandbox.gorgias.desk import Shelf
from sandbox.gorgias.integrations import FORM, JSON
from sandbox.gorgias.paging import PAGING, Listing, Walk, answer_page, both_ways, walk_keys

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


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of plain object: its keys with their defaults, what it needs, how it is checked."""

    path: str
    shelf: Callable[[Account], Shelf]
    defaults: dict[str, Any]
    required: frozenset[str]
    check: Callable[[Account, dict[str, Any]], dict[str, Any]]
    orders: tuple[str, ...] = ("created_datetime",)
    filters: frozenset[str] = frozenset()
    stamps: dict[str, Callable[[int], str] | None] = field(default_factory=dict)


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
        {"created_datetime": iso_naive, "updated_datetime": iso_naive},
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
        {"created_datetime": iso_naive, "updated_datetime": iso_naive},
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
        {"created_datetime": iso_offset, "updated_datetime": None},
    ),
)  # fmt: skip


def _kind(path: str) -> Kind:
    return next(kind for kind in KINDS if kind.path == path)


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    http = item.get("http")
    if not isinstance(http, dict):
        return item
    return item | {"http": {key: value for key, value in http.items() if key != "hmac_secret"}}


def _check(kind: Kind, account: Account, item: dict[str, Any]) -> None:
    wrong = kind.check(account, item)
    if wrong:
        raise ApiError(400, f"Failed to save {kind.path[:-1]}", wrong)


def _find(request: Request, kind: Kind, item_id: int) -> dict[str, Any]:
    item = kind.shelf(account_of(request)).held.get(item_id)
    if item is None:
        raise not_found()
    return item


async def _list(request: Request, kind: Kind) -> Response:
    account = account_of(request)
    query = read_query(request, PAGING | kind.filters)
    if kind.path == "integrations" and query.get("type", "http") != "http":
        raise ApiError(400, "Bad query parameter.", {"type": ["Not a valid choice."]})
    held = kind.shelf(account).held

    def keep(item_id: int) -> bool:
        item = held[item_id]
        for name in ("integration_id", "app_id"):
            if name in query and str(item.get(name)) != query[name]:
                return False
        if "archived" in query and kind.path == "macros":
            archived = item["archived_datetime"] is not None
            return archived == (query["archived"].lower() == "true")
        return query.get("search", "").lower() in str(item.get("name", "")).lower()

    orders: dict[str, tuple[Walk, bool]] = {}
    for name in kind.orders:
        keys = [(str(item.get(name) or ""), item_id) for item_id, item in held.items()]
        if name == "order":
            keys = [(f"{item['order']:09d}", item_id) for item_id, item in held.items()]
        orders |= both_ways(name, walk_keys(keys))
    return answer_page(request, account.ground, Listing(orders, lambda i: _shown(held[i]), keep))


async def _create(request: Request, kind: Kind) -> Response:
    account = account_of(request)
    read_query(request, ())
    body = await read_object(request, kind.defaults, kind.required)
    item = kind.defaults | body
    _check(kind, account, item)
    now_us = account.ground.clock.now_us()
    item |= {name: write(now_us) if write else None for name, write in kind.stamps.items()}
    stored = kind.shelf(account).add(item)
    stored["uri"] = f"/api/{kind.path}/{stored['id']}/"
    if kind.path == "integrations":
        stored["http"] = {"id": FIRST_HTTP_ID + stored["id"], **stored["http"]}
        stored["user"] = {"id": request.scope["sandbox"].caller.user_id}
    if kind.path == "macros":
        stored["usage"] = 0
    return json_answer(_shown(stored), 201)


async def _update(request: Request, kind: Kind, item_id: int) -> Response:
    account = account_of(request)
    read_query(request, ())
    item = _find(request, kind, item_id)
    body = await read_object(request, {*kind.defaults, "id"})
    base = item
    if kind.path == "widgets" and account.ground.switches.widget_put_replaces:
        base = item | kind.defaults
    if isinstance(body.get("http"), dict):
        body["http"] = item["http"] | body["http"]
    changed = base | body | {"id": item_id}
    _check(kind, account, changed)
    stamp = iso_naive if kind.path != "macros" else iso_offset
    item.update(changed, updated_datetime=stamp(account.ground.clock.now_us()))
    return json_answer(_shown(item), 202)


@router.get("/widgets")
@router.get("/integrations")
@router.get("/macros")
async def list_items(request: Request) -> Response:
    """List objects of a kind."""
    return await _list(request, _kind(request.url.path.split("/")[2]))


@router.post("/widgets")
@router.post("/integrations")
@router.post("/macros")
async def create_item(request: Request) -> Response:
    """Create an object of a kind."""
    return await _create(request, _kind(request.url.path.split("/")[2]))


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
        _find(request, _kind("macros"), item_id)["archived_datetime"] = archived
    return json_answer({"data": [{"id": item_id} for item_id in body["ids"]]}, 202)


@router.get("/widgets/{item_id}")
@router.get("/integrations/{item_id}")
@router.get("/macros/{item_id}")
async def get_item(request: Request, item_id: int) -> Response:
    """Show one object."""
    return json_answer(_shown(_find(request, _kind(request.url.path.split("/")[2]), item_id)))


@router.put("/widgets/{item_id}")
@router.put("/integrations/{item_id}")
@router.put("/macros/{item_id}")
async def update_item(request: Request, item_id: int) -> Response:
    """Change what the body names."""
    return await _update(request, _kind(request.url.path.split("/")[2]), item_id)


@router.delete("/widgets/{item_id}")
@router.delete("/integrations/{item_id}")
@router.delete("/macros/{item_id}")
async def delete_item(request: Request, item_id: int) -> Response:
    """Delete one object."""
    kind = _kind(request.url.path.split("/")[2])
    _find(request, kind, item_id)
    del kind.shelf(account_of(request)).held[item_id]
    return empty_answer(204)
