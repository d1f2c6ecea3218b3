"""Readiness over real HTTP: yes when requests can be served, one word when not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from tests.databases import run_sql
from tests.http.api_client import API, ApiClient, forget_settings, new_client, serving


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def api(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiClient]:
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    with new_client() as session:
        found = ApiClient(url=server, folder=tmp_path, session=session)
        found.set_stores(acme={})
        yield found
    forget_settings()


def ask(api: ApiClient) -> tuple[int, dict[str, str]]:
    forget_settings()
    answer = api.call("GET", f"{API}/ready")
    return answer.status_code, answer.json()


def test_ready_when_staging_has_the_tables_of_this_version(
    api: ApiClient, staging_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    assert ask(api) == (200, {"status": "ready"})


def test_not_ready_before_the_migrations(
    api: ApiClient, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", empty_url)
    assert ask(api) == (503, {"status": "not ready", "because": "staging"})


def test_not_ready_with_tables_of_another_version(
    api: ApiClient, staging_url: str, staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staging.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v0001'"))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    assert ask(api) == (503, {"status": "not ready", "because": "staging"})


def test_a_database_that_goes_away_and_comes_back_is_noticed(
    api: ApiClient, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sql(postgresql_url, "CREATE DATABASE ready_test TEMPLATE template_staging")
    url = make_url(postgresql_url).set(database="ready_test")
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", url.render_as_string(hide_password=False))
    assert ask(api)[0] == 200

    end_sessions = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ready_test'"
    )
    run_sql(
        postgresql_url,
        "ALTER DATABASE ready_test ALLOW_CONNECTIONS false",
        end_sessions,
    )
    gone = api.call("GET", f"{API}/ready")  # no settings are read anew: the same engine
    run_sql(postgresql_url, "ALTER DATABASE ready_test ALLOW_CONNECTIONS true")

    assert (gone.status_code, gone.json()["because"]) == (503, "staging")
    assert api.call("GET", f"{API}/ready").status_code == 200
    forget_settings()
    run_sql(postgresql_url, "DROP DATABASE ready_test WITH (FORCE)")


def test_not_ready_with_a_stores_file_that_is_wrong_as_a_whole(
    api: ApiClient, staging_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    (api.folder / "stores.yaml").write_text("queues: {awards: {size: 1}}\nstores: {}\n")
    assert ask(api) == (503, {"status": "not ready", "because": "stores"})
