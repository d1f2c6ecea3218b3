"""What the desk's first pages say of DAGs that are paused, or not known to Airflow."""

from __future__ import annotations

import re

import pytest
from fastapi import Request
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.families import BY_HAND, WATCH, WHEN_PAUSED, dag_ids
from loyalty_desk.orchestration.log_context import FAMILIES
from loyalty_desk.staging.store_state import StateKey, keep_state
from loyalty_desk.web.pages import airflow_of
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.http.known_dags import set_dags

AWARDS = f"award_points__{STORE}"
BUTTON = re.compile(r"data-calls='([^']+)'")


def all_but(desk_store: str = STORE, **changed: bool | None) -> None:
    """Have Airflow know every DAG, but for what is said of a family; None is not known."""
    known = {}
    for dag_id in dag_ids(desk_store):
        is_paused = changed.get(dag_id.partition("__")[0], False)
        if is_paused is not None:
            known[dag_id] = is_paused
    set_dags(known)


def test_every_dag_of_a_store_is_told_of() -> None:
    assert set(WHEN_PAUSED) == set(FAMILIES)
    assert set(WHEN_PAUSED) >= BY_HAND


def test_what_sends_metrics_is_told_of_where_metrics_are_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert WATCH not in dag_ids(STORE)
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
    assert WATCH in dag_ids(STORE)


@pytest.mark.parametrize("path", ["", f"/{STORE}"], ids=["stores", "overview"])
def test_a_paused_dag_is_named_with_what_does_not_happen_and_a_button(
    desk: DeskClient, path: str
) -> None:
    all_but(award_points=True)

    page = desk.as_user("admin").call("GET", f"{DESK}{path}").text

    assert f"<code>{AWARDS}</code>: awards wait and are not booked" in page
    calls = [found for found in BUTTON.findall(page) if STORE in found]
    assert calls == [
        f'[["PATCH", "/api/v2/dags/{AWARDS}?update_mask=is_paused", {{"is_paused": false}}]]'
    ]


def test_the_button_is_for_who_may_edit_the_dag(desk: DeskClient) -> None:
    all_but(award_points=True)

    for user in ("viewer", "agent", "manager"):
        page = desk.as_user(user).get().text
        assert "awards wait" in page
        assert "Ask whoever may edit the DAGs" in page
        assert "data-calls" not in page
    assert "data-calls" in desk.as_user("switcher").get().text


def test_a_dag_that_is_not_there_is_named_and_has_no_button(desk: DeskClient) -> None:
    all_but(refresh_cards=None)

    page = desk.as_user("admin").get().text

    assert f"Airflow does not know:</strong> <code>refresh_cards__{STORE}</code>" in page
    assert "data-calls" not in page


def test_nothing_is_said_while_all_is_on_or_off_on_purpose(
    desk: DeskClient, staging: Engine
) -> None:
    all_but()
    assert "in Airflow:</strong>" not in desk.as_user("admin").get().text
    all_but(award_points=True)
    with staging.begin() as connection:
        keep_state(connection, STORE, StateKey.DISCONNECTED, "{}", utc_now())

    assert "in Airflow:</strong>" not in desk.as_user("admin").get().text


def test_where_airflows_database_cannot_be_asked_the_page_says_so(
    desk: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty_desk.web.desk.switches.find_switches", lambda _: None)

    assert "cannot be known from here" in desk.as_user("viewer").get().text


def test_a_desk_below_a_path_calls_the_airflow_that_is_there() -> None:
    scope = {"type": "http", "root_path": "/team/loyalty", "headers": [], "path": "/"}
    assert airflow_of(Request(scope)) == "/team"
