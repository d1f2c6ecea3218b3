"""A match decides by one state of the data, also where others write meanwhile.

On PostgreSQL alone: SQLite lets nobody write while a match is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.staging import schema, working
from loyalty_desk.staging.engine import decide, open_engine
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync.match import MatchCounts, match_customers
from tests.databases import SharedDatabase
from tests.factories import STORE, store_settings
from tests.sql.staged import Staged, pairs

ADA = "ada@shop.example"


@pytest.fixture
def staging(shared_database: SharedDatabase) -> Iterator[Engine]:
    shared_database.renew()
    engine = open_engine(shared_database.url)
    yield engine
    engine.dispose()


@pytest.fixture
def meanwhile(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Callable[[Connection], None]], None]:
    """Have another process write, once, right before a statement of the match runs."""

    def plan(before: str, write: Callable[[Connection], None]) -> None:
        run, waiting = working.run, [write]

        def run_late(connection: Connection, path: str, binds: Any) -> Any:
            if path == before and waiting:
                with staging.begin() as other:
                    waiting.pop()(other)
            return run(connection, path, binds)

        monkeypatch.setattr(working, "run", run_late)

    return plan


def match(connection: Connection) -> MatchCounts:
    return match_customers(connection, store_settings(), utc_now(), full=True)


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        staged = Staged(connection)
        staged.customer(1, ADA)
        staged.member("m1", ADA)
        staged.touch("member", "m1")


def newcomer(connection: Connection) -> None:
    staged = Staged(connection)
    staged.member("m9", ADA)
    staged.touch("member", "m9")


def test_who_comes_while_a_match_decides_is_decided_on_by_the_next(
    staging: Engine, meanwhile: Any
) -> None:
    fill(staging)
    meanwhile("match/decide/insert_decided_customers", newcomer)

    counts = decide(staging, match)

    assert (counts.members_total, sum(counts.members.values())) == (1, 1)
    with staging.connect() as connection:
        staged = Staged(connection)
        assert pairs(staged) == [(1, "m1", "email")]
        assert staged.rows(schema.touched, "value") == ["m9"]


def test_a_match_that_was_overtaken_begins_anew(staging: Engine, meanwhile: Any) -> None:
    fill(staging)

    def touch_again(connection: Connection) -> None:
        newcomer(connection)
        binds = {"store": STORE, "kind": "member", "value": "m1"}
        connection.execute(statement("links/insert_touched"), binds)

    meanwhile("match/scope/delete_touched_all", touch_again)

    counts = decide(staging, match)

    assert counts.members_total == 2
    with staging.connect() as connection:
        assert pairs(Staged(connection)) == []


def test_whoever_is_always_overtaken_gives_up(staging: Engine) -> None:
    fill(staging)
    tries = []

    def overtaken(connection: Connection) -> None:
        tries.append(1)
        connection.execute(schema.touched.select()).all()
        with staging.begin() as other:
            other.execute(schema.touched.update().values(kind=f"kind {len(tries)}"))
        connection.execute(schema.touched.delete())

    with pytest.raises(Exception, match="could not serialize access"):
        decide(staging, overtaken)

    assert len(tries) == 5
