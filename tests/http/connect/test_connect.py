"""Connecting the real sandbox: everything is made, nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.__main__ import main
from loyalty_desk.card.shown import FORM
from loyalty_desk.clock import utc_now
from loyalty_desk.connect.compare import Verb
from loyalty_desk.connect.tokens import find_grant, list_tokens
from loyalty_desk.gorgias.asking import ASK_AGAIN_TAG
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.records import Opens
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.store_state import StateKey, find_state
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.connect.account import Desk, Gorgias, member_card, set_store, verbs


def test_connect_makes_everything_and_says_so(
    desk: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = gorgias.account()

    assert desk("connect") == 0

    after = gorgias.account()
    assert {kind: len(after[kind]) - len(before[kind]) for kind in after} == {
        "tag": 1,
        "custom_field": 3,
        "integration": 1,
        "widget": 2,
        "macro": 5,
        "view": 0,
    }
    said = capsys.readouterr().out
    assert "lakeside-tea" in said
    assert "12 of 12 objects were changed" in said
    http = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")["http"]
    assert http["url"] == "https://desk.example/loyalty/api/v1/lookup"
    assert http["triggers"]["ticket-updated"] is True
    with reading(staging) as connection:
        token = http["headers"]["Authorization"].removeprefix("Bearer ")
        grant = find_grant(connection, token, utc_now())
    assert grant is not None
    assert (grant.store, grant.opens) == (STORE, Opens.LOOKUP)
    assert http["headers"]["Authorization"] not in said


def test_the_page_has_the_values_to_enter_and_no_token(
    desk: Desk, gorgias: Gorgias, tmp_path: Path
) -> None:
    assert desk("connect") == 0

    page = (tmp_path / "var" / "connect" / "acme.html").read_text()
    assert "https://desk.example/loyalty/api/v1/awards<" in page
    assert "https://desk.example/loyalty/api/v1/awards/take-back<" in page
    assert "The buttons “Add points” and “Take back my award”" in page
    assert "{{ticket.customer.email}}" in page
    assert "ld_" not in page
    widget = gorgias.one(Kind.WIDGET, context="ticket")["id"]
    assert f"--adopt-widget {widget}" in page


def test_a_store_is_connected_where_its_page_cannot_be_written(
    desk: Desk, gorgias: Gorgias, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").write_text("a file in the way")

    assert desk("connect") == 0

    said = capsys.readouterr().out
    assert "could not be written" in said
    assert f"{tmp_path / 'var' / 'connect'} cannot be used now (Not a directory)" in said
    assert "Setup on the desk has the button's values as well" in said
    with reading(staging_engine()) as connection:
        assert find_state(connection, STORE, StateKey.CARD_FORM) == FORM


def test_connecting_twice_changes_nothing(desk: Desk, gorgias: Gorgias, sandbox: Sandbox) -> None:
    assert desk("connect") == 0
    first = gorgias.account()
    sandbox.control("gorgias", "POST", "reset", {"counters": True})

    assert desk("connect") == 0

    assert gorgias.account() == first
    assert verbs() == {Verb.KEEP}
    assert written(sandbox) == 0


def written(sandbox: Sandbox) -> int:
    """Writes that Gorgias was asked for since the counters were reset."""
    rows = sandbox.control("gorgias", "GET", "counters")["requests"]
    return sum(row["count"] for row in rows if row["method"] != "GET")


def test_a_plan_changes_nothing(
    desk: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = gorgias.account()

    assert desk("connect", "--plan") == 0

    assert gorgias.account() == before
    assert "12 of 12 objects would be changed" in capsys.readouterr().out
    with reading(staging) as connection:
        assert list_tokens(connection, STORE) == []


def test_an_account_that_may_have_no_more_fields_is_connected_without_them(
    desk: Desk, gorgias: Gorgias, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"custom_field_cap": 3})

    assert desk("connect") == 0

    said = capsys.readouterr().out
    assert said.count("Gorgias does not make it; the rest works without") == 2
    assert len([one for one in gorgias.all(Kind.CUSTOM_FIELD) if one["external_id"]]) == 1
    assert gorgias.one(Kind.WIDGET, context="ticket")


def test_a_field_of_another_type_keeps_it_when_its_label_is_put_back(
    desk: Desk, gorgias: Gorgias
) -> None:
    text = {"data_type": "text", "input_settings": {"input_type": "input"}}
    name = "loyalty-desk-acme-status"
    made = {"object_type": "Customer", "label": "Mine", "external_id": name, "definition": text}
    gorgias.add(Kind.CUSTOM_FIELD, **made)

    assert desk("connect") == 0

    field = gorgias.one(Kind.CUSTOM_FIELD, external_id=name)
    assert (field["label"], field["definition"]) == ("Loyalty status", text)
    assert verbs(Kind.CUSTOM_FIELD) == {Verb.KEEP}


def test_a_store_with_fields_only_has_macros_on_what_the_integration_fetched(
    desk: Desk, gorgias: Gorgias, tmp_path: Path
) -> None:
    set_store(tmp_path, push_to=["custom_fields"])

    assert desk("connect") == 0

    integration = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")["id"]
    macro = gorgias.one(Kind.MACRO, external_id="loyalty-desk-acme-balance")
    assert f"ticket.customer.integrations.{integration}.balance_text" in str(macro["actions"])
    assert verbs() == {Verb.KEEP}


@pytest.mark.parametrize(
    ("settings", "kind", "app_id", "path"),
    [
        ({}, "custom", None, "loyalty"),
        ({"card_key": "points"}, "custom", None, "points"),
        ({"app_id": "a1"}, "customer_external_data", "a1", "loyalty"),
        ({"widget_reads": "integration"}, "http", None, "if_member"),
    ],
    ids=["customer data", "another key", "data of an app", "what was fetched"],
)
def test_the_widgets_read_the_place_where_the_card_stands(
    desk: Desk,
    gorgias: Gorgias,
    tmp_path: Path,
    settings: dict[str, str],
    kind: str,
    app_id: str | None,
    path: str,
) -> None:
    set_store(tmp_path, gorgias=settings)

    assert desk("connect") == 0

    for context in ("ticket", "customer"):
        widget = gorgias.widget(context)
        assert (widget["type"], widget["app_id"]) == (kind, app_id)
        assert (widget["integration_id"] is None) == (kind != "http")
        assert widget["template"]["widgets"][0]["path"] == path
    assert verbs() == {Verb.KEEP}


def test_a_widget_of_before_is_bound_to_the_place_and_keeps_where_it_stands(
    desk: Desk, gorgias: Gorgias, tmp_path: Path
) -> None:
    set_store(tmp_path, gorgias={"widget_reads": "integration"})
    assert desk("connect") == 0
    before = gorgias.widget("ticket")
    set_store(tmp_path)

    assert desk("connect") == 0

    after = gorgias.widget("ticket")
    assert (after["id"], after["type"], after["integration_id"]) == (before["id"], "custom", None)


@pytest.mark.parametrize(
    ("own", "title", "balance"),
    [
        ("Loyalty", "Loyalty (acme): {{summary}}", "Loyalty: points balance (acme)"),
        ("Tea Club", "Tea Club: {{summary}}", "Loyalty: points balance (Tea Club)"),
    ],
)
def test_agents_can_tell_the_stores_of_an_account_apart(
    desk: Desk,
    gorgias: Gorgias,
    tmp_path: Path,
    set_connection: SetConnection,
    sandbox: Sandbox,
    own: str,
    title: str,
    balance: str,
) -> None:
    account = sandbox.gorgias
    set_connection(
        "gorgias_other",
        host=account["url"],
        login=account["email"],
        password=account["api_key"],
    )
    mine = {"platform": "rivo", "gorgias": {"field_label_prefix": own}}
    other = {"platform": "rivo", "gorgias": {"card_key": "club"}}
    (tmp_path / "stores.yaml").write_text(yaml.safe_dump({"stores": {STORE: mine, "other": other}}))
    forget_settings()

    assert desk("connect") == 0

    assert member_card(gorgias.widget("ticket"))["title"] == title
    assert gorgias.one(Kind.MACRO, name=balance)
    assert verbs() == {Verb.KEEP}


def test_a_store_is_not_connected_at_the_place_of_another_one(
    desk: Desk,
    gorgias: Gorgias,
    tmp_path: Path,
    set_connection: SetConnection,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
) -> None:
    account, both = sandbox.gorgias, {name: {"platform": "rivo"} for name in (STORE, "other")}
    login = {"login": account["email"], "password": account["api_key"]}
    set_connection("gorgias_other", host=account["url"], **login)
    set_connection("rivo_other", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    (tmp_path / "stores.yaml").write_text(yaml.safe_dump({"stores": both}))
    forget_settings()
    assert desk("connect") == 0
    before = gorgias.account()

    for plan in ([], ["--plan"]):
        assert main(["connect", "--store", "other", *plan]) != 0
        assert "give each its own gorgias.card_key" in "".join(capsys.readouterr())

    assert gorgias.account() == before
    assert desk("connect") == 0


def test_the_page_asks_once_whether_the_widget_shows_the_card(desk: Desk, tmp_path: Path) -> None:
    page = tmp_path / "var" / "connect" / "acme.html"
    asks = "Look once, as Gorgias does not document it"
    for settings, says in (
        ({}, asks),
        ({"widget_reads": "place"}, "It shows what stands where cards are written"),
        ({"widget_reads": "integration"}, "last fetched"),
    ):
        set_store(tmp_path, gorgias=settings)
        assert desk("connect") == 0
        assert says in page.read_text()
        assert (asks in page.read_text()) == (says == asks)


@pytest.mark.parametrize(
    ("settings", "is_made"),
    [({}, False), ({"widget_reads": "integration"}, True)],
    ids=["the place", "what was fetched"],
)
def test_the_tag_that_has_gorgias_ask_again_is_made_where_it_is_used(
    desk: Desk, gorgias: Gorgias, tmp_path: Path, settings: dict[str, str], *, is_made: bool
) -> None:
    set_store(tmp_path, gorgias=settings)

    assert desk("connect") == 0

    assert (ASK_AGAIN_TAG in {tag["name"] for tag in gorgias.all(Kind.TAG)}) == is_made
