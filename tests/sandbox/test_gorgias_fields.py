"""Custom fields of the Gorgias stand-in, and the plain objects: widgets, integrations, macros."""

from typing import Any

import pytest

from sandbox.running import Sandbox
from tests.sandbox.calls import Call, customers_of

DEFINITIONS: dict[str, dict[str, Any]] = {
    "text": {"data_type": "text", "input_settings": {"input_type": "input"}},
    "number": {
        "data_type": "number",
        "input_settings": {"input_type": "input_number", "min": 0, "max": 9000},
    },
    "boolean": {
        "data_type": "boolean",
        "input_settings": {"input_type": "dropdown", "choices": [True, False]},
    },
    "choice": {
        "data_type": "text",
        "input_settings": {"input_type": "dropdown", "choices": ["Silver", "Gold"]},
    },
}


def make_field(gorgias: Call, kind: str) -> int:
    body = {"object_type": "Customer", "label": f"A {kind}", "definition": DEFINITIONS[kind]}
    answer = gorgias("POST", "/custom-fields", json=body)
    assert answer.status_code == 201
    return int(answer.json()["id"])


@pytest.fixture
def path(sandbox: Sandbox) -> str:
    """Where the values of some customer without values are."""
    rows = customers_of(sandbox, limit=50)
    row = next(row for row in rows if not row["custom_field_values"])
    return f"/customers/{row['id']}/custom-fields"


def values_at(gorgias: Call, path: str) -> dict[int, Any]:
    return {row["field"]["id"]: row["value"] for row in gorgias("GET", path).json()["data"]}


def test_definitions_are_listed_by_object_type_which_is_required(gorgias: Call) -> None:
    assert gorgias("GET", "/custom-fields").status_code == 400

    rows = gorgias("GET", "/custom-fields?object_type=Customer").json()["data"]
    assert {row["object_type"] for row in rows} == {"Customer"}


@pytest.mark.parametrize(
    "change",
    [{"object_type": "customer"}, {"label": ""}, {"definition": {"data_type": "date"}},
     {"priority": 5001}, {"colour": "red"}],
)  # fmt: skip
def test_a_bad_definition_is_a_400(gorgias: Call, change: dict[str, Any]) -> None:
    body = {"object_type": "Customer", "label": "Tier", "definition": DEFINITIONS["text"]}

    assert gorgias("POST", "/custom-fields", json=body | change).status_code == 400


def test_there_is_a_cap_on_active_fields_and_archiving_makes_room(
    gorgias: Call, sandbox: Sandbox
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"custom_field_cap": 3})
    field_id = make_field(gorgias, "text")
    body = {"object_type": "Customer", "label": "Tier", "definition": DEFINITIONS["text"]}
    assert gorgias("POST", "/custom-fields", json=body).status_code == 400

    archive = {"deactivated_datetime": "2026-01-01T00:00:00"}
    assert gorgias("PUT", f"/custom-fields/{field_id}", json=archive).ok

    assert gorgias("POST", "/custom-fields", json=body).status_code == 201


@pytest.mark.parametrize(("replaces", "left"), [(True, {}), (False, {"tier": "Gold"})])
def test_what_a_write_leaves_out_is_cleared_or_stays_by_switch(
    gorgias: Call, sandbox: Sandbox, path: str, *, replaces: bool, left: dict[str, str]
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"custom_field_bulk_replaces": replaces})
    fields = {"tier": make_field(gorgias, "choice"), "points": make_field(gorgias, "number")}
    gorgias("PUT", path, json=[{"id": fields["tier"], "value": "Gold"}])

    answer = gorgias("PUT", path, json=[{"id": fields["points"], "value": 1840}])

    expected = {fields[name]: value for name, value in {**left, "points": 1840}.items()}
    assert values_at(gorgias, path) == expected
    assert {row["field"]["id"]: row["value"] for row in answer.json()["data"]} == expected


