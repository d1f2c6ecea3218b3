"""Customers of the Gorgias stand-in: shapes, filters, changes, merges and their data."""

from typing import Any

import pytest
import requests

from sandbox.gorgias.customer_store import APP_ID
from sandbox.running import Sandbox
from tests.sandbox.calls import Call, customers_of, put_data

CARD = {"loyalty": {"points_balance": 5}}


@pytest.fixture
def mira(gorgias: Call) -> dict[str, Any]:
    """A customer made by the test."""
    body = {"name": "Mira Testperson", "email": "mira@example.test", "external_id": "till-x"}
    answer = gorgias("POST", "/customers", json=body)
    assert answer.status_code == 201
    created: dict[str, Any] = answer.json()
    return created


@pytest.fixture
def jonas(gorgias: Call) -> dict[str, Any]:
    channels = [{"type": "email", "address": "jonas@example.test", "preferred": True}]
    created: dict[str, Any] = gorgias("POST", "/customers", json={"channels": channels}).json()
    return created


def merge(gorgias: Call, source: dict[str, Any], target: dict[str, Any]) -> requests.Response:
    query = {"source_id": source["id"], "target_id": target["id"]}
    return gorgias("PUT", "/customers/merge", params=query, json={"name": "Merged"})


def test_list_rows_are_thin_and_retrieved_customers_are_whole(gorgias: Call) -> None:
    row = gorgias("GET", "/customers?limit=1").json()["data"][0]
    whole = gorgias("GET", f"/customers/{row['id']}").json()

    assert {"data", "note", "custom_fields"} <= row.keys()
    assert whole.keys() - row.keys() == {
        "channels", "integrations", "external_data", "ecommerce_data", "customer",
    }  # fmt: skip


def test_a_created_customer_comes_without_external_data(mira: dict[str, Any]) -> None:
    assert "channels" in mira
    assert "external_data" not in mira


def test_an_email_channel_alone_sets_the_email(jonas: dict[str, Any]) -> None:
    assert jonas["email"] == "jonas@example.test"
    assert (jonas["name"], jonas["firstname"], jonas["lastname"]) == (None, "", "")


def test_an_email_of_another_customer_is_a_409(gorgias: Call, mira: dict[str, Any]) -> None:
    answer = gorgias("POST", "/customers", json={"email": mira["email"]})

    assert answer.status_code == 409


@pytest.mark.parametrize(
    "query",
    [{"email": "mira@example.test"}, {"external_id": "till-x"}, {"name": "Mira Testperson"},
     {"channel_type": "email", "channel_address": "mira@example.test"}],
    ids=["email", "external_id", "name", "channel"],
)  # fmt: skip
def test_a_filter_finds_the_customer(
    gorgias: Call, mira: dict[str, Any], query: dict[str, str]
) -> None:
    found = gorgias("GET", "/customers", params=query).json()["data"]

    assert [row["id"] for row in found] == [mira["id"]]


def test_no_match_is_an_empty_list(gorgias: Call) -> None:
    answer = gorgias("GET", "/customers", params={"email": "nobody@example.test"})

    assert answer.status_code == 200
    assert answer.json()["data"] == []


def test_every_generated_address_is_found_by_its_filter(gorgias: Call, sandbox: Sandbox) -> None:
    for row in customers_of(sandbox)[::40]:
        for channel in row["channels"]:
            if channel["type"] == "email" and "@" in channel["address"]:
                query = {"channel_type": "email", "channel_address": channel["address"]}
                found = gorgias("GET", "/customers", params=query).json()["data"]
                assert row["id"] in [one["id"] for one in found]


def test_the_email_filter_looks_at_the_primary_address_only(
    gorgias: Call, sandbox: Sandbox
) -> None:
    row = customers_of(sandbox, trouble="secondary_channel")[0]
    second = [one["address"] for one in row["channels"] if one["type"] == "email"][1]

    by_email = gorgias("GET", "/customers", params={"email": second}).json()["data"]
    by_channel = gorgias(
        "GET", "/customers", params={"channel_type": "email", "channel_address": second}
    ).json()["data"]

    assert by_email == []
    assert [one["id"] for one in by_channel] == [row["id"]]


