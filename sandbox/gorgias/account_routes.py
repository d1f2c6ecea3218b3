"""The routes of the account itself: account, users, tags, search and the OAuth token."""

from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.gorgias.access import read_basic
from sandbox.gorgias.account import account_of
from sandbox.gorgias.answers import ApiError, empty_answer, not_found, read_object, read_query
from sandbox.gorgias.paging import PAGING, Listing, Walk, answer_page, both_ways, walk_keys

router = APIRouter()
SEARCH_TYPES = {"customer", "customer_profile", "customer_channel", "customer_channel_email"}
OTHER_SEARCH_TYPES = {
    "agent", "customer_channel_phone", "customers_by_phone", "integration", "team", "tag",
}  # fmt: skip


@router.get("/api/account")
async def get_account(request: Request) -> Response:
    """Show the account."""
    read_query(request, ())
    return json_answer(account_of(request).desk.account())


@router.get("/api/account/settings")
async def list_settings(request: Request) -> Response:
    """List the settings, not in pages."""
    query = read_query(request, {"type"})
    settings = account_of(request).desk.account()["settings"]
    wanted = query.get("type")
    return json_answer({"data": [one for one in settings if wanted in (None, one["type"])]})


@router.get("/api/users")
async def list_users(request: Request) -> Response:
    """List agents."""
    account = account_of(request)
    filters = {"email", "external_id", "roles", "search", "available_first"}
    query = read_query(request, PAGING | filters)
    held = account.desk.users.held

    def keep(user_id: int) -> bool:
        user = held[user_id]
        return (
            query.get("email", user["email"]) == user["email"]
            and query.get("roles", user["role"]["name"]) == user["role"]["name"]
            and query.get("search", "").lower() in user["name"].lower()
            and ("external_id" not in query or query["external_id"] == user["external_id"])
        )

    walk = walk_keys((user_id, user_id) for user_id in held)
    orders = both_ways("created_datetime", walk) | both_ways("name", _by_name(held))
    return answer_page(request, account.ground, Listing(orders, held.__getitem__, keep))


@router.get("/api/users/{user_id}")
async def get_user(request: Request, user_id: int) -> Response:
    """Show one agent; 0 is the caller."""
    read_query(request, ())
    wanted = request.scope["sandbox"].caller.user_id if user_id == 0 else user_id
    user = account_of(request).desk.users.held.get(wanted)
    if user is None:
        raise not_found()
    return json_answer(user)


def _by_name(held: dict[int, dict[str, Any]]) -> Walk:
    return walk_keys((item["name"], item_id) for item_id, item in held.items())


@router.get("/api/tags")
async def list_tags(request: Request) -> Response:
    """List tags."""
    account = account_of(request)
    query = read_query(request, PAGING | {"search"})
    held = account.desk.tags.held
    orders = both_ways("created_datetime", walk_keys((key, key) for key in held))
    orders |= both_ways("name", _by_name(held))
    orders |= {
        "usage:asc,name:asc": (_by_name(held), False),
        "usage:desc,name:desc": (_by_name(held), True),
    }

    def keep(tag_id: int) -> bool:
        return query.get("search", "").lower() in held[tag_id]["name"].lower()

    return answer_page(request, account.ground, Listing(orders, held.__getitem__, keep))


@router.post("/api/tags")
async def create_tag(request: Request) -> Response:
    """Create a tag; names are unique and case-sensitive."""
    account = account_of(request)
    body = await read_object(request, {"name", "decoration", "description"}, {"name"})
    if not 1 <= len(str(body["name"])) <= 256:
        raise ApiError(400, "The request has invalid fields.", {"name": ["1 to 256 characters."]})
    if account.desk.find_tag(body["name"]):
        raise ApiError(409, "A tag with this name exists.")
    return json_answer(account.desk.add_tag(body["name"], body.get("decoration")), 201)


@router.get("/api/tags/{tag_id}")
async def get_tag(request: Request, tag_id: int) -> Response:
    """Show one tag."""
    tag = account_of(request).desk.tags.held.get(tag_id)
    if tag is None:
        raise not_found()
    return json_answer(tag)


@router.put("/api/tags/{tag_id}")
async def update_tag(request: Request, tag_id: int) -> Response:
    """Change one tag."""
    tag = account_of(request).desk.tags.held.get(tag_id)
    if tag is None:
        raise not_found()
    tag.update(await read_object(request, {"name", "decoration", "description"}))
    return json_answer(tag, 202)


@router.delete("/api/tags/{tag_id}")
async def delete_tag(request: Request, tag_id: int) -> Response:
    """Delete one tag."""
    if account_of(request).desk.tags.held.pop(tag_id, None) is None:
        raise not_found()
    return empty_answer(204)


@router.post("/api/search")
async def search(request: Request) -> Response:
    """Find customers by an e-mail address; nothing fuzzy, other types find nothing."""
    account = account_of(request)
    body = await read_object(request, {"type", "query", "size"}, {"type", "query"})
    if body["type"] not in SEARCH_TYPES | OTHER_SEARCH_TYPES:
        raise ApiError(400, "The request has invalid fields.", {"type": ["Not a valid choice."]})
    size = body.get("size", 10)
    if not isinstance(size, int) or not 1 <= size <= 50:
        raise ApiError(400, "The request has invalid fields.", {"size": ["Must be 1 to 50."]})
    rows = account.customers.rows_with_address(str(body["query"]))
    found = rows[:size] if body["type"] in SEARCH_TYPES else []
    return json_answer({"data": [account.customers.thin(row) for row in found]}, 201)


@router.post("/oauth/token")
async def refresh_token(request: Request) -> Response:
    """Exchange a refresh token for an access token; the client proves itself with Basic."""
    account = account_of(request)
    tokens, switches = account.access.tokens, account.ground.switches
    proof = request.headers.get("authorization", "").partition(" ")[2]
    if read_basic(proof) != (tokens.client_id, tokens.client_secret):
        return json_answer({"error": "invalid_client"}, 401)
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") != "refresh_token":
        return json_answer({"error": "unsupported_grant_type"}, 400)
    if form.get("refresh_token") != tokens.refresh_token:
        return json_answer({"error": "invalid_grant"}, 400)
    if switches.refresh_token_rotation:
        tokens.rotate()
    life_s = switches.access_token_life_s
    access = tokens.new_access_token(account.ground.clock.run_s() + life_s)
    return json_answer({
        "access_token": access,
        "token_type": "bearer",
        "expires_in": int(life_s),
        "refresh_token": tokens.refresh_token,
        "scope": " ".join(sorted(tokens.scopes)),
    })  # fmt: skip
