"""Clients against a sandbox that misbehaves: nothing is lost, doubled or taken for the end."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import (
    ApiUnavailableError,
    BadConnectionError,
    CursorError,
    MovedError,
    NotFoundError,
)
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter
from loyalty_desk.platforms.base import Platform
from sandbox.running import Sandbox
from tests.factories import store_settings
from tests.http.conftest import CUSTOMERS, MEMBERS


def spoil(sandbox: Sandbox, effect: str, server: str = "gorgias", **rule: Any) -> None:
    sandbox.control(server, "POST", "faults", {"effect": effect, "count": 1, **rule})


def all_customer_ids(client: GorgiasClient) -> list[int]:
    pages = client.iter_customer_pages("created_datetime:asc")
    return [one.customer_id for page in pages for one in page.customers]


def all_member_ids(platform: Platform) -> list[str]:
    pages = platform.iter_member_pages()
    return [one.member_id for page in pages for one in page.members]


def test_every_customer_is_read_once(client: GorgiasClient) -> None:
    found = all_customer_ids(client)

    assert len(found) == len(set(found)) == CUSTOMERS


def test_tickets_are_read(client: GorgiasClient) -> None:
    pages = list(client.iter_ticket_pages())

    assert sum(len(page.tickets) for page in pages) > 10
    assert not [bad for page in pages for bad in page.rejected]


READ_FAULTS = [
    {"effect": "status", "status": 500},
    {"effect": "status", "status": 502, "count": 3},
    {"effect": "status", "status": 429, "retry_after": "1"},
    {"effect": "status", "status": 429, "retry_after": "0"},
    {"effect": "status", "status": 429, "retry_after": None},
    {"effect": "drop"},
    {"effect": "drop", "after": True},
    {"effect": "html"},
    {"effect": "truncate"},
    {"effect": "delay", "delay_ms": 200},
    {"effect": "no_limit_header", "count": None},
]


@pytest.mark.parametrize("fault", READ_FAULTS, ids=lambda fault: "_".join(map(str, fault.values())))
def test_a_read_survives(sandbox: Sandbox, client: GorgiasClient, fault: dict[str, Any]) -> None:
    spoil(sandbox, **{"method": "GET", "skip": 1, **fault})

    assert len(set(all_customer_ids(client))) == CUSTOMERS


@pytest.mark.parametrize("effect", ["no_cursor", "repeat_cursor"])
def test_a_spoilt_cursor_is_never_the_end(
    sandbox: Sandbox, client: GorgiasClient, effect: str
) -> None:
    spoil(sandbox, effect, method="GET", skip=1, count=None)

    with pytest.raises(CursorError):
        all_customer_ids(client)


def test_an_outage_becomes_unavailable(sandbox: Sandbox, client: GorgiasClient) -> None:
    spoil(sandbox, "status", status=503, count=None)

    with pytest.raises(ApiUnavailableError, match=r"GET /api/customers .503.*'gorgias_acme'"):
        all_customer_ids(client)


WRITE_FAULTS = [
    {"effect": "status", "status": 503},
    {"effect": "status", "status": 503, "after": True},
    {"effect": "drop"},
    {"effect": "drop", "after": True},
    {"effect": "html", "after": True},
    {"effect": "status", "status": 429, "retry_after": "1"},
]


@pytest.mark.parametrize(
    "fault", WRITE_FAULTS, ids=lambda fault: "_".join(map(str, fault.values()))
)
def test_a_write_survives(sandbox: Sandbox, client: GorgiasClient, fault: dict[str, Any]) -> None:
    customer_id = all_customer_ids(client)[3]
    spoil(sandbox, method="PUT", **fault)

    client.put_customer_data(customer_id, {"loyalty": {"tier": fault["effect"]}}, None)

    assert client.get_customer(customer_id).data == {"loyalty": {"tier": fault["effect"]}}


def test_a_rising_version_wins_and_an_older_one_is_ignored(client: GorgiasClient) -> None:
    customer_id = all_customer_ids(client)[4]

    for day, number in (("02", 1), ("03", 2), ("01", 3)):
        client.put_customer_data(customer_id, {"n": number}, f"2030-01-{day}T00:00:00.000001Z")

    assert client.get_customer(customer_id).data == {"n": 2}


def test_a_creation_with_an_unclear_end_is_not_repeated(
    sandbox: Sandbox, client: GorgiasClient
) -> None:
    spoil(sandbox, "drop", method="POST", after=True)

    with pytest.raises(ApiUnavailableError):
        client.create_custom_field("Loyalty drop", "text", external_id="drop")

    found = [one.external_id for one in client.iter_custom_field_definitions()]
    assert found.count("drop") == 1


def test_custom_fields_are_written_read_and_cleared(client: GorgiasClient) -> None:
    customer_id = all_customer_ids(client)[5]
    field_id = client.create_custom_field("Loyalty points", "number", external_id="points")

    client.put_custom_fields(customer_id, {field_id: 1840})
    assert client.get_custom_fields(customer_id)[field_id] == 1840

    client.put_custom_fields(customer_id, {field_id: None})
    assert client.get_custom_fields(customer_id).get(field_id) is None


def test_a_merged_and_a_deleted_customer_are_told_apart(
    sandbox: Sandbox, client: GorgiasClient
) -> None:
    merged, survivor = all_customer_ids(client)[10:12]
    ids = {"source_id": merged, "target_id": survivor}
    client.transport.send("PUT", "/api/customers/merge", query=ids, json={"note": None})

    with pytest.raises(MovedError):
        client.put_customer_data(merged, {}, None)
    with pytest.raises(NotFoundError):
        client.get_customer(10**12)


def test_a_merge_is_told_by_events_and_the_address_leads_to_the_survivor(
    client: GorgiasClient, one_staging: Engine
) -> None:
    first_page = next(client.iter_customer_pages("created_datetime:asc")).customers
    merged, survivor = [one for one in first_page if one.email and one.email.isascii()][:2]
    since = utc_text(utc_now())
    ids = {"source_id": merged.customer_id, "target_id": survivor.customer_id}
    client.transport.send("PUT", "/api/customers/merge", query=ids, json={"note": None})

    merges = list(client.iter_customer_merges(since))

    assert [(one.source_id, one.survivor_id) for one in merges] == [
        (merged.customer_id, survivor.customer_id)
    ]
    for address in (merged.email, survivor.email):
        found = client.find_customers_by_address(str(address))
        assert [one.customer_id for one in found] == [survivor.customer_id]
    [whole] = CardWriter(client, one_staging, store_settings()).find_by_address(str(merged.email))
    assert merged.email in (whole.channels or ())


def test_a_customer_is_found_by_its_primary_email(client: GorgiasClient) -> None:
    page = next(client.iter_customer_pages())
    known = next(one for one in page.customers if one.email and one.email.isascii())

    found = client.find_customers_by_email(str(known.email))

    assert known.customer_id in [one.customer_id for one in found]
    assert client.find_customers_by_email("nobody@nowhere.example") == []


def test_every_member_is_read_once(platform: Platform) -> None:
    found = all_member_ids(platform)

    assert len(found) == len(set(found)) == MEMBERS


@pytest.mark.parametrize(
    "switches",
    [
        {"rivo_next_since_id_present": False},
        {"rivo_names": "printed"},
        {"rivo_dates_iso": True},
        {"rivo_guest_spelling": "candidate"},
    ],
    ids=lambda switches: next(iter(switches)),
)
def test_members_are_read_whatever_the_open_questions_turn_out_to_be(
    sandbox: Sandbox, platform: Platform, switches: dict[str, Any]
) -> None:
    before = list(platform.iter_member_pages())
    sandbox.control("rivo", "POST", "switches", switches)

    after = list(platform.iter_member_pages())

    assert [m for page in after for m in page.members] == [m for p in before for m in p.members]
    assert not [bad for page in after for bad in page.rejected]


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "status", "status": 500},
        {"effect": "status", "status": 429, "retry_after": None},
        {"effect": "drop"},
        {"effect": "html"},
        {"effect": "truncate"},
    ],
    ids=lambda fault: fault["effect"],
)
def test_a_scan_of_members_survives(
    sandbox: Sandbox, platform: Platform, fault: dict[str, Any]
) -> None:
    spoil(sandbox, server="rivo", **fault)

    assert len(set(all_member_ids(platform))) == MEMBERS


def test_a_repeated_cursor_of_members_stops_the_scan(sandbox: Sandbox, platform: Platform) -> None:
    spoil(sandbox, "repeat_cursor", server="rivo")

    with pytest.raises(CursorError):
        all_member_ids(platform)


def test_an_app_renews_its_access_and_reads_its_own_data(
    sandbox: Sandbox, app_client: GorgiasClient
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"refresh_token_rotation": True})
    customer_id = all_customer_ids(app_client)[6]
    app_client.put_customer_data(customer_id, {"loyalty": {"tier": "Gold"}}, None)
    sandbox.control("gorgias", "POST", "oauth", {"expire": True})

    assert app_client.get_customer(customer_id).data == {"loyalty": {"tier": "Gold"}}
    sandbox.control("gorgias", "POST", "oauth", {"expire": True})
    assert app_client.get_account().active


def test_a_revoked_app_is_a_bad_connection(sandbox: Sandbox, app_client: GorgiasClient) -> None:
    sandbox.control("gorgias", "POST", "oauth", {"revoke": True})

    with pytest.raises(BadConnectionError, match=r"'gorgias_acme'.*install the app again"):
        app_client.get_account()


def test_nothing_logged_holds_a_secret_or_an_email(
    sandbox: Sandbox, client: GorgiasClient, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for server in ("gorgias", "rivo"):
        spoil(sandbox, "status", server, status=500, after=True)
        spoil(sandbox, "html", server)
    known = next(one for one in next(client.iter_customer_pages()).customers if one.email)
    client.find_customers_by_email(str(known.email))
    client.put_customer_data(known.customer_id, {"loyalty": {"name": "Ada Secret"}}, None)
    all_member_ids(platform)

    assert "next attempt" in caplog.text
    for hidden in (
        str(known.email),
        "@",
        "%40",
        "Ada Secret",
        sandbox.gorgias["api_key"],
        sandbox.rivo["api_key"],
        "Basic ",
    ):
        assert hidden not in caplog.text
