"""The generated people: who matches, who does not, and that all of it can be repeated."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from sandbox.emails import fold
from sandbox.mixing import Shuffle, mix, mix_many
from sandbox.order import TimeOrder
from sandbox.people import TROUBLE_NAMES, People
from sandbox.running import Sandbox, running_sandbox
from tests.sandbox.calls import CUSTOMERS, MEMBERS, SEED, customers_of, members_of

RESERVED = (".test", ".example", "example.com", "gmail.com", "gmail.con")


def emails(rows: list[dict[str, Any]]) -> list[str]:
    return [row["email"] for row in rows if row["email"]]


def test_a_healthy_majority_matches_by_email(sandbox: Sandbox) -> None:
    held = {fold(email) for email in emails(customers_of(sandbox))}
    matching = [email for email in emails(members_of(sandbox)) if fold(email) in held]

    assert 0.75 * MEMBERS < len(matching) < 0.95 * MEMBERS


def test_every_trouble_is_there_several_times(sandbox: Sandbox) -> None:
    for rows in (customers_of(sandbox), members_of(sandbox)):
        counts = Counter(row["trouble"] for row in rows)
        assert all(counts[name] >= 5 for name in TROUBLE_NAMES)


def test_some_emails_have_two_customers_and_some_two_members(sandbox: Sandbox) -> None:
    for rows in (customers_of(sandbox), members_of(sandbox)):
        counts = Counter(fold(email) for email in emails(rows))
        assert sum(count == 2 for count in counts.values()) >= 5


def test_addresses_are_under_domains_that_reach_nobody(sandbox: Sandbox) -> None:
    for row in customers_of(sandbox):
        for channel in row["channels"]:
            if channel["type"] == "email":
                assert channel["address"].strip().lower().endswith(RESERVED)
    for email in emails(members_of(sandbox)):
        assert email.strip().lower().endswith((*RESERVED, "@"))


def test_some_people_are_on_one_side_only(sandbox: Sandbox) -> None:
    customers = {fold(email) for email in emails(customers_of(sandbox))}
    members = {fold(email) for email in emails(members_of(sandbox))}

    assert len(members - customers) > 100
    assert len(customers - members) > 100


@pytest.mark.parametrize(
    ("trouble", "name", "sign"),
    [("html_name", "first_name", "<"), ("formula_name", "first_name", "=")],
)
def test_some_names_are_hostile(sandbox: Sandbox, trouble: str, name: str, sign: str) -> None:
    assert members_of(sandbox, trouble=trouble)[0][name].startswith(sign)
    assert customers_of(sandbox, trouble=trouble)[0]["name"].startswith(sign)


def test_statuses_and_balances_have_their_corners(sandbox: Sandbox) -> None:
    rows = members_of(sandbox)

    assert {row["loyalty_status"] for row in rows} == {"member", "guest", "excluded"}
    assert any(row["points_tally"] < 0 for row in rows)
    assert any(row["points_tally"] == 0 for row in rows)
    assert any(row["status"] == "guest" and row["points_tally"] > 0 for row in rows)


def test_another_tools_data_is_there(sandbox: Sandbox) -> None:
    held = [row["data"] for row in customers_of(sandbox) if row["data"]]

    assert len(held) > 30
    assert all("shipping_tool" in data for data in held)


def test_external_ids_lead_to_members(sandbox: Sandbox) -> None:
    members = {str(row["id"]) for row in members_of(sandbox)}
    rows = customers_of(sandbox, trouble="same_external_id")

    assert all(row["external_id"] in members for row in rows)


def test_updates_spread_over_two_years_before_the_start(sandbox: Sandbox) -> None:
    stamps = sorted(row["updated_datetime"][:10] for row in customers_of(sandbox))

    assert stamps[CUSTOMERS // 10] < stamps[CUSTOMERS // 2] < stamps[-CUSTOMERS // 10]
    assert int(stamps[-1][:4]) - int(stamps[0][:4]) in (1, 2)


def test_the_same_seed_gives_the_same_data(sandbox: Sandbox) -> None:
    base = sandbox.control("gorgias", "GET", "customers?limit=1")["data"][0]["created_datetime"]
    with running_sandbox(members=MEMBERS, customers=CUSTOMERS, seed=SEED) as other:
        assert other.gorgias["api_key"] == sandbox.gorgias["api_key"]
        same = other.control("gorgias", "GET", "customers?limit=1")["data"][0]["created_datetime"]
        # The day on which a sandbox starts is part of its data: a run over midnight proves nothing.
        if same == base:
            assert members_of(other) == members_of(sandbox)
            assert customers_of(other) == customers_of(sandbox)


def test_a_base_date_fixes_history(sandbox: Sandbox) -> None:
    with running_sandbox(members=10, customers=10, base_date="2026-01-01") as other:
        newest = other.control("gorgias", "GET", "customers")["data"][-1]["created_datetime"]

    assert newest < "2026-01-01"


def test_a_shuffle_is_one_to_one_in_both_directions() -> None:
    for size in (1, 2, 7, 100, 1000):
        shuffle = Shuffle(3, 1, size)
        forward = [shuffle.forward(place) for place in range(size)]
        assert sorted(forward) == list(range(size))
        assert [shuffle.backward(number) for number in forward] == list(range(size))


def test_mixing_many_is_mixing_each() -> None:
    numbers = np.arange(100, dtype=np.uint64)

    assert mix_many(5, 9, numbers).tolist() == [mix(5, 9, number) for number in range(100)]


def test_rows_and_owners_lead_to_each_other() -> None:
    people = People(4, 900, 700)

    for row in range(900):
        assert people.find_member_row(people.owner_of_member(row)) == row
    for row in range(700):
        assert people.find_customer_row(people.owner_of_customer(row)) == row


def test_a_time_order_keeps_moved_rows_in_order() -> None:
    order = TimeOrder(np.array([30, 10, 20, 20], dtype=np.int64))
    order.move(1, 25)
    order.move(4, 5)
    order.remove(3)

    up = [(5, 4), (20, 2), (25, 1), (30, 0)]
    assert list(order.walk(None, False)) == up
    assert list(order.walk(None, True)) == up[::-1]
    assert list(order.walk((20, 2), False)) == up[2:]
    assert list(order.walk((25, 1), True)) == up[1::-1]
