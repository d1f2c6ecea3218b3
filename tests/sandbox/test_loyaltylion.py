"""LoyaltyLion as its public clients drive it: ledgers, webhooks, and whose key it is."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.running import Sandbox, running_sandbox

MEMBERS = 60
Lion = Callable[..., Any]


@pytest.fixture(scope="module")
def started_lion() -> Iterator[Sandbox]:
    with running_sandbox(
        members=MEMBERS, customers=10, seed=7, speed=1000, platforms="loyaltylion"
    ) as running:
        yield running


@pytest.fixture
def lion(started_lion: Sandbox) -> Lion:
    ready = started_lion.credentials["loyaltylion"]
    started_lion.control("loyaltylion", "POST", "reset")

    def call(method: str, path: str, status: int = 200, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {ready['api_key']}"}
        url = f"{ready['url']}/v2{path}"
        answer = requests.request(method, url, headers=headers, timeout=10, **options)
        assert answer.status_code == status
        return answer.json() if answer.content else None

    return call


def all_rows(lion: Lion, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every row of a list, page after page, as a client reads it."""
    rows: list[dict[str, Any]] = []
    while True:
        page = lion("GET", path, params={"limit": 50, **query})
        rows += page["transactions"]
        if page["cursor"]["next"] is None:
            return rows
        query = {"cursor": page["cursor"]["next"]}


def somebody(lion: Lion) -> dict[str, Any]:
    found: dict[str, Any] = lion("GET", "/customers", params={"limit": 1})["customers"][0]
    return found


def test_a_key_is_told_what_it_may_do(lion: Lion) -> None:
    identity = lion("GET", "/identity/whoami")["identity"]

    assert identity["kind"] == "api_key"
    assert "write_customers" in identity["scopes"]


def test_the_ledger_of_the_site_is_read_in_full_and_from_an_id_on(lion: Lion) -> None:
    before = all_rows(lion, "/transactions")
    customer = somebody(lion)
    path = f"/customers/{customer['merchant_id']}"
    lion("POST", f"{path}/points", 201, json={"points": 25, "reason": "Thanks"})
    lion("POST", f"{path}/remove_points", 204, json={"points": 5, "reason": "Slip"})
    newest = max(row["id"] for row in before)

    since = all_rows(lion, "/transactions", since_id=newest)
    assert len({row["id"] for row in before}) == len(before) > 50
    assert [(row["points_approved"], row["adjustment"]["note"]) for row in since] == [
        (-5, "Slip"),
        (25, "Thanks"),
    ]
    stamp = since[-1]["created_at"]
    assert all_rows(lion, "/transactions", created_at_min=stamp) == since
    assert stamp not in {
        r["created_at"] for r in all_rows(lion, "/transactions", created_at_max=stamp)
    }


def test_one_customers_ledger_is_asked_for_by_either_id(lion: Lion) -> None:
    customer = somebody(lion)

    by_shop = all_rows(lion, f"/customers/{customer['merchant_id']}/transactions")
    assert by_shop == all_rows(lion, "/transactions", customer_id=customer["id"])
    assert {row["customer"]["id"] for row in by_shop} == {customer["id"]}
    assert all_rows(lion, "/transactions", customer_id=1) == []


def test_a_row_fills_the_object_that_it_is_about_and_no_other(lion: Lion) -> None:
    rows = all_rows(lion, "/transactions")
    kinds = ("activity", "adjustment", "claimed_reward", "expiry")

    for row in rows:
        assert [kind for kind in kinds if row[kind] is not None] == [row["resource"]]
        assert not {"reason", "state", "points"} & set(row)
    assert {row["resource"] for row in rows} == {"activity", "adjustment", "claimed_reward"}


def test_points_that_wait_are_pending_and_not_approved(lion: Lion, started_lion: Sandbox) -> None:
    customer = somebody(lion)
    switch = {"loyaltylion_points_pending": True}
    started_lion.control("loyaltylion", "POST", "switches", switch)
    try:
        path = f"/customers/{customer['merchant_id']}"
        lion("POST", f"{path}/points", 201, json={"points": 9})
    finally:
        started_lion.control("loyaltylion", "POST", "switches", dict.fromkeys(switch, False))

    row = lion("GET", f"{path}/transactions", params={"limit": 1})["transactions"][0]
    assert (row["points_approved"], row["points_pending"]) == (0, 9)


def test_webhooks_are_registered_wrapped_and_listed(lion: Lion) -> None:
    hook = {"topic": "customers/update", "address": "http://127.0.0.1:9/hook"}
    lion("POST", "/webhooks", 400, json=hook)
    lion("POST", "/webhooks", 400, json={"webhook": hook | {"topic": "customers/made_up"}})

    made = lion("POST", "/webhooks", 201, json={"webhook": hook})["webhook"]
    assert made["topic"] == "customers/update"
    assert lion("GET", "/webhooks")["webhooks"] == [made]
