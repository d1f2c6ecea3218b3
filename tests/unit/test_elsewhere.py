"""The addresses of pages of other systems."""

from __future__ import annotations

import pytest

from loyalty_desk.elsewhere import NOWHERE, Elsewhere
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import OWN_PLATFORMS

KNOWN = Elsewhere(
    gorgias="https://my-shop.gorgias.com",
    member_page="https://admin.shop.example/members/{member_id}?tab=points",
    desk="https://airflow.shop.example/tools/loyalty/desk/acme",
    airflow="https://airflow.shop.example/tools",
)


def test_each_page_has_its_address() -> None:
    assert KNOWN.customer(7) == "https://my-shop.gorgias.com/app/customer/7"
    assert KNOWN.ticket(70) == "https://my-shop.gorgias.com/app/ticket/70"
    assert KNOWN.member("m1") == "https://admin.shop.example/members/m1?tab=points"
    assert KNOWN.mismatch("customer", 7) == f"{KNOWN.desk}/mismatches/customer/7"
    assert KNOWN.award("a1") == f"{KNOWN.desk}/awards/a1"


def test_what_is_named_cannot_lead_elsewhere() -> None:
    assert KNOWN.member("../x?a=b#c") == (
        "https://admin.shop.example/members/..%2Fx%3Fa%3Db%23c?tab=points"
    )
    assert KNOWN.dag_run("loyalty_sync__acme", "scheduled__2026-03-01T05:00:00+00:00") == (
        "https://airflow.shop.example/tools/dags/loyalty_sync__acme/runs/"
        "scheduled__2026-03-01T05%3A00%3A00%2B00%3A00"
    )


def test_an_airflow_at_the_root_of_its_server_is_one_too() -> None:
    assert Elsewhere(airflow="").dag_run("d", "r") == "/dags/d/runs/r"


def test_nothing_leads_to_where_nobody_knows_the_address() -> None:
    found = [NOWHERE.customer(7), NOWHERE.ticket(70), NOWHERE.member("m1"), NOWHERE.award("a1")]
    found += [NOWHERE.mismatch("customer", 7), NOWHERE.dag_run("d", "r")]
    found += [KNOWN.customer(None), KNOWN.ticket(None), KNOWN.member(None), KNOWN.member("")]

    assert set(found) == {None}


def test_an_address_of_a_person_stands_in_no_address() -> None:
    assert KNOWN.member("ada@shop.example") is None


@pytest.mark.parametrize("name", OWN_PLATFORMS)
def test_a_platforms_page_is_what_it_documents_or_an_account_says(name: str) -> None:
    kind = platform_class(name)
    own = "https://admin.shop.example/{member_id}"

    known = kind.member_page_of({})
    assert known == (
        "https://www.shopify.com/admin/customers/{member_id}" if name == "rivo" else None
    )
    if "profile_url" in kind.guesses:
        assert kind.member_page_of({"profile_url": own}) == own
        assert kind.member_page_of({"api": {"profile_url": own}}) == own
        assert kind.member_page_of({"api": {"profile_url": None}}) is None
