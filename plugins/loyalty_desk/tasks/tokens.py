"""Tokens of an installation for the program that starts it: make one, see if it still works."""

from __future__ import annotations

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.connect import tokens


def make_token(engine: Engine, store_name: str, *, label: str, by: str) -> str:
    """Make a token for awards and return it; it cannot be shown again."""
    with engine.begin() as connection:
        return tokens.make_token(connection, store_name, utc_now(), label=label, made_by=by)


def is_in_use(engine: Engine, token: str) -> bool:
    """Whether a text is a token that was made here and is not over."""
    with engine.begin() as connection:
        return tokens.find_grant(connection, token, utc_now()) is not None
