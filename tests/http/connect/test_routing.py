"""What connect makes for routing, what it refuses, and that a disconnect takes it away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.connect.compare import Verb
from loyalty_desk.gorgias.objects import Kind
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.connect.account import Desk, Gorgias, set_store, shape, verbs

RULES = {"rules": [{"tiers": ["Gold", "Platinum"], "priority": "high"}]}
VIEW = f"VIP, open ({STORE})"
FILTERS = "eq(ticket.status, 'open') && containsAll(ticket.tags.name, ['vip-acme'])"


@pytest.fixture
def routed(desk: Desk, tmp_path: Path) -> Desk:
    set_store(tmp_path, routing=RULES)
    return desk


def test_connect_makes_the_tag_and_the_view_and_says_what_a_rule_may_test(
    routed: Desk, gorgias: Gorgias, tmp_path: Path
) -> None:
    assert routed("connect") == 0

    assert gorgias.one(Kind.TAG, name="vip-acme")
    view = gorgias.one(Kind.VIEW, name=VIEW)
    assert (view["filters"], view["type"], view["visibility"]) == (
        FILTERS,
        "ticket-list",
        "public",
    )
    form = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")["http"]["form"]
    assert form["ticket_priority"] == "{{ticket.priority}}"
    page = (tmp_path / "var" / "connect" / "acme.html").read_text()
    assert "tier Gold or Platinum" in page
    assert "containsAll(ticket.tags.name, [&#39;vip-acme&#39;])" in page
    assert routed("connect") == 0
    assert verbs() == {Verb.KEEP}


def test_the_view_holds_open_tickets_with_our_tag(routed: Desk, gorgias: Gorgias) -> None:
    assert routed("connect") == 0
    view_id = gorgias.one(Kind.VIEW, name=VIEW)["id"]
    message = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}
    ids = [
        gorgias.call("POST", "/api/tickets", {"messages": [message], "tags": tags, **more})["id"]
        for tags, more in (
            ([{"name": "vip-acme"}], {}),
            ([], {}),
            ([{"name": "vip-acme"}], {"status": "closed"}),
        )
    ]

    held = gorgias.call("GET", f"/api/views/{view_id}/items")["data"]

    assert [row["id"] for row in held] == ids[:1]


def test_without_rules_there_is_neither(desk: Desk, gorgias: Gorgias) -> None:
    assert desk("connect") == 0

    assert not [view for view in gorgias.all(Kind.VIEW) if "VIP" in view["name"]]
    form = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")["http"]["form"]
    assert "ticket_priority" not in form


def test_rules_that_are_taken_out_take_tag_and_view_with_them(
    routed: Desk, gorgias: Gorgias, tmp_path: Path
) -> None:
    before = shape(gorgias.account())["view"]
    assert routed("connect") == 0
    set_store(tmp_path)

    assert routed("connect") == 0

    assert shape(gorgias.account())["view"] == before
    assert not [tag for tag in gorgias.all(Kind.TAG) if tag["name"] == "vip-acme"]


def test_what_is_disturbed_is_repaired_and_how_agents_order_the_view_stays(
    routed: Desk, gorgias: Gorgias
) -> None:
    assert routed("connect") == 0
    view = gorgias.one(Kind.VIEW, name=VIEW)
    gorgias.change(
        Kind.VIEW, view["id"], filters="eq(ticket.status, 'closed')", order_by="updated_datetime"
    )

    assert routed("connect") == 0

    mended = gorgias.one(Kind.VIEW, name=VIEW)
    assert (mended["filters"], mended["order_by"]) == (FILTERS, "updated_datetime")
    gorgias.delete(Kind.VIEW, view["id"])
    assert routed("connect") == 0
    assert gorgias.one(Kind.VIEW, name=VIEW)["filters"] == FILTERS


def test_disconnect_leaves_the_account_as_it_was(
    routed: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shape(gorgias.account())
    assert routed("connect") == 0

    assert routed("disconnect", "--clear-cards") == 0

    assert shape(gorgias.account()) == before


def test_a_tag_that_macros_add_is_refused_before_anything_is_changed(
    desk: Desk, gorgias: Gorgias, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_store(tmp_path, routing={**RULES, "tag": "loyalty"})
    before = gorgias.account()

    assert desk("connect") == 1

    assert "give the store another routing.tag" in capsys.readouterr().err
    assert gorgias.account() == before


@pytest.mark.parametrize("is_shared", [True, False])
def test_stores_of_one_account_need_a_tag_each(
    desk: Desk,
    sandbox: Sandbox,
    tmp_path: Path,
    set_connection: SetConnection,
    capsys: pytest.CaptureFixture[str],
    is_shared: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    url = sandbox.gorgias["url"] if is_shared else "https://elsewhere.gorgias.com"
    set_connection("gorgias_other", host=url, login="a", password="b")
    routing: dict[str, Any] = {**RULES, "tag": "vip"}
    stores = {name: {"platform": "rivo", "routing": routing} for name in (STORE, "other")}
    (tmp_path / "stores.yaml").write_text(yaml.safe_dump({"stores": stores}))
    forget_settings()

    assert desk("connect") == int(is_shared)

    said = "is that of store other in the same Gorgias account"
    assert (said in capsys.readouterr().err) is is_shared
