"""What a store's connections and Airflow's configuration tell of pages elsewhere."""

from __future__ import annotations

import pytest

from loyalty_desk.elsewhere import NOWHERE, Elsewhere
from loyalty_desk.hooks import elsewhere
from loyalty_desk.hooks.elsewhere import elsewhere_of
from tests.conftest import SetConnection
from tests.factories import STORE, store_settings

STORE_OF = store_settings(platform="trifft")
ADMIN = "https://admin.shop.example/{member_id}"


def test_connections_tell_where_people_open_customers_and_members(
    set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_connection("gorgias_acme", conn_type="gorgias", host="my-shop", login="x", password="y")
    set_connection("trifft_acme", password="k", extra={"profile_url": ADMIN})
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.shop.example/tools/")

    assert elsewhere_of(STORE_OF) == Elsewhere(
        gorgias="https://my-shop.gorgias.com",
        member_page=ADMIN,
        airflow="https://airflow.shop.example/tools",
        desk=f"https://airflow.shop.example/tools/loyalty/desk/{STORE}",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "http://shop.example", "password": "k", "extra": {"api": {"no such": 1}}},
        {"host": "", "password": "k", "extra": {"profile_url": "javascript:x"}},
        {"password": "k", "extra": {"profile_url": "no address/{member_id}"}},
    ],
)
def test_a_connection_that_cannot_be_used_costs_links_and_nothing_else(
    set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object]
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")
    set_connection("gorgias_acme", **wrong)
    set_connection("trifft_acme", **wrong)

    assert elsewhere_of(STORE_OF) == NOWHERE


def test_a_changed_connection_is_seen_a_minute_later(
    set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 600.0
    monkeypatch.setattr(elsewhere, "monotonic", lambda: now)
    set_connection("trifft_acme", password="k")
    for name in ("my-shop", "my-other-shop"):
        set_connection("gorgias_acme", conn_type="gorgias", host=name, login="x", password="y")
        assert elsewhere_of(STORE_OF).gorgias == "https://my-shop.gorgias.com"

    now += elsewhere.KEPT_S

    assert elsewhere_of(STORE_OF).gorgias == "https://my-other-shop.gorgias.com"
