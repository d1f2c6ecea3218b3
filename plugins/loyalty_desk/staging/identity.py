"""Whether two processes work on one staging database, told without telling anything of it.

One writes a number that is used once, the other looks whether it stands there. A copy of the
database, or a database of somebody else, has another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hmac import compare_digest
from secrets import token_hex
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import utc_now
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.store_state import StateKey, find_state, forget_state, keep_state

HEADER: Final = "Loyalty-Desk-Nonce"
"""Carries the number in a request."""
_NO_STORE: Final = ""
"""It is the whole installation's, and no store has an empty name."""


@contextmanager
def standing_nonce(engine: Engine) -> Iterator[str]:
    """Have a new number stand in the database for as long as the block lasts."""
    nonce = token_hex(16)
    with engine.begin() as connection:
        keep_state(connection, _NO_STORE, StateKey.NONCE, nonce, utc_now())
    try:
        yield nonce
    finally:
        # One that stays tells nothing, and the next is written over it.
        with suppress(DBAPIError), engine.begin() as connection:
            forget_state(connection, _NO_STORE, StateKey.NONCE)


def has_nonce(engine: Engine, nonce: str) -> bool:
    """Whether this number stands in the database now."""
    with reading(engine) as connection:
        found = find_state(connection, _NO_STORE, StateKey.NONCE)
    return found is not None and compare_digest(found.encode(), nonce.encode())
