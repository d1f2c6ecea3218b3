"""Readiness over real HTTP: yes when requests can be served, one word when not."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Engine, make_url, text

from loyalty_desk.staging.writable import check_writable
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


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        (
            "ALTER DATABASE ready_test SET default_transaction_read_only = on",
            "ALTER DATABASE ready_test RESET default_transaction_read_only",
        ),
        ("ALTER ROLE ready_role CONNECTION LIMIT 10", None),
    ],
    ids=["read-only", "a user who may only read"],
)
def test_a_postgresql_database_that_cannot_be_written_is_noticed(
    api: ApiClient,
    postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    mend: str | None,
) -> None:
    run_sql(postgresql_url, "CREATE DATABASE ready_test TEMPLATE template_staging")
    run_sql(postgresql_url, "CREATE ROLE ready_role LOGIN PASSWORD 'only to read'")
    owner = make_url(postgresql_url).set(database="ready_test")
    url = owner.render_as_string(hide_password=False)
    run_sql(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ready_role")
    if mend is None:
        reader = owner.set(username="ready_role", password="only to read")
        url = reader.render_as_string(hide_password=False)
    try:
        run_sql(postgresql_url, change)
        monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", url)
        assert ask(api) == (503, {"status": "not ready", "because": "staging"})
        if mend is not None:
            run_sql(postgresql_url, mend)
            assert ask(api)[0] == 200
    finally:
        forget_settings()
        run_sql(postgresql_url, "DROP DATABASE ready_test WITH (FORCE)", "DROP ROLE ready_role")


def test_a_file_that_cannot_be_written_is_noticed_and_so_is_that_it_can(
    api: ApiClient, one_staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", str(one_staging.url))
    assert ask(api)[0] == 200

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))  # as on a disk that is full
    try:
        full = api.call("GET", f"{API}/ready")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (full.status_code, full.json()["because"]) == (503, "staging")
    assert api.call("GET", f"{API}/ready").status_code == 200


def test_a_lock_that_somebody_holds_is_no_trouble_and_is_not_waited_for(
    api: ApiClient, staging_url: str, staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    assert ask(api)[0] == 200

    with staging.begin() as sync:  # on SQLite whoever writes holds the whole file
        if staging.dialect.name == "postgresql":
            sync.execute(text("LOCK TABLE awards IN ACCESS EXCLUSIVE MODE"))
        else:
            sync.execute(text("UPDATE alembic_version SET version_num = version_num"))
        began = monotonic()
        answers = [api.call("GET", f"{API}/ready").status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert monotonic() - began < 15, "it would wait for 30 s"


def test_whoever_writes_after_it_waits_for_a_lock_as_ever(one_staging: Engine) -> None:
    check_writable(one_staging)

    with one_staging.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 30_000


def test_not_ready_with_a_stores_file_that_is_wrong_as_a_whole(
    api: ApiClient, staging_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    (api.folder / "stores.yaml").write_text("queues: {awards: {size: 1}}\nstores: {}\n")
    assert ask(api) == (503, {"status": "not ready", "because": "stores"})
