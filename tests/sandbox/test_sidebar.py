"""Widgets as the sidebar shows them: where data comes from, what is left out, what buttons send."""

from typing import Any

import pytest
import requests

from sandbox.gorgias.buttons import FORM, JSON, Result, _without_secrets, build_call, read_button
from sandbox.gorgias.sidebar import STRICT, Card, Leaf, Rows, Widget, build_widget
from sandbox.gorgias.widget_editor import read_new_button
from sandbox.running import Sandbox
from sandbox.switches import Switches
from tests.sandbox.calls import Call, put_data
from tests.sandbox.receiver import Receiver
from tests.sandbox.test_agent_pages import BUTTON, Pages, add_widget, card, leaf
from tests.sandbox.test_gorgias_tickets import NOTE
from tests.sandbox.test_integrations import integrate, settled

APP = "64f0c0ffee0000000000aa01"
CUSTOMER = {
    "integrations": {"555": {"points": 5}},
    "external_data": {APP: {"points": 6}},
    "data": {"points": 7, "items": [{"n": 2}, {"n": None}, {"n": 10}], "none": [], "url": "x"},
}
CONTEXT = {"ticket": {"id": 4}, "current_user": {"email": "ops@lakeside.test"}}


def build(
    *nodes: dict[str, Any], kind: str = "custom", switches: Switches = STRICT, **bound: Any
) -> Widget:
    template = {"type": "wrapper", "meta": {"color": "#224466"}, "widgets": list(nodes)}
    widget = {"id": 1, "type": kind, "integration_id": None, "app_id": None, "template": template}
    return build_widget(widget | bound, CUSTOMER, CONTEXT, "Heading", switches)


def first_card(widget: Widget) -> Card:
    found = widget.children[0]
    assert isinstance(found, Card)
    return found


@pytest.fixture
def ticket(gorgias: Call) -> dict[str, Any]:
    rows = gorgias("GET", "/tickets?limit=50&trashed=false").json()["data"]
    found: dict[str, Any] = next(r for r in rows if r["customer"] and r["customer"]["email"])
    assert put_data(gorgias, found["customer"]["id"], {"loyalty": {"points": 1}}) == 202
    return found


@pytest.fixture
def pages(sandbox: Sandbox) -> Pages:
    return Pages(sandbox)


@pytest.mark.parametrize(
    ("kind", "bound", "value"),
    [
        ("http", {"integration_id": 555}, "5"),
        ("customer_external_data", {"app_id": APP}, "6"),
        ("custom", {}, "7"),
    ],
)
def test_a_widget_reads_what_its_type_is_bound_to(
    kind: str, bound: dict[str, Any], value: str
) -> None:
    shown = build(card("", "Card", leaf("points", "Points")), kind=kind, **bound)

    assert first_card(shown).children == [Leaf("Points", value)]


def test_a_widget_without_data_shows_none_of_its_cards_unless_it_needs_none() -> None:
    node = card("", "Card", leaf("points", "Points"))

    assert build(node, kind="http", integration_id=9).children == []
    assert first_card(build(node, kind="standalone")).children == [Leaf("Points", "")]


def test_nodes_stand_in_their_order() -> None:
    leaves = [leaf("points", name) | {"order": order} for name, order in (("b", 2), ("a", 1))]

    assert [one.title for one in first_card(build(card("", "", *leaves))).children] == ["a", "b"]


@pytest.mark.parametrize(
    ("meta", "shown"),
    [
        ({}, ["2", "", "10"]),
        ({"limit": "2"}, ["2", ""]),
        ({"orderBy": "n"}, ["2", "10", ""]),
        ({"orderBy": "-n", "limit": "2"}, ["", "10"]),
        ({"limit": "many"}, ["2", "", "10"]),
    ],
)
def test_a_list_shows_a_card_for_each_item(meta: dict[str, str], shown: list[str]) -> None:
    node = {"type": "list", "path": "items", "meta": meta, "widgets": [card("", "", leaf("n", ""))]}

    rows = first_card(build(card("", "Card", node))).children[0]

    assert isinstance(rows, Rows)
    assert [item.children[0].value for item in rows.items] == shown


@pytest.mark.parametrize("cards", [[], [card("", ""), card("", "")], [leaf("n", "")]])
def test_a_list_needs_exactly_one_card(cards: list[dict[str, Any]]) -> None:
    node = {"type": "list", "path": "items", "widgets": cards}

    rows = first_card(build(card("", "Card", node))).children[0]

    assert rows.wrong == "A list needs exactly one card in it."


def test_an_empty_list_is_left_out() -> None:
    node = {"type": "list", "path": "none", "title": "Coupons", "widgets": [card("", "")]}

    assert first_card(build(card("", "Card", node))).children == []