def test_an_update_is_partial_and_moves_the_stamp(gorgias: Call, mira: dict[str, Any]) -> None:
    answer = gorgias("PUT", f"/customers/{mira['id']}", json={"note": "VIP"})

    assert answer.status_code == 202
    assert answer.json()["note"] == "VIP"
    assert answer.json()["name"] == "Mira Testperson"
    assert answer.json()["updated_datetime"] > mira["updated_datetime"]


def test_an_update_of_channels_replaces_them_all(gorgias: Call, mira: dict[str, Any]) -> None:
    channels = [{"type": "phone", "address": "+15550100"}]

    changed = gorgias("PUT", f"/customers/{mira['id']}", json={"channels": channels}).json()

    assert [one["address"] for one in changed["channels"]] == ["+15550100"]


def test_a_deleted_customer_is_gone(gorgias: Call, mira: dict[str, Any]) -> None:
    assert gorgias("DELETE", f"/customers/{mira['id']}").status_code == 204

    assert gorgias("GET", f"/customers/{mira['id']}").status_code == 404
    assert put_data(gorgias, mira["id"], CARD) == 404
    assert gorgias("GET", "/customers?email=mira@example.test").json()["data"] == []


def test_customers_are_deleted_in_bulk(
    gorgias: Call, mira: dict[str, Any], jonas: dict[str, Any]
) -> None:
    ids = [mira["id"], jonas["id"]]

    assert gorgias("DELETE", "/customers", json={"ids": ids}).status_code == 204
    assert [gorgias("GET", f"/customers/{one}").status_code for one in ids] == [404, 404]


def test_deletions_leave_events(gorgias: Call, mira: dict[str, Any]) -> None:
    gorgias("DELETE", f"/customers/{mira['id']}")

    events = gorgias("GET", "/events?types=customer-deleted&types=customer-created&limit=2").json()

    assert [(one["type"], one["object_id"]) for one in events["data"]] == [
        ("customer-deleted", mira["id"]),
        ("customer-created", mira["id"]),
    ]


def test_events_are_filtered_by_time_and_object(gorgias: Call, mira: dict[str, Any]) -> None:
    query = {"created_datetime[gte]": mira["created_datetime"]}
    recent = gorgias("GET", "/events", params=query).json()["data"]
    query = {"object_type": "Customer", "object_id": str(mira["id"])}
    of_mira = gorgias("GET", "/events", params=query).json()["data"]

    assert recent == of_mira
    assert gorgias("GET", f"/events/{recent[0]['id']}").json() == recent[0]
    assert gorgias("GET", "/events?object_type=Customer").status_code == 400
    assert gorgias("GET", "/events?user_ids=12&limit=1").json()["data"]
    assert gorgias("GET", "/events?user_ids=99").json()["data"] == []
    assert gorgias("GET", "/events?user_ids=12&user_ids=13").status_code == 400


def test_some_customers_were_deleted_before_the_start(gorgias: Call) -> None:
    event = gorgias("GET", "/events?types=customer-deleted&limit=1").json()["data"][0]

    assert gorgias("GET", f"/customers/{event['object_id']}").status_code == 404


def test_some_customers_were_merged_before_the_start(gorgias: Call) -> None:
    events = gorgias("GET", "/events?types=customer-deleted&limit=20").json()["data"]

    assert {put_data(gorgias, one["object_id"], CARD) for one in events} == {301, 404}


def test_a_refused_update_changes_nothing(gorgias: Call, mira: dict[str, Any]) -> None:
    body = {"note": "VIP", "custom_fields": [{"id": 99999, "value": "x"}]}

    assert gorgias("PUT", f"/customers/{mira['id']}", json=body).status_code == 400
    assert gorgias("GET", f"/customers/{mira['id']}").json()["note"] is None


