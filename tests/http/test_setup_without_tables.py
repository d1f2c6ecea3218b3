"""The check-list of the set-up while the staging database has not what it needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import URL, Engine, text

from loyalty_desk.staging import engine as engine_module
from loyalty_desk.staging.engine import migrate, open_engine
from tests.http.desk import DeskClient
from tests.http.setup_world import Page


def test_before_the_tables_are_there_the_page_says_how_to_make_them(
    serve: Callable[..., DeskClient], empty_url: str
) -> None:
    client = serve(empty_url)
    admin = client.as_user("admin")

    page = Page(admin.get("/setup").text)

    assert page.states["tables"] == "to do"
    assert "scripts/compose loyalty-desk migrate" in page.words["tables"]
    for step in ("dry-run", "look", "first-run", "connect", "button"):
        assert page.states[step] == "cannot be known from here"
    manager = Page(client.as_user("manager").get("/setup").text)
    assert "Ask whoever runs Airflow" in manager.words["tables"]
    assert "migrate" not in manager.whole
    assert admin.get().status_code == 503, "every other page needs them"


@pytest.mark.parametrize(
    ("version", "told", "command"),
    [("0001", "are behind", "loyalty-desk migrate"), ("9999", "are ahead", "")],
)
def test_tables_of_another_version_are_wrong_and_say_which_way(
    serve: Callable[..., DeskClient], empty_url: str, version: str, told: str, command: str
) -> None:
    engine = open_engine(empty_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    engine.dispose()

    page = Page(serve(empty_url).as_user("admin").get("/setup").text)

    assert page.states["tables"] == "wrong"
    assert told in page.words["tables"]
    assert command in page.words["tables"]
    assert ("loyalty-desk migrate" in page.words["tables"]) is bool(command)


def test_a_database_that_is_away_is_asked_once_a_page(
    serve: Callable[..., DeskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = serve("postgresql://eve:secret@127.0.0.1:1/nothing").as_user("admin")
    asked = []
    make = engine_module._pg_engine

    def watch(url: URL) -> Engine:
        asked.append(url)
        return make(url)

    monkeypatch.setattr(engine_module, "_pg_engine", watch)

    assert Page(admin.get("/setup").text).states["tables"] == "wrong"

    assert len(asked) == 1, "each try takes up to ten seconds"


def test_a_database_that_is_away_is_wrong(serve: Callable[..., DeskClient]) -> None:
    admin = serve("postgresql://eve:secret@127.0.0.1:1/nothing").as_user("admin")

    page = Page(admin.get("/setup").text)

    assert page.states["tables"] == "wrong"
    assert "cannot open the staging database" in page.words["tables"]
    assert "secret" not in page.whole
