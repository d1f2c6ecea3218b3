"""What production does: a rolling restart, metrics by StatsD, roles of Flask-AppBuilder."""

from __future__ import annotations

import re
import secrets
import socket
import subprocess
import sys
import time

import pytest
import requests

from tests.cluster.shops import ENDED_AWARDS, Shops

GRACE_S = 15.0
SLOW_WRITES = {"effect": "delay", "delay_ms": 6_000, "method": "PUT"}
"""So slow that a push lasts as long as the restart of everything."""


def test_a_rolling_restart_of_everything_loses_nothing(
    shops: Shops, record_property: pytest.RecordProperty
) -> None:
    for store, sandbox in shops.sandboxes.items():
        shops.tick(store, 400, seed=1)
        sandbox.control("gorgias", "POST", "faults", SLOW_WRITES)
    before = shops.supervisor.restarts
    members = {store: shops.members(store, 30) for store in shops.names}
    runs = {store: shops.start_sync(store) for store in shops.names}
    awards: dict[str, str] = {}
    for number, name in enumerate(shops.supervisor.names):
        store = shops.names[number % 2]
        award_id = shops.award(store, members[store][number], 5, key=f"restart-{number}")
        awards[award_id] = store
        shops.supervisor.restart(name, grace_s=GRACE_S)
    for sandbox in shops.sandboxes.values():
        sandbox.control("gorgias", "DELETE", "faults")

    states = shops.wait_for_syncs(runs)
    shops.wait(
        lambda: set(shops.award_states(list(awards)).values()) <= ENDED_AWARDS,
        "the end of all awards",
        240,
    )

    assert set(states.values()) == {"success"}
    assert set(shops.award_states(list(awards)).values()) == {"applied"}
    assert {shops.times_booked(store, one) for one, store in awards.items()} == {1}
    assert [shops.wrong_cards(store) for store in shops.names] == [[], []]
    assert shops.supervisor.restarts - before >= len(shops.supervisor.names)
    record_property(
        "tally",
        f"rolling restart of {len(shops.supervisor.names)} services: {len(runs)} syncs and"
        f" {len(awards)} awards ended well",
    )


def test_each_shop_is_measured_for_statsd_without_anybody_asking(
    shops: Shops, statsd: socket.socket
) -> None:
    """The DAG that measures has its schedule where metrics are on."""
    wanted = {f"airflow.loyalty_desk.run_ok,store={store}" for store in shops.names}
    told: dict[str, float] = {}
    ends_at = time.monotonic() + 150
    while not wanted <= set(told):
        assert time.monotonic() < ends_at, sorted(name for name in told if "loyalty_desk" in name)
        try:
            packet = statsd.recv(65_536).decode()
        except TimeoutError:
            continue
        for name, value in re.findall(r"^([^:]+):([-\d.]+)\|g", packet, re.M):
            told[name] = float(value)
    assert {told[name] for name in wanted} == {1.0}
    assert "airflow.executor.open_slots" in " ".join(told)


ROLES = {
    "shop_viewer": {("can_read", "DAG:loyalty_sync__shop_1")},
    "shop_agent": {
        ("can_read", "DAG:loyalty_sync__shop_1"),
        ("can_edit", "DAG:award_points__shop_1"),
        ("can_create", "DAG Runs"),
    },
    "shop_manager": {
        ("can_read", "DAG:loyalty_sync__shop_1"),
        ("can_edit", "DAG:loyalty_sync__shop_1"),
        ("can_edit", "DAG:award_points__shop_1"),
        ("can_create", "DAG Runs"),
        ("can_edit", "HITL Detail"),
    },
}
"""Roles as docs/desk.md tells an administrator to make them."""
MAY = {
    "shop_viewer": {"see"},
    "shop_agent": {"see", "award"},
    "shop_manager": {"see", "award", "settle", "approve"},
    "admin": {"see", "award", "settle", "approve", "set up"},
}
ASKS = {
    "see": ("GET", "mismatches"),
    "award": ("GET", "awards/new"),
    "settle": ("POST", "mismatches"),
    "approve": ("POST", "awards/none/approval"),
    "set up": ("POST", "setup/test"),
}


@pytest.fixture(scope="module")
def cookies(shops: Shops) -> dict[str, str]:
    """Who is logged in, by name: a user of each role, and the administrator."""
    passwords = {"admin": shops.cluster.password}
    for role, permissions in ROLES.items():
        passwords[role] = f"-{secrets.token_urlsafe(12)}"
        airflow(shops, "roles", "create", role)
        for action, resource in [*permissions, ("can_read", "Website"), ("can_read", "Plugins")]:
            airflow(shops, "roles", "add-perms", role, "--action", action, "--resource", resource)
        who = ["--firstname", "A", "--lastname", "B", "--email", f"{role}@shop.example"]
        login = ["--username", role, "--role", role, f"--password={passwords[role]}"]
        airflow(shops, "users", "create", *login, *who)
    return {name: log_in(shops, name, password) for name, password in passwords.items()}


def airflow(shops: Shops, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env=dict(shops.cluster.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]


def log_in(shops: Shops, name: str, password: str) -> str:
    url = f"{shops.cluster.place.airflow_url}/auth/token"
    answer = requests.post(url, json={"username": name, "password": password}, timeout=20)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


@pytest.mark.parametrize("name", MAY)
def test_a_role_of_flask_appbuilder_gives_the_rights_that_the_page_says(
    shops: Shops, cookies: dict[str, str], name: str
) -> None:
    desk = f"{shops.cluster.place.airflow_url}/loyalty/desk"
    for right, (method, page) in ASKS.items():
        answers = {
            store: requests.request(
                method,
                f"{desk}/{store}/{page}",
                cookies={"_token": cookies[name]},
                allow_redirects=False,
                timeout=20,
            )
            for store in shops.names
        }
        mine, other = answers["shop_1"], answers["shop_2"]
        refused = mine.status_code == 403 and f"You may not {right}" in mine.text
        assert refused == (right not in MAY[name]), f"{name}, {right}: {mine.status_code}"
        assert mine.status_code not in {401, 404, 500} or right == "approve"
        assert name == "admin" or other.status_code == 404, "another store is as unknown as none"
