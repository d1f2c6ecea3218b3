"""Without its database the door is closed, until the database is back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from tests.databases import run_sql
from tests.http.awards_api.asking import NO_AWARD, NO_TOKEN, Answer, OpenDoor, without
from tests.http.door import Door


def is_closed(answer: Answer) -> bool:
    """Whether it says to come again, and nothing else."""
    says = {"error": "not available now, try again"}
    return (
        answer.status_code == 503
        and int(answer.headers["Retry-After"]) > 0
        and answer.json() == says
    )


def is_closed_to_all(door: Door) -> bool:
    return all(map(is_closed, [door.award(), door.read(NO_AWARD), door.reverse(NO_AWARD)]))


def test_without_its_tables_the_door_is_closed(open_door: OpenDoor, empty_url: str) -> None:
    assert is_closed_to_all(replace(open_door(empty_url), token=NO_TOKEN))


@pytest.mark.parametrize("url", ["sqlite:///{folder}", "postgresql://ada:pw@127.0.0.1:1/none"])
def test_without_its_database_the_door_is_closed(
    open_door: OpenDoor, tmp_path: Path, url: str
) -> None:
    assert is_closed_to_all(replace(open_door(url.format(folder=tmp_path)), token=NO_TOKEN))


def test_a_table_that_is_missing_closes_the_door_until_it_is_back(
    door: Door, staging: Engine
) -> None:
    with without(staging, "awards"):
        assert is_closed_to_all(door)
    assert door.award().status_code == 202


@pytest.mark.parametrize("staging_url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_closes_the_door_until_it_is_back(
    door: Door, staging_url: str, postgresql_url: str
) -> None:
    name = make_url(staging_url).database
    assert door.award().status_code == 202
    try:
        run_sql(
            postgresql_url,
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        assert is_closed_to_all(door)
    finally:
        run_sql(postgresql_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert door.award().json()["repeats"] == "double_click"
