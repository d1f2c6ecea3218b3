"""Kinds of plain objects: stored and given back, checked as far as they are documented."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.clock import iso_offset
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import ApiError, not_found, read_object, read_query
from sandbox.gorgias.desk import Shelf
from sandbox.gorgias.paging import PAGING, Listing, Walk, answer_page, both_ways, walk_keys

Item = dict[str, Any]
Stamp = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of plain object: its keys with their defaults, what it needs, how it is checked.

    `filters` may be in the query of a list, and those of them in `exact` are compared with the keys
    of that name. `stamps` are set when one is made, `changed` when it is changed.
    """

    path: str
    shelf: Callable[[Account], Shelf]
    defaults: Item
    required: frozenset[str]
    check: Callable[[Account, Item], Item]
    orders: tuple[str, ...] = ("created_datetime",)
    filters: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    stamps: Mapping[str, Stamp | None] = field(default_factory=dict)
    changed: Stamp = iso_offset
    begun: Callable[[Item, int], Item] = lambda _item, _user_id: {}
    """What one that is made has besides, and nobody can set, by itself and who makes it."""
    shown: Callable[[Item], Item] = dict


def kind_of(request: Request, kinds: tuple[Kind, ...]) -> Kind:
    """Return the kind that a path is about."""
    path = request.url.path.split("/")[2]
    return next(kind for kind in kinds if kind.path == path)


def find_item(request: Request, kind: Kind, item_id: int) -> Item:
    """Return one object.

    Raises:
        ApiError: 404 when there is none.
    """
    item = kind.shelf(account_of(request)).held.get(item_id)
    if item is None:
        raise not_found()
    return item


def check_item(kind: Kind, account: Account, item: Item) -> None:
    """Refuse an object that is not right.

    Raises:
        ApiError: 400 with what is wrong, by field.
    """
    wrong = kind.check(account, item)
    if wrong:
        raise ApiError(400, f"Failed to save {kind.path[:-1]}", wrong)


def list_items(request: Request, kind: Kind) -> Response:
    """Answer a page of a kind's objects."""
    account = account_of(request)
    query = read_query(request, PAGING | kind.filters)
    held = kind.shelf(account).held

    def keep(item_id: int) -> bool:
        item = held[item_id]
        if any(str(item.get(name)) != query[name] for name in kind.exact & query.keys()):
            return False
        if "archived" in query:
            archived = item["archived_datetime"] is not None
            return archived == (query["archived"].lower() == "true")
        return query.get("search", "").lower() in str(item.get("name", "")).lower()

    orders: dict[str, tuple[Walk, bool]] = {}
    for name in kind.orders:
        keys = [(str(item.get(name) or ""), item_id) for item_id, item in held.items()]
        if name == "order":
            keys = [(f"{item['order']:09d}", item_id) for item_id, item in held.items()]
        orders |= both_ways(name, walk_keys(keys))
    listing = Listing(orders, lambda item_id: kind.shown(held[item_id]), keep)
    return answer_page(request, account.ground, listing)


async def create_item(request: Request, kind: Kind) -> Response:
    """Make an object of a kind."""
    account = account_of(request)
    read_query(request, ())
    item = kind.defaults | await read_object(request, kind.defaults, kind.required)
    check_item(kind, account, item)
    now_us = account.ground.clock.now_us()
    item |= {name: write(now_us) if write else None for name, write in kind.stamps.items()}
    stored = kind.shelf(account).add(item)
    stored["uri"] = f"/api/{kind.path}/{stored['id']}/"
    stored |= kind.begun(stored, request.scope["sandbox"].caller.user_id)
    return json_answer(kind.shown(stored), 201)


async def update_item(
    request: Request, kind: Kind, item_id: int, base: Item | None = None
) -> Response:
    """Change what the body names; the other keys are those of `base`, if there is one."""
    account = account_of(request)
    read_query(request, ())
    item = find_item(request, kind, item_id)
    body = await read_object(request, {*kind.defaults, "id"})
    if isinstance(body.get("http"), dict):
        body["http"] = item["http"] | body["http"]
    changed = (item if base is None else base) | body | {"id": item_id}
    check_item(kind, account, changed)
    item.update(changed)
    if "updated_datetime" in item:
        item["updated_datetime"] = kind.changed(account.ground.clock.now_us())
    return json_answer(kind.shown(item), 202)


def delete_item(request: Request, kind: Kind, item_id: int) -> Response:
    """Take one object away."""
    find_item(request, kind, item_id)
    del kind.shelf(account_of(request)).held[item_id]
    return Response(b"", 204)
