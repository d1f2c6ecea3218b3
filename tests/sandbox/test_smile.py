"""Smile.io's ledger as its public clients drive it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.running import Sandbox, running_sandbox

MEMBERS = 60


@pytest.fixture(scope="module")
def smile() -> Iterator[Sandbox]:
    with running_sandbox(
        members=MEMBERS, customers=10, seed=7, speed=1000, platforms="smile"
    ) as running:
        yield running


def listed(smile: Sandbox, name: str, **query: Any) -> list[dict[str, Any]]:
    """Every row of a list, page after page."""
    ready, rows = smile.credentials["smile"], list[dict[str, Any]]()
    while True:
        page = requests.get(
            f"{ready['url']}/{name}",
            headers={"Authorization": f"Bearer {ready['api_key']}"},
            params={"limit": 50, **query},
            timeout=10,
        ).json()
        rows += page[name]
        if not page["metadata"]["next_cursor"]:
            return rows
        query["cursor"] = page["metadata"]["next_cursor"]


def test_the_ledger_of_everybody_is_that_of_each_the_newest_first(smile: Sandbox) -> None:
    customers = listed(smile, "customers")
    of_each = [
        row
        for customer in customers
        for row in listed(smile, "points_transactions", customer_id=customer["id"])
    ]

    everything = listed(smile, "points_transactions")

    ids = [row["id"] for row in everything]
    assert ids == sorted(ids, reverse=True)
    assert sorted(ids) == sorted(row["id"] for row in of_each)
    assert len(ids) > MEMBERS


def test_it_can_be_cut_to_what_is_new(smile: Sandbox) -> None:
    [customer, *_] = listed(smile, "customers")
    smile.control("smile", "POST", f"members/{customer['id']}/ledger", {"points": 5})
    [newest, *older] = listed(smile, "points_transactions")

    assert newest["points_change"] == 5
    assert listed(smile, "points_transactions", updated_at_min=newest["updated_at"]) == [newest]
    since = older[5]["updated_at"]
    found = listed(smile, "points_transactions", updated_at_min=since)
    assert found == [row for row in [newest, *older] if row["updated_at"] >= since]