def test_a_merge_moves_channels_and_tickets_and_takes_the_source_away(
    gorgias: Call, mira: dict[str, Any], jonas: dict[str, Any]
) -> None:
    message = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}
    ticket = gorgias(
        "POST", "/tickets", json={"customer": {"id": mira["id"]}, "messages": [message]}
    ).json()

    assert merge(gorgias, mira, jonas).ok

    assert gorgias("GET", f"/customers/{mira['id']}").status_code == 404
    assert gorgias("GET", f"/tickets/{ticket['id']}").json()["customer"]["id"] == jonas["id"]
    survivor = gorgias("GET", f"/customers/{jonas['id']}").json()
    assert "mira@example.test" in [one["address"] for one in survivor["channels"]]
    types = "types=customer-deleted&types=customer-merged"
    events = gorgias("GET", f"/events?{types}&limit=2").json()["data"]
    assert [(one["type"], one["object_id"], one["data"]) for one in events] == [
        ("customer-merged", jonas["id"], {"source_customer_id": mira["id"]}),
        ("customer-deleted", mira["id"], None),
    ]


def test_a_merge_sets_nothing_and_leaves_the_stamp_unless_switched(
    gorgias: Call, sandbox: Sandbox, mira: dict[str, Any], jonas: dict[str, Any]
) -> None:
    query = {"source_id": mira["id"], "target_id": jonas["id"]}
    assert gorgias("PUT", "/customers/merge", params=query, json={}).status_code == 400

    survivor = merge(gorgias, mira, jonas).json()

    assert survivor["name"] is None
    assert survivor["updated_datetime"] == jonas["updated_datetime"]
    switches = {"merge_applies_body": True, "merge_touches_customer": True}
    sandbox.control("gorgias", "POST", "switches", switches)
    other = gorgias("POST", "/customers", json={"email": "ida@example.test"}).json()
    survivor = merge(gorgias, other, jonas).json()
    assert survivor["name"] == "Merged"
    assert survivor["updated_datetime"] > jonas["updated_datetime"]


def test_two_with_data_of_one_integration_cannot_be_merged(
    gorgias: Call, sandbox: Sandbox, mira: dict[str, Any], jonas: dict[str, Any]
) -> None:
    for one in (mira, jonas):
        sandbox.control(
            "gorgias", "PATCH", f"customers/{one['id']}", {"integrations": {"555": {"a": 1}}}
        )

    assert merge(gorgias, mira, jonas).status_code == 409

    switches = {"merge_conflicts_on_integrations": False}
    sandbox.control("gorgias", "POST", "switches", switches)
    assert merge(gorgias, mira, jonas).ok


def test_a_merge_of_a_customer_with_itself_is_a_409(gorgias: Call, mira: dict[str, Any]) -> None:
    assert merge(gorgias, mira, mira).status_code == 409


def test_data_is_replaced_and_answered_with_an_empty_202(
    gorgias: Call, mira: dict[str, Any]
) -> None:
    put_data(gorgias, mira["id"], {"shipping_tool": 1})
    answer = gorgias("PUT", f"/customers/{mira['id']}/data", json={"data": CARD})

    assert (answer.status_code, answer.content) == (202, b"")
    assert gorgias("GET", f"/customers/{mira['id']}").json()["data"] == CARD


def test_data_is_required_and_versions_are_dates(gorgias: Call, mira: dict[str, Any]) -> None:
    path = f"/customers/{mira['id']}/data"

    assert gorgias("PUT", path, json={}).status_code == 400
    assert put_data(gorgias, mira["id"], CARD, "yesterday") == 400


def test_an_older_version_is_ignored_and_looks_applied(gorgias: Call, mira: dict[str, Any]) -> None:
    put_data(gorgias, mira["id"], CARD, "2026-03-02T00:00:00")

    assert put_data(gorgias, mira["id"], {"loyalty": None}, "2026-03-01T00:00:00") == 202
    assert gorgias("GET", f"/customers/{mira['id']}").json()["data"] == CARD


@pytest.mark.parametrize("applied", [True, False])
def test_an_equal_version_is_applied_or_not_by_switch(
    gorgias: Call, sandbox: Sandbox, mira: dict[str, Any], *, applied: bool
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"equal_version_applied": applied})
    for content in ("first", "second"):
        put_data(gorgias, mira["id"], content, "2026-03-02T00:00:00+00:00")

    held = gorgias("GET", f"/customers/{mira['id']}").json()["data"]
    assert held == ("second" if applied else "first")


