"""Connecting and disconnecting the real sandbox: nothing is doubled, nothing else is touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from sqlalchemy import Engine, insert

from loyalty_desk.__main__ import main
from loyalty_desk.clock import utc_text
from loyalty_desk.connect.compare import Verb
from loyalty_desk.connect.furnish import LABEL
from loyalty_desk.connect.tokens import find_grant, list_tokens
from loyalty_desk.errors import StoreDisconnectedError
from loyalty_desk.gorgias.objects import PATHS, Kind
from loyalty_desk.records import Opens
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.stores import in_force, open_store
from loyalty_desk.tasks import connect as stages
from sandbox.gorgias.door import APP_ID
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import NOW, STORE
from tests.http.conftest import FERNET_KEY
from tests.http.door import forget_settings, new_token

BUTTON = {"label": "Add points", "action": {"url": "https://desk.example/", "secret": "Bearer x"}}
Desk = Callable[..., int]
Account = dict[str, list[dict[str, Any]]]


class Gorgias:
    """A person at the account, by its API."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = sandbox.gorgias["url"]
        self._session = requests.Session()
        self._session.auth = (sandbox.gorgias["email"], sandbox.gorgias["api_key"])
        self._session.trust_env = False
        self._sandbox = sandbox

    def call(self, method: str, path: str, json: Any = None) -> Any:
        self._sandbox.control("gorgias", "POST", "reset", {"buckets": True})
        answer = self._session.request(method, f"{self._url}{path}", json=json, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def all(self, kind: Kind) -> list[dict[str, Any]]:
        query = "?object_type=Customer&limit=100" if kind is Kind.CUSTOM_FIELD else "?limit=100"
        return sorted(self.call("GET", PATHS[kind] + query)["data"], key=lambda row: row["id"])

    def account(self) -> Account:
        """Everything that the account is furnished with, but for when it was last written."""
        return {
            kind.value: [
                {key: value for key, value in row.items() if key != "updated_datetime"}
                for row in self.all(kind)
            ]
            for kind in Kind
        }

    def one(self, kind: Kind, **values: Any) -> dict[str, Any]:
        return next(row for row in self.all(kind) if values.items() <= row.items())

    def add(self, kind: Kind, **values: Any) -> int:
        return int(self.call("POST", PATHS[kind], values)["id"])

    def change(self, kind: Kind, object_id: int, **values: Any) -> None:
        self.call("PUT", f"{PATHS[kind]}/{object_id}", values)

    def delete(self, kind: Kind, object_id: int) -> None:
        self.call("DELETE", f"{PATHS[kind]}/{object_id}")


@pytest.fixture
def gorgias(sandbox: Sandbox) -> Gorgias:
    return Gorgias(sandbox)


@pytest.fixture
def desk(
    staging_url: str,
    sandbox: Sandbox,
    tmp_path: Path,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """Runs a command for store `acme`, which writes cards to both places."""
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", "https://desk.example")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", FERNET_KEY)
    # No Airflow is set up here; a door that does not answer stands for its API.
    set_connection("loyalty_desk_airflow", host="http://127.0.0.1:9", login="a", password="b")
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    gorgias = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    set_store(tmp_path)
    yield lambda verb, *rest: main([verb, "--store", STORE, *map(str, rest)])
    forget_settings()


def set_store(folder: Path, **values: Any) -> None:
    both = ["customer_data", "custom_fields"]
    store = {"platform": "rivo", "push_to": both, "budget": {"share": 1.0}, **values}
    (folder / "stores.yaml").write_text(yaml.safe_dump({"stores": {STORE: store}}))
    forget_settings()


def set_app(set_connection: SetConnection, sandbox: Sandbox) -> None:
    """Have the store call as the OAuth2 app."""
    keys = ("client_id", "client_secret", "refresh_token")
    extra = {key: sandbox.gorgias["oauth"][key] for key in keys}
    set_connection("gorgias_acme", host=sandbox.gorgias["url"], extra=extra)


def verbs(*kept: Kind) -> set[Verb]:
    """What a plan would do now."""
    actions = stages.furnish(STORE, writes=False, by="eve").actions
    return {action.verb for action in actions if not kept or action.kind in kept}


def test_connect_makes_everything_and_says_so(
    desk: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = gorgias.account()

    assert desk("connect") == 0

    after = gorgias.account()
    assert {kind: len(after[kind]) - len(before[kind]) for kind in after} == {
        "tag": 1,
        "custom_field": 6,
        "integration": 1,
        "widget": 2,
        "macro": 5,
    }
    said = capsys.readouterr().out
    assert "lakeside-tea" in said
    assert "15 of 15 objects were changed" in said
    http = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")["http"]
    assert http["url"] == "https://desk.example/loyalty/api/v1/lookup"
    assert http["triggers"]["ticket-updated"] is True
    with reading(staging) as connection:
        grant = find_grant(connection, http["headers"]["Authorization"].removeprefix("Bearer "))
    assert grant is not None
    assert (grant.store, grant.opens) == (STORE, Opens.LOOKUP)
    assert http["headers"]["Authorization"] not in said


def test_the_page_has_the_values_to_enter_and_no_token(
    desk: Desk, gorgias: Gorgias, tmp_path: Path
) -> None:
    assert desk("connect") == 0

    page = (tmp_path / "var" / "connect" / "acme.html").read_text()
    assert "https://desk.example/loyalty/api/v1/awards" in page
    assert "{{ticket.customer.email}}" in page
    assert "ld_" not in page
    widget = gorgias.one(Kind.WIDGET, context="ticket")["id"]
    assert f"--adopt-widget {widget}" in page


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
    assert "15 of 15 objects would be changed" in capsys.readouterr().out
    with reading(staging) as connection:
        assert list_tokens(connection, STORE) == []


def test_it_is_found_again_when_staging_was_lost(
    desk: Desk, gorgias: Gorgias, staging: Engine
) -> None:
    assert desk("connect") == 0
    first = gorgias.account()
    with staging.begin() as connection:
        connection.execute(schema.gorgias_objects.delete())

    assert desk("connect") == 0

    assert {kind: len(rows) for kind, rows in gorgias.account().items()} == {
        kind: len(rows) for kind, rows in first.items()
    }


def broken_by_hand(gorgias: Gorgias) -> dict[str, Callable[[], object]]:
    """Every way in which a person may disturb what is ours."""
    widget = gorgias.one(Kind.WIDGET, context="ticket", type="http")
    macro = gorgias.one(Kind.MACRO, external_id="loyalty-desk-acme-balance")
    integration = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")
    field = gorgias.one(Kind.CUSTOM_FIELD, external_id="loyalty-desk-acme-tier")
    tag = gorgias.one(Kind.TAG, name="loyalty")
    copied = ("type", "context", "integration_id", "order", "template")
    http = {key: value for key, value in integration["http"].items() if key != "id"}
    archived = {"deactivated_datetime": "2026-03-01T00:00:00"}
    definition = {key: field[key] for key in ("object_type", "label", "definition", "external_id")}
    return {
        "a widget is changed": lambda: gorgias.change(
            Kind.WIDGET, widget["id"], template={"type": "wrapper", "widgets": []}
        ),
        "a widget is deleted": lambda: gorgias.delete(Kind.WIDGET, widget["id"]),
        "a widget is switched off": lambda: gorgias.change(Kind.WIDGET, widget["id"], **archived),
        "a widget is doubled": lambda: gorgias.add(
            Kind.WIDGET, **{key: widget[key] for key in copied}
        ),
        "a macro is changed": lambda: gorgias.change(Kind.MACRO, macro["id"], actions=[]),
        "a macro is deleted": lambda: gorgias.delete(Kind.MACRO, macro["id"]),
        "a macro is archived": lambda: gorgias.call(
            "PUT", "/api/macros/archive", {"ids": [macro["id"]]}
        ),
        "a macro is doubled": lambda: gorgias.add(
            Kind.MACRO, name="Copy", external_id=macro["external_id"]
        ),
        "a field is renamed": lambda: gorgias.change(
            Kind.CUSTOM_FIELD, field["id"], **{**definition, "label": "VIP"}
        ),
        "a field is archived": lambda: gorgias.change(
            Kind.CUSTOM_FIELD, field["id"], **definition, **archived
        ),
        "a field is doubled": lambda: gorgias.add(Kind.CUSTOM_FIELD, **definition),
        "the integration is changed": lambda: gorgias.change(
            Kind.INTEGRATION, integration["id"], name="x", http={**http, "triggers": {}}
        ),
        "the integration loses its token": lambda: gorgias.change(
            Kind.INTEGRATION, integration["id"], name="x", http={**http, "headers": {}}
        ),
        "the integration is disabled": lambda: gorgias.change(
            Kind.INTEGRATION, integration["id"], name=integration["name"], **archived
        ),
        "the integration is deleted": lambda: gorgias.delete(Kind.INTEGRATION, integration["id"]),
        "the integration is doubled": lambda: gorgias.add(
            Kind.INTEGRATION, name=integration["name"], type="http", http=http
        ),
        "the tag is renamed": lambda: gorgias.change(Kind.TAG, tag["id"], name="points"),
        "the tag is deleted": lambda: gorgias.delete(Kind.TAG, tag["id"]),
    }


def shape(account: Account) -> dict[str, list[str]]:
    """What the account holds, but for ids and tokens, which a repair may have to make anew."""
    unimportant = {"id", "integration_id", "uri", "created_datetime", "user", "headers", "usage"}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items() if key not in unimportant}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return {
        kind: sorted(
            json.dumps(plain(row), sort_keys=True)
            for row in rows
            if not (kind == "custom_field" and row["deactivated_datetime"])
        )
        for kind, rows in account.items()
    }


def test_whatever_a_person_disturbs_is_repaired_and_nothing_else_touched(
    desk: Desk, gorgias: Gorgias
) -> None:
    gorgias.add(Kind.MACRO, name="Refund", actions=[])
    gorgias.add(Kind.WIDGET, type="custom", template={"type": "wrapper", "widgets": []})
    assert desk("connect") == 0
    expected = shape(gorgias.account())
    for what in broken_by_hand(gorgias):
        broken_by_hand(gorgias)[what]()
        assert shape(gorgias.account()) != expected or "token" in what, what

        assert desk("connect") == 0

        assert shape(gorgias.account()) == expected, what
        assert verbs() == {Verb.KEEP}, what


def test_a_new_token_replaces_a_lost_one_which_opens_nothing_any_more(
    desk: Desk, gorgias: Gorgias, staging: Engine
) -> None:
    assert desk("connect") == 0
    broken_by_hand(gorgias)["the integration loses its token"]()

    assert desk("connect") == 0

    with reading(staging) as connection:
        tokens = [t for t in list_tokens(connection, STORE) if t.label == LABEL]
    assert [token.revoked_at_utc is None for token in tokens].count(True) == 1
    assert len(tokens) == 2


def test_a_tag_that_was_there_before_is_used_and_stays(desk: Desk, gorgias: Gorgias) -> None:
    tag = gorgias.add(Kind.TAG, name="loyalty")

    assert desk("connect") == 0
    assert desk("disconnect") == 0

    assert gorgias.one(Kind.TAG, name="loyalty")["id"] == tag


def test_a_button_made_by_hand_is_on_every_widget_from_then_on(
    desk: Desk, gorgias: Gorgias, staging: Engine
) -> None:
    assert desk("connect") == 0
    widget = gorgias.one(Kind.WIDGET, context="ticket", type="http")
    widget["template"]["widgets"][0]["meta"]["custom"]["buttons"] = [BUTTON]
    gorgias.change(Kind.WIDGET, widget["id"], template=widget["template"])

    assert desk("connect", "--adopt-widget", widget["id"]) == 0

    other = gorgias.one(Kind.WIDGET, context="customer", type="http")
    assert other["template"]["widgets"][0]["meta"]["custom"]["buttons"] == [BUTTON]
    for context in ("ticket", "customer"):
        gorgias.delete(Kind.WIDGET, gorgias.one(Kind.WIDGET, context=context, type="http")["id"])
    assert desk("connect") == 0
    anew = gorgias.one(Kind.WIDGET, context="ticket", type="http")
    assert anew["template"]["widgets"][0]["meta"]["custom"]["buttons"] == [BUTTON]
    with reading(staging) as connection:
        kept = connection.execute(schema.store_state.select()).all()
    assert "Bearer x" not in str(kept), "a button holds a token, so it is kept encrypted"


def test_a_button_that_nobody_adopted_survives_a_repair(desk: Desk, gorgias: Gorgias) -> None:
    assert desk("connect") == 0
    widget = gorgias.one(Kind.WIDGET, context="ticket", type="http")
    card = widget["template"]["widgets"][0]
    card["meta"]["custom"]["buttons"], card["title"] = [BUTTON], "Mine"
    gorgias.change(Kind.WIDGET, widget["id"], template=widget["template"])

    assert desk("connect") == 0

    card = gorgias.one(Kind.WIDGET, context="ticket", type="http")["template"]["widgets"][0]
    assert card["title"] == "Loyalty: {{summary}}"
    assert card["meta"]["custom"]["buttons"] == [BUTTON]


@pytest.mark.parametrize(
    ("widget", "why"), [("99999", "no widget 99999"), ("made", "has no button")]
)
def test_what_has_no_button_cannot_be_adopted(
    desk: Desk, gorgias: Gorgias, widget: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = gorgias.add(Kind.WIDGET, type="custom", template={"type": "wrapper", "widgets": []})
    number = plain if widget == "made" else widget

    assert desk("connect", "--adopt-widget", number) == 1

    assert why in capsys.readouterr().err


def test_what_does_not_work_is_named_and_nothing_is_written(
    desk: Desk,
    gorgias: Gorgias,
    sandbox: Sandbox,
    set_connection: SetConnection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = gorgias.account()
    set_connection("rivo_acme", host=sandbox.rivo_url, password="wrong")

    assert desk("connect") == 1

    said = capsys.readouterr()
    assert "nothing was changed; Rivo members" in said.err
    assert "does not work" in said.out
    assert "Gorgias widgets" in said.out
    assert gorgias.account() == before


def test_a_connection_that_cannot_work_is_a_row_of_the_table_beside_the_others(
    desk: Desk,
    sandbox: Sandbox,
    set_connection: SetConnection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_connection("gorgias_acme", host=sandbox.gorgias["url"], login="a@shop.example")

    assert desk("connect") == 1

    said = capsys.readouterr()
    assert "lacks password" in said.out
    assert "Rivo members" in said.out
    assert "nothing was changed; Gorgias: " in said.err


def test_an_app_needs_no_scope_that_the_store_does_not_use(
    desk: Desk,
    gorgias: Gorgias,
    sandbox: Sandbox,
    set_connection: SetConnection,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An OAuth2 app without those that read users and fields, for a store that writes no fields."""
    set_store(tmp_path, push_to=["customer_data"])
    set_app(set_connection, sandbox)
    areas = ("customers", "integrations", "macros", "tags")
    scopes = ["account:read", *(f"{area}:{deed}" for area in areas for deed in ("read", "write"))]
    sandbox.control("gorgias", "POST", "oauth", {"scopes": scopes})

    assert desk("connect") == 0

    assert "not told" in capsys.readouterr().out
    assert gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")


def test_an_app_that_lacks_a_scope_is_told_which_before_the_first_write(
    desk: Desk,
    gorgias: Gorgias,
    sandbox: Sandbox,
    set_connection: SetConnection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = gorgias.account()
    set_app(set_connection, sandbox)
    scopes = ["account:read", "customers:read", "integrations:read", "tags:read"]
    sandbox.control("gorgias", "POST", "oauth", {"scopes": scopes})

    assert desk("connect") == 1

    assert "Gorgias macros: " in capsys.readouterr().err
    assert gorgias.account() == before


def test_an_address_that_would_send_tokens_in_clear_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", "http://desk.example")
    forget_settings()

    assert desk("connect") == 1

    assert "in clear" in capsys.readouterr().err


def card(staging: Engine, customer_id: int, destination: str) -> None:
    """A card that Gorgias accepted, as the ledger has it."""
    with staging.begin() as connection:
        connection.execute(
            insert(schema.pushed_cards).values(
                store=STORE,
                customer_id=customer_id,
                destination=destination,
                fingerprint="f",
                is_member=True,
                version_utc=utc_text(NOW),
                pushed_at_utc=utc_text(NOW),
            )
        )


def test_disconnect_leaves_the_account_as_it_was(
    desk: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shape(gorgias.account())
    customer = gorgias.call("GET", "/api/customers?limit=1")["data"][0]["id"]
    path = f"/api/customers/{customer}"
    gorgias.call("PUT", f"{path}/data", {"data": {"loyalty": {"tier": "Gold"}, "crm": 1}})
    assert desk("connect") == 0
    field = gorgias.one(Kind.CUSTOM_FIELD, external_id="loyalty-desk-acme-tier")["id"]
    gorgias.call("PUT", f"{path}/custom-fields", [{"id": field, "value": "Gold"}])
    card(staging, customer, "customer_data")
    card(staging, customer, "custom_fields")
    token = new_token()

    assert desk("disconnect", "--clear-cards") == 0

    assert shape(gorgias.account()) == before
    assert gorgias.call("GET", path)["data"] == {"crm": 1}
    assert gorgias.call("GET", f"{path}/custom-fields") == []
    with reading(staging) as connection:
        assert find_grant(connection, token) is None
        assert connection.execute(schema.pushed_cards.select()).all() == []
    said = capsys.readouterr().out
    assert "archived" in said
    assert "webhooks at Rivo" in said
    assert "airflow dags pause -y loyalty_sync__acme" in said


def test_cards_that_were_not_asked_for_stay_with_their_fields(
    desk: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk("connect") == 0
    card(staging, 1, "custom_fields")

    assert desk("disconnect") == 0

    fields = [f for f in gorgias.all(Kind.CUSTOM_FIELD) if f["external_id"]]
    assert [field["deactivated_datetime"] for field in fields] == [None] * 6
    assert gorgias.all(Kind.WIDGET) == []
    assert "1 cards in Gorgias" in capsys.readouterr().out


def test_clearing_goes_on_where_it_stopped(
    desk: Desk, gorgias: Gorgias, staging: Engine, sandbox: Sandbox
) -> None:
    ids = [row["id"] for row in gorgias.call("GET", "/api/customers?limit=20")["data"]]
    for customer_id in ids:
        path = f"/api/customers/{customer_id}/data"
        gorgias.call("PUT", path, {"data": {"loyalty": {"tier": "Gold"}}})
        card(staging, customer_id, "customer_data")
    rule = {"effect": "status", "status": 403, "method": "PUT", "skip": 7}
    sandbox.control("gorgias", "POST", "faults", rule)

    assert desk("disconnect", "--clear-cards") == 1
    sandbox.control("gorgias", "POST", "reset", {"faults": True, "counters": True})
    assert desk("disconnect", "--clear-cards") == 0

    shown = [gorgias.call("GET", f"/api/customers/{one}")["data"] for one in ids]
    assert not any("loyalty" in (data or {}) for data in shown)


def test_a_disconnected_store_does_not_run_until_it_is_connected_again(desk: Desk) -> None:
    assert desk("connect") == 0
    assert desk("disconnect") == 0

    with pytest.raises(StoreDisconnectedError, match="connect --store acme"):
        open_store(STORE)

    assert desk("connect") == 1, "its DAGs could not be unpaused, which is said"
    open_store(STORE)


def test_awards_that_wait_are_not_lost(
    desk: Desk, staging: Engine, gorgias: Gorgias, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk("connect") == 0
    before = gorgias.account()
    queue_an_award(staging)

    assert desk("disconnect") == 1
    assert "1 awards of store acme wait" in capsys.readouterr().err
    assert gorgias.account() == before
    open_store(STORE)

    assert desk("disconnect", "--waiting-awards", "park") == 0
    assert "1 awards stay in the queue" in capsys.readouterr().out


def queue_an_award(staging: Engine) -> None:
    from loyalty_desk.awards.queue import Door, queue_award
    from loyalty_desk.awards.requests import read_request

    store = stores_file().get(STORE)
    fields = {"member_id": "7", "amount": "50", "reason": "gesture", "agent": "ada"}
    request = read_request(fields, store.awards)
    with staging.begin() as connection:
        queue_award(connection, store, request, NOW, door=Door.FILE)


def test_a_store_that_is_being_synced_is_not_disconnected(
    desk: Desk, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with staging.begin() as connection:
        connection.execute(
            insert(schema.locks).values(
                store=STORE, run_id="r", expires_at_utc="2999-01-01T00:00:00.000000Z"
            )
        )

    assert desk("disconnect") == 1

    assert "being synced" in capsys.readouterr().err


def test_a_store_with_fields_only_has_macros_on_what_the_integration_fetched(
    desk: Desk, gorgias: Gorgias, tmp_path: Path
) -> None:
    set_store(tmp_path, push_to=["custom_fields"])

    assert desk("connect") == 0

    integration = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")["id"]
    macro = gorgias.one(Kind.MACRO, external_id="loyalty-desk-acme-balance")
    assert f"ticket.customer.integrations.{integration}.balance_text" in str(macro["actions"])
    assert verbs() == {Verb.KEEP}


# The probe ----------------------------------------------------------------------------------------


def probed(staging: Engine) -> dict[str, Any]:
    """The settings of section `gorgias` that the probe has changed."""
    written, found = stores_file().get(STORE).gorgias, in_force(stores_file().get(STORE), staging)
    return {
        key: value
        for key, value in found.gorgias.model_dump().items()
        if value != getattr(written, key)
    }


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({}, {}),
        ({"data_landing_place": "external_data"}, {"app_id": APP_ID}),
        ({"custom_field_null_clears": False}, {"clear_field_with": "delete"}),
        ({"data_visible_after_s": 3.0}, {}),
        ({"data_landing_place": "refuse_api_key"}, {}),
    ],
    ids=["as assumed", "under the app", "null does not clear", "late", "refused"],
)
def test_the_probe_keeps_what_the_account_answers_and_leaves_nobody_behind(
    desk: Desk,
    gorgias: Gorgias,
    staging: Engine,
    sandbox: Sandbox,
    switches: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    sandbox.control("gorgias", "POST", "switches", switches)
    assert desk("connect") == 0  # so that there are fields of ours to try
    before = len(sandbox.control("gorgias", "GET", "customers?limit=100000")["data"])

    assert desk("connect", "--probe") == 0

    assert probed(staging) == expected
    assert len(sandbox.control("gorgias", "GET", "customers?limit=100000")["data"]) == before


def test_what_stands_in_the_stores_file_goes_before_the_probe(
    desk: Desk, staging: Engine, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"data_landing_place": "external_data"})
    set_store(tmp_path, gorgias={"app_id": "mine"})

    assert desk("connect", "--probe") == 0

    assert in_force(stores_file().get(STORE), staging).gorgias.app_id == "mine"


def test_the_probe_says_what_only_a_person_can_see(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk("connect", "--probe") == 0

    said = capsys.readouterr().out
    assert "301, it moved" in said
    assert "connect --adopt-widget ID" in said
    assert "macro_card_path" in said