@pytest.mark.parametrize(("required", "status", "left"), [(True, 400, 1), (False, 200, 0)])
def test_leaving_out_a_managed_value_is_refused_or_clears_it_by_switch(
    gorgias: Call, sandbox: Sandbox, path: str, *, required: bool, status: int, left: int
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"custom_field_managed_required": required})
    fields = gorgias("GET", "/custom-fields?object_type=Customer").json()["data"]
    managed = next(row for row in fields if row["managed_type"])
    choice = managed["definition"]["input_settings"]["choices"][0]
    gorgias("PUT", path, json=[{"id": managed["id"], "value": choice}])

    assert gorgias("PUT", path, json=[]).status_code == status
    assert len(values_at(gorgias, path)) == left


def test_a_value_in_an_archived_field_outlives_a_write_that_replaces(
    gorgias: Call, path: str
) -> None:
    field_id = make_field(gorgias, "text")
    gorgias("PUT", path, json=[{"id": field_id, "value": "x"}])
    archive = {"deactivated_datetime": "2026-01-01T00:00:00"}
    gorgias("PUT", f"/custom-fields/{field_id}", json=archive)

    assert gorgias("PUT", path, json=[]).status_code == 200
    assert values_at(gorgias, path) == {field_id: "x"}


def test_a_write_of_values_leaves_an_event_by_switch_and_moves_no_customer(
    gorgias: Call, sandbox: Sandbox, path: str
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"field_write_event_type": "customer-updated"})
    customer_id = int(path.split("/")[2])
    before = gorgias("GET", f"/customers/{customer_id}").json()["updated_datetime"]
    field_id = make_field(gorgias, "text")

    gorgias("PUT", path, json=[{"id": field_id, "value": "x"}])
    sandbox.control(
        "gorgias", "PATCH", f"customers/{customer_id}", {"custom_fields": {field_id: "by hand"}}
    )

    query = f"?object_type=Customer&object_id={customer_id}&types=customer-updated"
    events = gorgias("GET", f"/events{query}&order_by=created_datetime:asc").json()["data"]
    assert [event["user_id"] for event in events] == [gorgias("GET", "/users/0").json()["id"], 14]
    assert gorgias("GET", f"/customers/{customer_id}").json()["updated_datetime"] == before


def test_values_are_set_together_and_others_stay(
    gorgias: Call, sandbox: Sandbox, path: str
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"custom_field_bulk_replaces": False})
    tier, points = make_field(gorgias, "choice"), make_field(gorgias, "number")
    gorgias("PUT", path, json=[{"id": tier, "value": "Gold"}])

    answer = gorgias("PUT", path, json=[{"id": points, "value": 1840}])

    assert answer.status_code == 200
    assert values_at(gorgias, path) == {tier: "Gold", points: 1840}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [("text", "x", 5), ("number", 12.5, "12"), ("number", 0, 9001), ("number", 1, True),
     ("boolean", False, "no"), ("choice", "Gold", "Bronze")],
)  # fmt: skip
def test_a_value_must_fit_its_definition(
    gorgias: Call, path: str, kind: str, good: Any, bad: Any
) -> None:
    field_id = make_field(gorgias, kind)

    assert gorgias("PUT", path, json=[{"id": field_id, "value": good}]).status_code == 200
    assert gorgias("PUT", path, json=[{"id": field_id, "value": bad}]).status_code == 400
    assert values_at(gorgias, path) == {field_id: good}


def test_one_bad_value_refuses_the_whole_call(gorgias: Call, path: str) -> None:
    field_id = make_field(gorgias, "text")
    pairs = [{"id": field_id, "value": "x"}, {"id": 99999, "value": "y"}]

    assert gorgias("PUT", path, json=pairs).status_code == 400
    assert values_at(gorgias, path) == {}


def test_the_body_is_the_array_itself(gorgias: Call, path: str) -> None:
    assert gorgias("PUT", path, json={"data": []}).status_code == 400


def test_null_clears_a_value_or_is_refused_by_switch(
    gorgias: Call, sandbox: Sandbox, path: str
) -> None:
    field_id = make_field(gorgias, "text")
    gorgias("PUT", path, json=[{"id": field_id, "value": "x"}])
    sandbox.control("gorgias", "POST", "switches", {"custom_field_null_clears": False})
    assert gorgias("PUT", path, json=[{"id": field_id, "value": None}]).status_code == 400

    sandbox.control("gorgias", "POST", "switches", {"custom_field_null_clears": True})
    assert gorgias("PUT", path, json=[{"id": field_id, "value": None}]).ok
    assert values_at(gorgias, path) == {}


