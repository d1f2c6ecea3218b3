"""A lookup of an address as a query tells it: by its key, and where a `+` came as a blank."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from loyalty_desk.lookup.asked import look_up
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.staging.intake import stage_members
from tests.factories import NOW, STORE, member, store_settings
from tests.forget import forget_engine, forget_lookups

AS_STAGED = store_settings(lookup={"deadline_s": 0})


@pytest.fixture
def asked(
    staging: Engine, staging_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], str]]:
    """Stages a member and two who share an address; looks up and returns who, or why nobody."""
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    settings.installation.cache_clear()
    forget_engine()
    people = [
        member("ada", email='"ada+news"@my_shop.example'),
        member("bo", email="both+of@shop.example"),
        member("cy", email="both+of\ufe0f@shop.example"),
    ]
    with staging.begin() as connection:
        stage_members(connection, STORE, people, NOW, first_load=False)

    def ask(told: str) -> str:
        found = look_up(AS_STAGED, told).found
        return found.member_id or str(found.card["status"])

    yield ask
    forget_lookups()
    forget_engine()
    settings.installation.cache_clear()


@pytest.mark.parametrize(
    ("told", "who"),
    [
        ("Ada+news@my_shop.example", "ada"),
        ("ada news@my_shop.example", "ada"),
        (" ada news@my_shop.example ", "ada"),
        ("ada news@other.example", "invalid_email"),
        ("both of@shop.example", "invalid_email"),
        ("both+of@shop.example", "ambiguous"),
        ("ada news", "invalid_email"),
        ("", "no_email"),
    ],
)
def test_a_blank_counts_as_a_plus_when_one_member_is_meant(
    asked: Callable[[str], str], told: str, who: str
) -> None:
    assert asked(told) == who
