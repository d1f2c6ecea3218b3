"""What other tools keep beside the card survives a write of ours, however old our read is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter, WantedCard, find_delivery
from loyalty_desk.staging.intake import stage_customers, stage_members
from sandbox.running import Sandbox
from tests.factories import STORE, customer, member, store_settings
from tests.sql.staged import Staged

EMAIL = "7@shop.example"
OLD, NEW = {"note": "gift wrap"}, {"note": "no gift wrap", "since": 2019}


class Written:
    """One customer whose other keys we read at some time, and another tool changed since."""

    def __init__(self, engine: Engine, client: GorgiasClient, sandbox: Sandbox) -> None:
        self.engine, self.client, self.sandbox = engine, client, sandbox
        rows = sandbox.control("gorgias", "GET", "customers?limit=1")["data"]
        self.customer_id = int(rows[0]["id"])

    def read(self, data: dict[str, Any], at: datetime) -> None:
        """What an extract does; then another tool writes."""
        self.client.put_customer_data(self.customer_id, data, None)
        told = customer(self.customer_id, email=EMAIL, data=data)
        with self.engine.begin() as connection:
            stage_customers(connection, STORE, [told], at, card_key="loyalty", first_load=False)
            stage_members(connection, STORE, [member("7")], at, first_load=False)
            Staged(connection).match(self.customer_id, "7")

    def write(self, **push: Any) -> dict[str, int]:
        """Another tool writes, and then we do; returns how often we read and wrote."""
        self.client.put_customer_data(self.customer_id, {"shop": NEW}, None)
        store = store_settings(push=push)
        wanted = WantedCard(self.customer_id, "customer_data", "matched", "7")
        with self.engine.begin() as connection:
            delivery = find_delivery(connection, store, wanted, utc_now())
        assert delivery is not None
        self.sandbox.control("gorgias", "POST", "reset", {"counters": True})
        CardWriter(self.client, self.engine, store).deliver(delivery)
        calls = self.sandbox.control("gorgias", "GET", "counters")["requests"]
        return {call["method"]: call["count"] for call in calls}

    def data(self) -> dict[str, Any]:
        found = dict(self.client.get_customer(self.customer_id).data or {})
        assert found.pop("loyalty")["member_id"] == "7"
        return found


@pytest.fixture
def written(staging: Engine, client: GorgiasClient, sandbox: Sandbox) -> Written:
    return Written(staging, client, sandbox)


def test_what_was_read_long_ago_is_read_again_before_it_is_written_back(written: Written) -> None:
    written.read({"shop": OLD}, utc_now() - timedelta(hours=1, seconds=1))

    assert written.write() == {"GET": 1, "PUT": 1}
    assert written.data() == {"shop": NEW}


def test_what_was_read_a_moment_ago_costs_no_second_request(written: Written) -> None:
    written.read({"shop": OLD}, utc_now() - timedelta(minutes=55))

    assert written.write() == {"PUT": 1}
    assert written.data() == {"shop": OLD}, "the limit that the front page tells of"


@pytest.mark.parametrize("data", [{"shop": OLD}, {}], ids=["a key", "no key"])
def test_a_store_may_have_it_read_each_time(written: Written, data: dict[str, Any]) -> None:
    written.read(data, utc_now())

    assert written.write(protect_other_keys="always") == {"GET": 1, "PUT": 1}
    assert written.data() == {"shop": NEW}