def test_a_card_has_its_links_picture_and_colour_if_they_are_safe() -> None:
    meta = {
        "displayCard": False,
        "color": "#abc",
        "link": "https://shop.example/{{url}}?u={{current_user.email}}",
        "pictureUrl": "data:image/png,x",
        "custom": {"links": [{"label": "{{points}} points", "url": "http://a.example/{{points}}"}]},
    }

    shown = first_card(build(card("", "Card {{points}}", **meta)))

    assert (shown.title, shown.is_framed, shown.color, shown.picture) == (
        "Card 7", False, "#abc", None,
    )  # fmt: skip
    assert shown.link == "https://shop.example/x?u=ops%40lakeside.test"
    assert [(one.label, one.url) for one in shown.links] == [("7 points", "http://a.example/7")]
    assert first_card(build(card("", "", color="red;} *{"))).color is None


@pytest.mark.parametrize(
    "node",
    [
        {"type": "card", "path": "", "widgets": 7, "meta": None},
        {"type": "card", "path": "items", "meta": {"custom": {"links": 7, "buttons": 7}}},
        {"type": "gauge", "path": "points"},
        card("", "", {"type": "list", "path": "points", "meta": {"limit": None}}),
    ],
)
def test_an_odd_template_breaks_nothing(node: dict[str, Any]) -> None:
    assert build(node).children


def test_a_button_sends_form_fields_and_a_query() -> None:
    raw = {
        "label": "Go",
        "action": {
            "method": "PUT",
            "url": "http://127.0.0.1/x?a=1",
            "params": [{"key": "t", "value": "{{ticket.id}}"}],
            "body": {"contentType": FORM, "fields": [{"key": "k", "value": "v", "editable": True}]},
        },
    }

    call = build_call(read_button(raw, "b", CONTEXT), {0: "not editable", 1: "a b"})

    assert (call.method, call.url, call.content) == ("PUT", "http://127.0.0.1/x?a=1&t=4", b"k=a+b")


def test_an_agent_is_asked_for_rows_of_a_form_and_a_json_body_goes_out_as_it_stands() -> None:
    asked = [{"key": "amount", "value": "100", "editable": True}]
    action = {"url": "http://127.0.0.1/x", "body": {"contentType": JSON, "fields": asked}}

    button = read_button({"label": "Go", "action": action}, "b", CONTEXT)

    assert not button.fields[0].is_editable
    assert build_call(button, {0: "250"}).content == b'{"amount": "100"}'


def test_an_answer_that_repeats_a_header_is_blotted_out() -> None:
    headers = [{"key": "Authorization", "value": "Bearer sesame-open"}]
    button = read_button({"action": {"url": "http://x.test", "headers": headers}}, "b", CONTEXT)

    assert _without_secrets("you sent sesame-open", button) == "you sent •••"
    assert "sesame" not in repr(button)


@pytest.mark.parametrize(
    "change",
    [{"label": ""}, {"url": ""}, {"method": "BREW"}, {"headers": "no colon"}, {"asked": "no sign"}],
)
def test_a_button_that_cannot_be_made_says_why(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read_new_button({"url": "http://127.0.0.1/", **BUTTON, **change})


def test_a_button_made_by_hand_is_stored_and_removed(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    widget = add_widget(gorgias, card("loyalty", "Loyalty"))
    path = f"/widgets/{widget}"

    def stored() -> list[dict[str, Any]]:
        top = gorgias("GET", path).json()["template"]["widgets"][0]
        made: list[dict[str, Any]] = top["meta"]["custom"]["buttons"]
        return made

    pages.post(path, {**BUTTON, "url": "http://127.0.0.1:9/awards"})
    assert [one["label"] for one in stored()] == ["Add points"]
    assert stored()[0]["action"]["body"]["fields"][-1] == {
        "key": "amount", "label": "Points", "value": "100", "editable": True,
    }  # fmt: skip
    assert pages.post(path, {**BUTTON, "url": ""}).status_code == 400

    pages.post(path, {"action": "remove", "place": "0"})
    assert stored() == []


def test_a_button_on_a_customers_page_knows_the_customer_and_no_ticket(
    pages: Pages, gorgias: Call, ticket: dict[str, Any], receiver: Receiver
) -> None:
    widget = add_widget(gorgias, card("loyalty", "Loyalty"), context="customer")
    sent = "email = {{ticket.customer.email}}\nticket = {{ticket.id}}"
    pages.post(f"/widgets/{widget}", {**BUTTON, "url": receiver.url, "sent": sent})
    path = f"/customer/{ticket['customer']['id']}/button"

    answer = pages.post(path, {"button": f"{widget}-0-0", "field-2": "5"})

    assert receiver.received[-1].form == {
        "email": ticket["customer"]["email"], "ticket": "{{ticket.id}}", "amount": "5",
    }  # fmt: skip
    assert 'data-testid="button-status">200' in answer.text


def test_a_button_knows_the_card_it_stands_on_also_where_the_page_knows_no_customer(
    pages: Pages, gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"customer_page_has_ticket_customer": False})
    widget = add_widget(gorgias, card("loyalty", "Loyalty"), context="customer")
    sent = "email = {{ticket.customer.email}}\npoints = {{points}}"
    pages.post(f"/widgets/{widget}", {**BUTTON, "url": receiver.url, "sent": sent})
    path = f"/customer/{ticket['customer']['id']}/button"

    pages.post(path, {"button": f"{widget}-0-0"})

    assert receiver.received[-1].form == {
        "email": "{{ticket.customer.email}}", "points": "1", "amount": "100",
    }  # fmt: skip


def test_a_path_is_one_key_unless_several_are_allowed() -> None:
    node = card("", "Card", leaf("items.n", "None"), leaf("points", "Points"))
    deep = card("", "Card", leaf("items[2].n", "Third"))
    several = Switches(widget_path_of_several_keys=True)

    assert first_card(build(node)).children == [Leaf("None", ""), Leaf("Points", "7")]
    assert first_card(build(deep)).children == [Leaf("Third", "")]
    assert first_card(build(deep, switches=several)).children == [Leaf("Third", "10")]


def test_a_refused_or_unanswered_button_shows_so(
    pages: Pages, gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"button_timeout_s": 0.1})
    widget = add_widget(gorgias, card("loyalty", "Loyalty"))
    pages.post(f"/widgets/{widget}", {**BUTTON, "url": receiver.url})
    path, form = f"/ticket/{ticket['id']}/button", {"button": f"{widget}-0-0"}
    receiver.statuses, receiver.reply = [422], b'{"message": "Too many points."}'
    refused = pages.post(path, form).text
    receiver.wait_s = 0.5
    late = pages.post(path, form).text

    assert 'data-testid="button-status">422' in refused
    assert "Too many points." in refused
    assert "No answer: timeout." in late


