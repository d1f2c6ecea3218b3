"""Tokens for the API: each opens one endpoint, for one store, is shown once, and can be revoked.

A token is `ld_<id>_<secret>`. The id finds its row; of the secret only a hash is kept. The secret
is 256 random bits, which nobody finds by trying, so a plain SHA-256 keeps it as well as a slow hash
keeps a password.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import Opens
from loyalty_desk.staging.journal import Event, write_entry
from loyalty_desk.staging.statements import statement

TOKEN: Final = re.compile(r"ld_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
NOBODY: Final = "0" * 64
"""Compared with when there is no such token, so that this takes as long as a wrong secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the bearer of a token may do. `token` has its own limits on awards."""

    store: str
    opens: Opens
    token: Token


class NoTokenError(LoyaltyDeskError):
    """The store has no such token, or it is over already, or has an end."""


def make_token(
    connection: Connection,
    store: str,
    now: datetime,
    *,
    label: str,
    made_by: str,
    opens: Opens = Opens.AWARDS,
    owner: str | None = None,
    ceilings: Mapping[str, int] | None = None,
) -> str:
    """Make a token and return it; it cannot be shown again.

    `owner` answers for what comes through it, if that is not who makes it. `ceilings` are its own
    limits, out of `OWN_CEILINGS`.
    """
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    connection.execute(
        statement("tokens/insert_token"),
        {
            "token_id": token_id,
            "store": store,
            "opens": opens.value,
            "secret_hash": _hash(secret),
            "label": label,
            "made_by": made_by,
            "now_utc": utc_text(now),
            "owner": owner or made_by,
            "ceilings": json.dumps(ceilings, sort_keys=True) if ceilings else None,
        },
    )
    return f"ld_{token_id}_{secret}"


def replace_token(
    connection: Connection,
    store: str,
    token_id: str,
    now: datetime,
    *,
    made_by: str,
    ends_at: datetime,
) -> str:
    """Make a token that opens the same for the same owner; the old one holds until `ends_at`.

    Raises:
        NoTokenError: there is none in use, or its place is taken already.
    """
    binds = {"store": store, "token_id": token_id, "ends_at_utc": utc_text(ends_at)}
    if not connection.execute(statement("tokens/end_token"), binds).rowcount:
        raise NoTokenError(
            f"store {store} has no such token that is in use, or it is being replaced already"
        )
    told = {"token_id": token_id, "ends_at_utc": utc_text(ends_at)}
    write_entry(connection, store, Event.ENDED, told, now)
    old = connection.execute(statement("tokens/select_token"), {"token_id": token_id}).one()
    return make_token(
        connection,
        store,
        now,
        label=old.label,
        made_by=made_by,
        opens=Opens(old.opens),
        owner=old.owned_by,
        ceilings=json.loads(old.ceilings or "{}"),
    )


def is_over(token: Row[Any], now: datetime) -> bool:
    """Whether a token of one of our lists opens nothing any more."""
    has_ended = token.ends_at_utc is not None and token.ends_at_utc <= utc_text(now)
    return has_ended or token.revoked_at_utc is not None


def find_grant(connection: Connection, token: str, now: datetime) -> Grant | None:
    """What a token opens; None for any text that is no token, or one that is over."""
    parts = TOKEN.fullmatch(token)
    found = None
    if parts is not None:
        binds = {"token_id": parts[1]}
        found = connection.execute(statement("tokens/select_token"), binds).first()
    is_right = compare_digest(
        _hash(parts[2] if parts else ""), found.secret_hash if found else NOBODY
    )
    if found is None or not is_right or is_over(found, now):
        return None
    own = json.loads(found.ceilings) if found.ceilings else {}
    return Grant(
        store=found.store,
        opens=Opens(found.opens),
        token=Token(token_id=found.token_id, ceilings=own),
    )


def is_in_use(connection: Connection, token: Token, now: datetime) -> bool:
    """Whether a token that opened something still does."""
    binds = {"token_id": token.token_id}
    found = connection.execute(statement("tokens/select_token"), binds).first()
    return found is not None and not is_over(found, now)


def token_id_of(token: str) -> str:
    """The public part of a token; any other text is taken for that part itself."""
    parts = TOKEN.fullmatch(token)
    return parts[1] if parts else token


def list_tokens(connection: Connection, store: str) -> list[Row[Any]]:
    """The tokens of a store, those that are over too, the newest first."""
    return list(connection.execute(statement("tokens/select_tokens"), {"store": store}).all())


def revoke_token(
    connection: Connection, store: str, token_id: str, now: datetime, *, revoked_by: str
) -> None:
    """Revoke a token, from now on and for good; raises NoTokenError."""
    binds = {
        "store": store,
        "token_id": token_id,
        "revoked_by": revoked_by,
        "now_utc": utc_text(now),
    }
    if not connection.execute(statement("tokens/revoke_token"), binds).rowcount:
        # The id is not repeated: it may be a whole token with a slip of the pen in it.
        raise NoTokenError(f"store {store} has no such token that is in use")
    write_entry(connection, store, Event.REVOKED, {"token_id": token_id}, now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
