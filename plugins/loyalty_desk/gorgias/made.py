"""What we made in Gorgias for a store: the ids that staging remembers."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine

from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

LOOKUP_KEY: Final = "lookup"
"""The key of the HTTP integration that asks for cards."""


def known_objects(engine: Engine, store: str, kind: Kind) -> dict[str, int]:
    """The ids of what we made of a kind, by key."""
    binds = {"store": store, "kind": kind.value}
    with reading(engine) as connection:
        rows = connection.execute(statement("gorgias_objects/select_gorgias_objects"), binds)
        return {row.key: row.gorgias_id for row in rows}


def remember_object(engine: Engine, store: str, kind: Kind, key: str, gorgias_id: int) -> None:
    binds = {"store": store, "kind": kind.value, "key": key, "gorgias_id": gorgias_id}
    with engine.begin() as connection:
        connection.execute(statement("gorgias_objects/upsert_gorgias_object"), binds)


def forget_object(engine: Engine, store: str, kind: Kind, key: str) -> None:
    binds = {"store": store, "kind": kind.value, "key": key}
    with engine.begin() as connection:
        connection.execute(statement("gorgias_objects/delete_gorgias_object"), binds)
