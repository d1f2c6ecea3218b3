"""Who may use an HTTP door: the bearer of a store's token, in that store."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from loyalty_desk.settings import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.tokens import find_store


async def _token_store(request: Request) -> StoreSettings:
    """The store that the request's token opens.

    Raises:
        WebError: 401 no token, or one that is wrong or revoked; 404 its store is not set up.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    name = None
    if scheme.lower() == "bearer":
        name = await run_in_threadpool(_find_store, token.strip())
    if name is None:
        raise WebError(
            401,
            "send `Authorization: Bearer <token>` with a token of the store that is in use",
            headers={"WWW-Authenticate": "Bearer"},
        )
    store = stores_file().stores.get(name)
    if store is None:
        raise WebError(404, "the store of this token is not set up, or its settings are wrong")
    require_store(store, request.query_params.get("store"))
    return store


TokenStore = Annotated[StoreSettings, Depends(_token_store)]


def require_store(store: StoreSettings, named: object) -> None:
    """Refuse another store than the token's with one answer, whether or not there is such a store.

    Raises:
        WebError: 404.
    """
    if named is not None and named != store.name:
        raise WebError(404, "unknown store: this token opens no store of that name")


def _find_store(token: str) -> str | None:
    with reading(staging_engine()) as connection:
        return find_store(connection, token)