def test_widgets_come_by_order_and_not_when_deactivated(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    last, first, gone = (add_widget(gorgias, card("loyalty", "Loyalty")) for _ in range(3))
    for widget, change in ((last, {"order": 9}), (first, {"order": 1})):
        gorgias("PUT", f"/widgets/{widget}", json=change)
    gorgias("PUT", f"/widgets/{gone}", json={"deactivated_datetime": "2026-01-01T00:00:00"})

    page = pages.get(f"/ticket/{ticket['id']}")

    assert page.index(f'data-widget="{first}"') < page.index(f'data-widget="{last}"')
    assert f'data-widget="{gone}"' not in page


def test_customer_fields_have_their_labels(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    path = f"/customers/{ticket['customer']['id']}/custom-fields"
    gorgias("PUT", path, json=[{"id": 101, "value": "By the door"}])

    page = pages.get(f"/ticket/{ticket['id']}")

    assert "<dt>Delivery wish</dt><dd>By the door</dd>" in page


def test_notes_are_marked_and_an_agents_message_fires_integrations(
    pages: Pages, gorgias: Call, sandbox: Sandbox, ticket: dict[str, Any], receiver: Receiver
) -> None:
    mine = integrate(gorgias, receiver.url, form={"why": "{{event.type}}"})
    gorgias("POST", f"/tickets/{ticket['id']}/messages", json=NOTE)
    pages.post(f"/ticket/{ticket['id']}/messages", {"author": "agent", "body": "Hello"})
    pages.post(f"/ticket/{ticket['id']}/messages", {"author": "customer", "body": "Thanks"})

    page = pages.get(f"/ticket/{ticket['id']}")

    assert [page.count(f'data-kind="{kind}"') for kind in ("note", "agent", "customer")] == [
        1,
        2,
        2,
    ]
    assert page.count("Internal note</span>") == 1
    assert settled(sandbox, mine, 3)["succeeded"] == 3
    last = gorgias("GET", f"/tickets/{ticket['id']}").json()["messages"][-1]
    assert (last["sender"]["email"], last["from_agent"]) == (ticket["customer"]["email"], False)


def test_an_archived_macro_cannot_be_picked(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    actions = [{"name": "setResponseText", "arguments": {"body_html": "<p>Old</p><p>text</p>"}}]
    macro = gorgias("POST", "/macros", json={"name": "Rusty", "actions": actions}).json()["id"]
    path = f"/ticket/{ticket['id']}?macro={macro}"
    assert "Old\ntext" in pages.get(path)

    gorgias("PUT", "/macros/archive", json={"ids": [macro]})

    assert "Rusty" not in pages.get(path)


def test_the_pages_own_forms_are_taken(pages: Pages, ticket: dict[str, Any]) -> None:
    own = pages.url.removesuffix("/app")
    form = {"action": "add", "name": "vip"}
    headers = {"Origin": own, "Sec-Fetch-Site": "same-origin"}

    assert pages.post(f"/ticket/{ticket['id']}/tags", form, **headers).status_code == 200
    foreign = {"Origin": own.replace("127.0.0.1", "localhost")}
    assert pages.post(f"/ticket/{ticket['id']}/tags", form, **foreign).status_code == 403
    answer = requests.get(pages.url, headers={"Host": "elsewhere.example"}, timeout=10)
    assert answer.status_code == 403


def test_a_result_is_good_only_with_a_2xx() -> None:
    assert [Result("b", "Go", status, "", "").is_success for status in (0, 202, 302, 500)] == [
        False, True, False, False,
    ]  # fmt: skip
