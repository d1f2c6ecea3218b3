"""The check-list of the set-up: each state of each step, from what the databases really hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token
from loyalty_desk.gorgias.made import remember_object
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.hooks import dag_switches
from loyalty_desk.records import RunState
from loyalty_desk.staging import schema
from loyalty_desk.staging.store_state import StateKey
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.desk import DeskClient
from tests.http.setup_world import ADDRESS, AWAY, Page, World
from tests.tried import nobody


def test_a_new_store_has_everything_to_do_and_begins_with_its_connections(world: World) -> None:
    page = world.page()

    assert page.states == {
        "connections": "to do",
        "tables": "done",
        "dags": "wrong",
        "dry-run": "later",
        "look": "later",
        "first-run": "later",
        "connect": "later",
        "button": "later",
        "webhooks": "later",
    }
    assert "Done: 1 of 9. Next: Connections." in page.whole
    assert "next" in page.words["connections"].split()
    assert (
        f"airflow connections add gorgias_{STORE} --conn-type gorgias" in page.words["connections"]
    )
    compose = f"scripts/compose airflow connections add rivo_{STORE}"
    assert compose in page.words["connections"]
    assert "Airflow does not know all 10 DAGs" in page.words["dags"]


def test_connections_that_are_filled_in_are_not_said_to_work(world: World) -> None:
    world.connections()

    page = world.page()

    assert page.states["connections"] == "to do"
    assert "Nobody has tried yet" in page.words["connections"]
    assert "Test both" in page.words["connections"]


def test_a_connection_that_lacks_its_key_is_wrong_and_says_what(
    world: World, set_connection: SetConnection
) -> None:
    world.connections()
    set_connection(f"gorgias_{STORE}", host=AWAY, login="eve")

    page = world.page()

    assert page.states["connections"] == "wrong"
    assert "lacks password" in page.words["connections"]
    set_connection(f"rivo_{STORE}", host=AWAY)
    assert world.state("webhooks") == "cannot be known from here"


def test_a_test_of_a_connection_is_remembered_with_its_sentence(world: World) -> None:
    world.connections(host=f"http://{nobody()}")
    assert world.post("admin", "test") == 303
    page = world.page()
    assert page.states["connections"] == "wrong"
    assert "nobody reaches" in page.words["connections"]
    assert "nobody reaches" not in world.page("manager").words["connections"]


def test_connections_are_done_when_they_were_used_and_until_they_are_refused(world: World) -> None:
    world.connections()
    world.run(RunState.SUCCEEDED, minutes_ago=5, dry_run=True)
    assert world.state("connections") == "done"

    refused = {"works": False, "sentence": "Gorgias refuses the API key."}
    told = f'{{"gorgias_{STORE}": {refused}}}'.replace("'", '"').replace("False", "false")
    world.keep(StateKey.TRIED, told)
    assert world.state("connections") == "wrong"

    world.run(RunState.SUCCEEDED, minutes_ago=-1)
    assert world.state("connections") == "done"


def test_paused_dags_are_to_do_with_a_button_and_what_does_not_happen(world: World) -> None:
    world.dags(paused=("award_points", "loyalty_sync"))

    page = world.page()

    assert page.states["dags"] == "to do"
    assert "awards wait and are not booked" in page.words["dags"]
    assert f"/api/v2/dags/award_points__{STORE}?update_mask=is_paused" in page.html["dags"]
    assert "gorgias_connect" not in page.html["dags"]
    assert "leave schedule: null in the stores file" in page.words["dags"]
    exact = f"--treat-dag-id-as-regex '^(loyalty_sync__{STORE}|award_points__{STORE})$' --yes"
    assert exact in page.words["dags"], "and not those of a store whose name ends as this one's"
    world.dags()
    assert world.state("dags") == "done"


def test_a_dag_that_airflow_has_not_loaded_is_wrong(world: World) -> None:
    world.dags(without=("refresh_cards",))

    page = world.page()

    assert page.states["dags"] == "wrong"
    assert f"1 of 10 DAGs: refresh_cards__{STORE}" in page.words["dags"]
    assert "airflow dags list-import-errors" in page.words["dags"]


def test_where_airflows_database_cannot_be_asked_the_page_says_how_to_find_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty_desk.first_steps.gather.find_switches", lambda _: None)

    page = world.page()

    assert page.states["dags"] == "cannot be known from here"
    assert page.states["connections"] == "cannot be known from here", "they may be there"
    assert "airflow dags list --columns dag_id,is_paused" in page.words["dags"]


def test_nothing_is_known_where_airflows_database_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr("airflow.utils.session.create_session", fail)

    assert dag_switches.find_switches(["any"]) is None


@pytest.mark.parametrize("dry", [True, False], ids=["dry", "real"])
def test_a_run_is_running_then_wrong_or_done(world: World, *, dry: bool) -> None:
    world.ready()
    step, params = ("dry-run", {"dry_run": True}) if dry else ("first-run", {})
    world.run(RunState.FAILED, failure="plan: too many", minutes_ago=9, **params)
    page = world.page()
    assert page.states[step] == "wrong"
    assert "plan: too many" in page.words[step]

    world.run(RunState.RUNNING, minutes_ago=5, **params)
    assert world.state(step) == "running now"

    world.run(RunState.SUCCEEDED, minutes_ago=3, **params)
    page = world.page()
    assert page.states[step] == "done"
    assert ("120 of 140" if dry else "wrote 70 cards") in page.words[step]


def test_a_dry_run_waits_for_its_dag_and_is_then_started_by_a_button(world: World) -> None:
    world.connections()
    world.dags(paused=("loyalty_sync",))
    page = world.page()
    assert page.states["dry-run"] == "later"
    assert "dagRuns" not in page.html["dry-run"]

    world.dags()
    page = world.page()

    assert page.states["dry-run"] == "to do"
    assert f"/api/v2/dags/loyalty_sync__{STORE}/dagRuns" in page.html["dry-run"]
    assert '"dry_run": true' in page.html["dry-run"]
    assert "loyalty-desk sync --store acme --dry-run" in page.words["dry-run"]


def test_a_manager_looks_at_the_report_and_says_that_it_is_right(world: World) -> None:
    world.ready()
    run_id = world.run(RunState.SUCCEEDED, dry_run=True)
    page = world.page("manager")
    assert page.states["look"] == "to do"
    assert page.states["first-run"] == "later"
    assert "does not find its file" in page.words["look"], "its file is not there"
    assert f"/runs/{run_id}" not in page.html["look"]

    assert world.post("manager", "looked") == 303

    page = world.page("manager")
    assert page.states["look"] == "done"
    assert "manager looked at it" in page.words["look"]
    assert page.states["first-run"] == "to do"
    assert "Write 10 cards" in page.words["first-run"]


def test_who_looked_at_an_earlier_report_is_asked_again(world: World) -> None:
    world.ready()
    first = world.run(RunState.SUCCEEDED, minutes_ago=9, dry_run=True)
    assert world.post("manager", "looked") == 303
    newest = world.run(RunState.SUCCEEDED, minutes_ago=3, dry_run=True)

    page = world.page("manager")
    assert (page.states["look"], page.states["first-run"]) == ("to do", "later")
    assert "looked at it" not in page.words["look"]

    refused = world.send("manager", "looked", {"run_id": first})
    assert refused.status_code == 400
    assert "not the report of the newest dry run" in refused.text
    assert world.state("look") == "to do"
    assert world.send("manager", "looked", {"run_id": newest}).status_code == 303
    assert world.state("look") == "done"


@pytest.mark.parametrize("fields", [{}, {"run_id": "any"}], ids=["no run", "another run"])
def test_nobody_can_say_that_a_report_is_right_which_is_not_there(
    world: World, fields: dict[str, str]
) -> None:
    world.ready()
    world.run(RunState.FAILED, dry_run=True)
    world.run(RunState.SUCCEEDED)

    refused = world.send("manager", "looked", fields)

    assert refused.status_code == 400
    assert "Nothing was noted" in refused.text
    assert world.state("look") == "not needed"


def test_a_look_that_was_kept_without_its_run_counts_as_none(world: World) -> None:
    world.ready()
    world.run(RunState.SUCCEEDED, dry_run=True)
    world.keep(StateKey.LOOKED, '{"by": "eve"}')

    assert world.state("look") == "to do"


def test_a_store_that_began_without_a_dry_run_needs_none(world: World) -> None:
    world.ready()
    world.run(RunState.SUCCEEDED)

    page = world.page()

    assert (page.states["dry-run"], page.states["look"]) == ("not needed", "not needed")
    assert page.states["connect"] == "to do"


def test_what_connect_made_is_told_and_a_disconnected_store_is_wrong(world: World) -> None:
    world.ready()
    for kind, key in ((Kind.WIDGET, "ticket"), (Kind.WIDGET, "customer"), (Kind.MACRO, "balance")):
        remember_object(world.engine, STORE, kind, key, 7)
    page = world.page()
    assert page.states["connect"] == "done"
    assert "2 widgets, 1 macro" in page.words["connect"]

    world.keep(StateKey.DISCONNECTED)

    page = world.page()
    assert page.states["connect"] == "wrong"
    assert page.states["dags"] == "not needed"


def test_without_an_address_of_its_own_connect_button_and_webhooks_are_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.connections(webhook_secret="s")
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", "http://airflow.example")
    forget_settings()

    page = world.page()

    for step in ("connect", "button", "webhooks"):
        assert page.states[step] == "wrong"
        assert "tokens would go in clear" in page.words[step]
        assert "tokens would go" not in world.page("manager").words[step]


def test_the_button_is_done_when_an_award_came_from_a_ticket(world: World) -> None:
    remember_object(world.engine, STORE, Kind.WIDGET, "ticket", 7)
    assert world.state("button") == "to do"
    with world.engine.begin() as connection:
        make_token(connection, STORE, utc_now(), label="x", made_by="eve")
    assert world.state("button") == "cannot be known from here"

    world.award(ticket_id=None)
    assert world.state("button") == "cannot be known from here", "any program may send one"
    world.award(ticket_id=70)
    assert world.state("button") == "done"


def test_a_button_that_connect_keeps_is_done(world: World) -> None:
    world.keep(StateKey.BUTTON)

    assert world.state("button") == "done"


def test_webhooks_are_done_when_a_genuine_one_came(world: World) -> None:
    world.ready()
    world.run(RunState.SUCCEEDED)
    assert world.state("webhooks") == "to do"
    world.connections(webhook_secret="s")
    page = world.page()
    assert page.states["webhooks"] == "cannot be known from here"
    assert f"{ADDRESS}/loyalty/api/v1/webhooks/rivo/{STORE}" in page.words["webhooks"]

    world.keep(StateKey.WEBHOOK)

    assert world.state("webhooks") == "done"


def test_a_platform_without_webhooks_needs_none(
    serve: Callable[..., DeskClient],
    staging: Engine,
    staging_url: str,
    set_connection: SetConnection,
) -> None:
    world = World(serve(staging_url, platform="smile", schedule=None), staging, set_connection)

    world.run(RunState.SUCCEEDED)
    page = world.page()

    assert "syncs run by hand" in page.words["first-run"]
    assert page.states["webhooks"] == "not needed"
    assert "after the next sync" in page.words["webhooks"]


def test_who_may_only_look_sees_the_steps_and_whom_to_ask_and_no_command(world: World) -> None:
    world.connections()
    world.dags(paused=("loyalty_sync",))

    for user in ("viewer", "agent", "manager"):
        page = world.page(user)
        assert page.states["connections"] == "to do"
        assert f"Ask whoever may edit the DAG loyalty_sync__{STORE}" in page.words["dags"]
        assert f"gorgias_{STORE} and rivo_{STORE}" in page.words["connections"]
        for hidden in ("scripts/compose", "data-calls", "Tokens</h2>", "Settings in force"):
            assert hidden not in page.whole, user
    assert "data-calls" in world.page("switcher").html["dags"]
    assert "scripts/compose" not in world.page("switcher").whole


def test_the_part_that_renews_itself_is_the_same_list(world: World) -> None:
    viewer = world.client.as_user("viewer")

    part = viewer.get("/setup/steps").text

    assert "<html" not in part
    assert Page(part).states == world.page("viewer").states


def test_rows_of_other_stores_count_for_nothing(world: World) -> None:
    world.ready()
    world.run(RunState.SUCCEEDED)
    with world.engine.begin() as connection:
        connection.execute(schema.runs.update().values(store="other"))

    assert world.state("first-run") == "later"
