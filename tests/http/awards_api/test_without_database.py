"""Without its database the API is closed, until the database is back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from tests.databases import run_sql
from tests.http.api_client import ApiClient
from tests.http.awards_api.asking import NO_AWARD, NO_TOKEN, Answer, ApiOn, without


def is_closed(answer: Answer) -> bool:
    """Whether it says to come again, and nothing else."""
    says = {"error": "not available now, try again"}
    return (
        answer.status_code == 503
        and int(answer.headers["Retry-After"]) > 0
        and answer.json() == says
    )


def is_closed_to_all(api: ApiClient) -> bool:
    return all(map(is_closed, [api.award(), api.read(NO_AWARD), api.reverse(NO_AWARD)]))


def test_without_its_tables_the_api_is_closed(api_on: ApiOn, empty_url: str) -> None:
    assert is_closed_to_all(replace(api_on(empty_url), token=NO_TOKEN))


@pytest.mark.parametrize("url", ["sqlite:///{folder}", "postgresql://ada:pw@127.0.0.1:1/none"])
def test_without_its_database_the_api_is_closed(api_on: ApiOn, tmp_path: Path, url: str) -> None:
    assert is_closed_to_all(replace(api_on(url.format(folder=tmp_path)), token=NO_TOKEN))


def test_a_table_that_is_missing_closes_the_api_until_it_is_back(
    api: ApiClient, staging: Engine
) -> None:
    with without(staging, "awards"):
        assert is_closed_to_all(api)
    assert api.award().status_code == 202


@pytest.mark.parametrize("staging_url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_closes_the_api_until_it_is_back(
    api: ApiClient, staging_url: str, postgresql_url: str
) -> None:
    name = make_url(staging_url).database
    assert api.award().status_code == 202
    try:
        run_sql(
            postgresql_url,
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        assert is_closed_to_all(api)
    finally:
        run_sql(postgresql_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert api.award().json()["repeats"] == "double_click"
