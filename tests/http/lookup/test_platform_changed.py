"""A lookup of a store whose platform was changed asks nobody until people are carried over."""

from __future__ import annotations

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.staging.platform_of import claim_platform
from sandbox.running import Sandbox
from tests.factories import store_settings
from tests.http.api_client import ApiClient
from tests.http.lookup.asking import look_up


def test_it_answers_with_what_was_known_and_stages_nobody(
    api: ApiClient, staging: Engine, sandbox: Sandbox, staged: str
) -> None:
    with staging.begin() as connection:
        claim_platform(connection, store_settings(platform="smile"), utc_now())

    card = look_up(api)

    assert (card["source"], card["points_balance"]) == ("staged", 800)
    assert sandbox.control("rivo", "GET", "counters")["total"] == 0