def test_deleting_clears_a_value(gorgias: Call, path: str) -> None:
    field_id = make_field(gorgias, "text")
    gorgias("PUT", path, json=[{"id": field_id, "value": "x"}])

    assert gorgias("DELETE", f"{path}/{field_id}").status_code == 204
    assert values_at(gorgias, path) == {}


def test_values_come_bare_or_wrapped_by_switch(gorgias: Call, sandbox: Sandbox, path: str) -> None:
    assert gorgias("GET", path).json() == {"data": []}

    sandbox.control("gorgias", "POST", "switches", {"custom_field_values_wrapped": False})
    assert gorgias("GET", path).json() == []


@pytest.mark.parametrize(("form", "raw", "wrapped"), [("raw", 200, 400), ("object", 400, 200)])
def test_the_body_of_a_single_value_is_a_switch(
    gorgias: Call, sandbox: Sandbox, path: str, form: str, raw: int, wrapped: int
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"custom_field_single_put_body": form})
    field_id = make_field(gorgias, "text")
    one = f"{path}/{field_id}"

    assert gorgias("PUT", one, json="Gold").status_code == raw
    assert gorgias("PUT", one, json={"id": field_id, "value": "Gold"}).status_code == wrapped


def test_values_of_another_tool_are_there(sandbox: Sandbox) -> None:
    assert any(row["custom_field_values"] for row in customers_of(sandbox))


def test_a_widget_is_stored_with_its_unknown_buttons(gorgias: Call) -> None:
    template = {"type": "wrapper", "widgets": [], "meta": {"custom": {"buttons": [{"x": 1}]}}}
    body = {"type": "customer_external_data", "app_id": "abc", "template": template}
    created = gorgias("POST", "/widgets", json=body)
    path = f"/widgets/{created.json()['id']}"

    assert created.status_code == 201
    assert gorgias("GET", path).json()["template"] == template
    assert gorgias("PUT", path, json={"order": 4}).status_code == 202
    assert gorgias("GET", "/widgets?order_by=order:asc").json()["data"][0]["order"] == 4
    assert gorgias("DELETE", path).status_code == 204
    assert gorgias("GET", path).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"template": {"type": "card"}}, {"type": "sticker"}, {"integration_id": 5}, {"x": 1}],
    ids=["root is no wrapper", "unknown type", "integration of no http widget", "unknown key"],
)
def test_a_bad_widget_is_a_400(gorgias: Call, change: dict[str, Any]) -> None:
    body = {"type": "custom", "template": {"type": "wrapper", "widgets": []}}

    assert gorgias("POST", "/widgets", json=body | change).status_code == 400


def test_an_http_integration_keeps_its_secret_to_itself(gorgias: Call) -> None:
    http = {"url": "http://127.0.0.1:9/card", "method": "POST", "hmac_secret": "s",
            "triggers": {"ticket-created": True}}  # fmt: skip
    created = gorgias(
        "POST", "/integrations", json={"name": "Lookup", "type": "http", "http": http}
    )

    assert created.status_code == 201
    assert "hmac_secret" not in created.json()["http"]
    assert gorgias("GET", "/integrations?type=http").json()["data"][0]["name"] == "Lookup"
    assert gorgias("GET", "/integrations?type=shopify").status_code == 400


def test_trigger_names_have_hyphens(gorgias: Call) -> None:
    http = {"url": "http://127.0.0.1:9/card", "triggers": {"ticket_created": True}}
    body = {"name": "Lookup", "type": "http", "http": http}

    assert gorgias("POST", "/integrations", json=body).status_code == 400


def test_macros_are_stored_changed_and_archived(gorgias: Call) -> None:
    actions = [{"name": "addTags", "arguments": {"tags": "loyalty, vip"}}]
    body = {"name": "Balance", "external_id": "loyalty-v1", "actions": actions}
    macro = gorgias("POST", "/macros", json=body).json()
    path = f"/macros/{macro['id']}"

    assert gorgias("PUT", path, json={"name": "Points"}).json()["actions"] == actions
    gorgias("PUT", "/macros/archive", json={"ids": [macro["id"]]})
    assert gorgias("GET", "/macros?archived=false").json()["data"] == []
    assert gorgias("GET", path).json()["archived_datetime"]
