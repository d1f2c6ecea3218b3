"""Who may use an endpoint: the bearer of a token for it, in the token's store."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import Grant, find_grant, is_in_use
from loyalty_desk.records import Opens
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.answers import WebError


class _TokenFor:
    """Asks for a token that opens one of the endpoints; answers with its store.

    The token itself is `token_of(request)` from then on.
    """

    def __init__(self, endpoint: Opens) -> None:
        self._endpoint = endpoint

    async def __call__(self, request: Request) -> StoreSettings:
        """Return the store that the request's token opens.

        Raises:
            WebError: 401 no token, or one that is wrong or over; 403 one for another endpoint;
                404 its store is not set up.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = None
        if scheme.lower() == "bearer":
            grant = await run_in_threadpool(_find_grant, token.strip())
        if grant is None:
            raise _no_token()
        if grant.opens != self._endpoint:
            raise WebError(403, f"this token is for {grant.opens}, not for {self._endpoint}")
        store = stores_file().stores.get(grant.store)
        if store is None:
            raise WebError(404, "the store of this token is not set up, or its settings are wrong")
        require_store(store, request.query_params.get("store"))
        request.state.token = grant.token
        return store


AwardingStore = Annotated[StoreSettings, Depends(_TokenFor(Opens.AWARDS))]
LookupStore = Annotated[StoreSettings, Depends(_TokenFor(Opens.LOOKUP))]


def token_of(request: Request) -> Token:
    """The token of a request that was let in."""
    token: Token = request.state.token
    return token


def require_in_use(connection: Connection, token: Token) -> None:
    """Refuse a token that is over since its request was let in, in the transaction that acts.

    A body may come in slowly: whoever stole a token could hold requests open past its end.

    Raises:
        WebError: 401.
    """
    if not is_in_use(connection, token, utc_now()):
        raise _no_token()


def require_store(store: StoreSettings, named: object) -> None:
    """Refuse another store than the token's with one answer, whether or not there is such a store.

    Raises:
        WebError: 404.
    """
    if named is not None and named != store.name:
        raise WebError(404, "unknown store: this token opens no store of that name")


def _no_token() -> WebError:
    return WebError(
        401,
        "send `Authorization: Bearer <token>` with a token of the store that is in use",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _find_grant(token: str) -> Grant | None:
    with reading(staging_engine()) as connection:
        return find_grant(connection, token, utc_now())
