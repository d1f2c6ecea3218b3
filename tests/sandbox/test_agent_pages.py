"""The agent's pages: widgets as stored, macros with their blanks, buttons, nobody from outside."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import requests

from sandbox.running import Sandbox
from tests.sandbox.calls import Call, put_data
from tests.sandbox.receiver import Receiver

CARD = {
    "name": "Ada <script>alert(1)</script>",
    "points": 1840,
    "since": "2026-03-02",
    "at": "2026-03-02T15:04:05+00:00",
    "segments": ["new", "vip"],
    "empty": None,
    "profile": "https://shop.example/7",
    "coupons": [
        {"name": "Five", "value": 5},
        {"name": "Nine", "value": 9},
        {"name": "One", "value": 1},
    ],
}
MACRO = "Hi {{ticket.customer.nobody}}, you have {{ticket.customer.data.loyalty.points}} points."
BUTTON = {
    "action": "add",
    "label": "Add points",
    "method": "POST",
    "headers": "Authorization: Bearer sesame-open",
    "content_type": "application/x-www-form-urlencoded",
    "asked": "amount (Points) = 100",
    "sent": "email = {{ticket.customer.email}}\nagent = {{current_user.email}}",
}


def leaf(path: str, title: str, kind: str = "text") -> dict[str, Any]:
    return {"type": kind, "path": path, "title": title, "order": 0}


def card(path: str, title: str, *widgets: Any, **meta: Any) -> dict[str, Any]:
    return {"type": "card", "path": path, "title": title, "meta": meta, "widgets": list(widgets)}


class Pages:
    """A browser without scripts at the sandbox's Gorgias."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = f"{sandbox.gorgias_url}/app"
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, path: str) -> str:
        answer = self._session.get(f"{self.url}{path}", timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, form: dict[str, str], **headers: str) -> requests.Response:
        return self._session.post(f"{self.url}{path}", data=form, headers=headers, timeout=10)