def test_a_data_write_leaves_the_stamp_unless_switched(
    gorgias: Call, sandbox: Sandbox, mira: dict[str, Any]
) -> None:
    put_data(gorgias, mira["id"], CARD)
    row = gorgias("GET", f"/customers/{mira['id']}").json()
    assert row["updated_datetime"] == mira["updated_datetime"]

    sandbox.control("gorgias", "POST", "switches", {"data_write_touches_customer": True})
    put_data(gorgias, mira["id"], CARD)
    row = gorgias("GET", f"/customers/{mira['id']}").json()
    assert row["updated_datetime"] > mira["updated_datetime"]


@pytest.mark.parametrize("by", ["customer", "bulk", "single", "delete"])
def test_a_field_write_leaves_the_stamp_unless_switched(
    gorgias: Call, sandbox: Sandbox, mira: dict[str, Any], by: str
) -> None:
    path, pair = f"/customers/{mira['id']}", {"id": 101, "value": "Ring twice"}

    def write() -> str:
        if by == "customer":
            assert gorgias("PUT", path, json={"custom_fields": [pair]}).ok
        elif by == "bulk":
            assert gorgias("PUT", f"{path}/custom-fields", json=[pair]).ok
        elif by == "single":
            assert gorgias("PUT", f"{path}/custom-fields/101", json=pair["value"]).ok
        else:
            assert gorgias("DELETE", f"{path}/custom-fields/101").ok
        return str(gorgias("GET", path).json()["updated_datetime"])

    assert write() == mira["updated_datetime"]

    sandbox.control("gorgias", "POST", "switches", {"field_write_touches_customer": True})
    assert write() > mira["updated_datetime"]


def test_data_of_a_merged_customer_is_an_empty_301(
    gorgias: Call, sandbox: Sandbox, mira: dict[str, Any], jonas: dict[str, Any]
) -> None:
    merge(gorgias, mira, jonas)
    answer = gorgias("PUT", f"/customers/{mira['id']}/data", json={"data": CARD})
    assert (answer.status_code, answer.content) == (301, b"")
    assert "location" not in answer.headers

    sandbox.control("gorgias", "POST", "switches", {"merged_location_header": True})
    answer = gorgias("PUT", f"/customers/{mira['id']}/data", json={"data": CARD})
    assert answer.headers["location"] == f"/api/customers/{jonas['id']}/"


def test_an_apps_data_lands_under_its_app_id(sandbox: Sandbox, gorgias: Call) -> None:
    customer_id = gorgias("GET", "/customers?limit=1").json()["data"][0]["id"]
    answer = requests.put(
        f"{sandbox.gorgias_url}/api/customers/{customer_id}/data",
        headers={"Authorization": f"Bearer {sandbox.gorgias['oauth']['access_token']}"},
        json={"data": CARD},
        timeout=10,
    )
    assert answer.status_code == 202

    whole = gorgias("GET", f"/customers/{customer_id}").json()
    assert whole["external_data"] == {APP_ID: CARD}
    assert whole["data"] != CARD


@pytest.mark.parametrize(
    ("switches", "content", "status"),
    [
        ({"data_landing_place": "refuse_api_key"}, CARD, 403),
        ({"data_any_json_value": False}, "text", 400),
        ({"data_any_json_value": True}, "text", 202),
        ({"data_max_bytes": 10}, CARD, 413),
    ],
)
def test_open_questions_about_data_are_switches(
    gorgias: Call, sandbox: Sandbox, switches: dict[str, Any], content: Any, status: int
) -> None:
    customer_id = gorgias("GET", "/customers?limit=1").json()["data"][0]["id"]
    sandbox.control("gorgias", "POST", "switches", switches)

    assert put_data(gorgias, customer_id, content) == status


def test_accepted_data_may_show_late(gorgias: Call, sandbox: Sandbox, mira: dict[str, Any]) -> None:
    sandbox.control("gorgias", "POST", "switches", {"data_visible_after_s": 1e6})
    put_data(gorgias, mira["id"], CARD)
    assert gorgias("GET", f"/customers/{mira['id']}").json()["data"] is None


def test_a_customer_is_searched_by_any_address(gorgias: Call, mira: dict[str, Any]) -> None:
    body = {"type": "customer_profile", "query": "mira@example.test"}
    answer = gorgias("POST", "/search", json=body)

    assert answer.status_code == 201
    assert [row["id"] for row in answer.json()["data"]] == [mira["id"]]