def text_of(page: str) -> str:
    """What is read on a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def pages(sandbox: Sandbox) -> Pages:
    return Pages(sandbox)


@pytest.fixture
def ticket(gorgias: Call) -> dict[str, Any]:
    """A ticket whose customer has a card in `data`."""
    rows = gorgias("GET", "/tickets?limit=50&trashed=false").json()["data"]
    row: dict[str, Any] = next(row for row in rows if row["customer"] and row["customer"]["email"])
    assert put_data(gorgias, row["customer"]["id"], {"loyalty": CARD}) == 202
    return row


def add_widget(gorgias: Call, *widgets: Any, context: str = "ticket", kind: str = "custom") -> int:
    template = {"type": "wrapper", "widgets": list(widgets)}
    body = {"type": kind, "context": context, "template": template}
    return int(gorgias("POST", "/widgets", json=body).json()["id"])


def test_every_node_is_shown_with_the_value_it_is_bound_to(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    coupons = {"type": "list", "path": "coupons", "meta": {"limit": "2", "orderBy": "-value"},
               "widgets": [card("", "{{name}} off", leaf("value", "Worth"))]}  # fmt: skip
    add_widget(
        gorgias,
        card(
            "loyalty",
            "Loyalty: {{points}}",
            leaf("name", "Name"),
            leaf("since", "Since", "date"),
            leaf("at", "Seen", "date"),
            leaf("segments", "Segments"),
            leaf("empty", "Nothing"),
            coupons,
            custom={"links": [{"label": "Profile", "url": "{{profile}}"}]},
        ),
        card("not_there", "Hidden"),
    )

    page = pages.get(f"/ticket/{ticket['id']}")

    said = text_of(page)
    for expected in ("Loyalty: 1840", "2 March 2026", "2 March 2026, 15:04 UTC", "new, vip"):
        assert expected in said
    assert said.index("Nine off") < said.index("Five off")
    assert "One off" not in said
    assert "Hidden" not in said
    assert 'aria-label="no value"' in page
    assert 'href="https://shop.example/7"' in page


def test_nothing_that_a_person_wrote_becomes_part_of_the_page(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    links = [{"label": "Bad", "url": "javascript:alert(1)"}]
    add_widget(gorgias, card("loyalty", "{{name}}", leaf("name", "Name"), custom={"links": links}))
    pages.post(f"/ticket/{ticket['id']}/messages", {"body": "<b>hi</b>", "author": "customer"})

    page = pages.get(f"/ticket/{ticket['id']}")

    assert "<script" not in page
    assert "<b>hi</b>" not in page
    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    assert "javascript:" not in page


def test_a_widget_shows_on_the_page_it_was_made_for(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    add_widget(gorgias, card("loyalty", "For tickets"))
    add_widget(gorgias, card("loyalty", "For customers"), context="customer")

    assert "For customers" not in pages.get(f"/ticket/{ticket['id']}")
    assert "For customers" in pages.get(f"/customer/{ticket['customer']['id']}")


def test_a_macro_shows_what_it_prints_and_where_it_would_be_blank(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    actions = [
        {"name": "setResponseText", "arguments": {"body_text": MACRO}},
        {"name": "addTags", "arguments": {"tags": "loyalty, vip"}},
    ]
    macro = gorgias("POST", "/macros", json={"name": "Balance", "actions": actions}).json()["id"]

    page = pages.get(f"/ticket/{ticket['id']}?macro={macro}")

    assert "Hi  , you have 1840 points." in unescape(page)
    assert page.count('data-testid="blank"') == 1
    assert "ticket.customer.nobody" in page
    form = {"body": "Hi, you have 1840 points.", "author": "agent", "macro": str(macro)}
    pages.post(f"/ticket/{ticket['id']}/messages", form)
    tags = gorgias("GET", f"/tickets/{ticket['id']}/tags").json()["data"]
    assert {"loyalty", "vip"} <= {tag["name"] for tag in tags}


def test_tags_come_and_go(pages: Pages, gorgias: Call, ticket: dict[str, Any]) -> None:
    def names() -> set[str]:
        rows = gorgias("GET", f"/tickets/{ticket['id']}/tags").json()["data"]
        return {tag["name"] for tag in rows}

    pages.post(f"/ticket/{ticket['id']}/tags", {"action": "add", "name": "urgent"})
    assert "urgent" in names()

    pages.post(f"/ticket/{ticket['id']}/tags", {"action": "remove", "name": "urgent"})
    assert "urgent" not in names()


def test_a_button_made_by_hand_makes_the_call_with_token_and_agent(
    pages: Pages, gorgias: Call, ticket: dict[str, Any], receiver: Receiver
) -> None:
    widget = add_widget(gorgias, card("loyalty", "Loyalty"))
    pages.post(f"/widgets/{widget}", {**BUTTON, "url": receiver.url})
    page = pages.get(f"/ticket/{ticket['id']}")
    assert "sesame" not in page + pages.get(f"/widgets/{widget}")
    button = re.search(r'name="button" value="([^"]+)"', page)
    assert button is not None

    # The first field is not for the agent to fill in.
    form = {"button": button[1], "field-0": "mallory@shop.example", "field-2": "250"}
    shown = pages.post(f"/ticket/{ticket['id']}/button", form)

    request = receiver.received[-1]
    assert request.headers["authorization"] == "Bearer sesame-open"
    assert request.form == {
        "email": ticket["customer"]["email"],
        "agent": "ops@lakeside.test",
        "amount": "250",
    }
    assert 'data-testid="button-status">200' in shown.text
    assert "sesame" not in shown.text


def test_a_button_of_an_unknown_shape_says_so(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    add_widget(gorgias, card("loyalty", "Loyalty", custom={"buttons": [{"label": "x"}, 7]}))

    assert pages.get(f"/ticket/{ticket['id']}").count("not in the shape") == 2


def test_the_list_finds_tickets_by_address(
    pages: Pages, gorgias: Call, ticket: dict[str, Any]
) -> None:
    page = pages.get(f"?q={ticket['customer']['email']}")

    assert f'data-ticket="{ticket["id"]}"' in page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "elsewhere.example"},
    ],
)
def test_a_page_elsewhere_cannot_post(
    pages: Pages, gorgias: Call, ticket: dict[str, Any], headers: dict[str, str]
) -> None:
    form = {"action": "add", "name": "stolen"}

    assert pages.post(f"/ticket/{ticket['id']}/tags", form, **headers).status_code == 403

    tags = gorgias("GET", f"/tickets/{ticket['id']}/tags").json()["data"]
    assert "stolen" not in {tag["name"] for tag in tags}


def test_what_is_not_there_is_a_page_that_says_so(pages: Pages) -> None:
    answer = requests.get(f"{pages.url}/ticket/1", timeout=10)

    assert (answer.status_code, "text/html" in answer.headers["content-type"]) == (404, True)


def test_the_pages_fill_no_bucket_and_need_no_login(
    pages: Pages, sandbox: Sandbox, ticket: dict[str, Any]
) -> None:
    before = sandbox.control("gorgias", "GET", "counters")["total"]

    pages.get(f"/ticket/{ticket['id']}")

    assert sandbox.control("gorgias", "GET", "counters")["total"] == before
