"""An app's tokens that rotate, end early and are shared by processes: nothing fails for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from loyalty_desk.errors import ApiUnavailableError, BadConnectionError
from loyalty_desk.gorgias import oauth
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.http.transport import TIMEOUT_S
from loyalty_desk.settings.sections import BudgetSettings
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import store_settings
from tests.http.conftest import SPEED
from tests.project import PROJECT_ROOT

WORKERS, SECONDS, EXPIRIES = 2, 8.0, 4
KEYS = ("client_id", "client_secret", "refresh_token")


@pytest.fixture
def rotating(sandbox: Sandbox) -> Sandbox:
    """Each renewal ends the refresh token that it was made with."""
    sandbox.control("gorgias", "POST", "switches", {"refresh_token_rotation": True})
    return sandbox


def connection(sandbox: Sandbox, **secrets: str) -> dict[str, Any]:
    extra = {key: sandbox.gorgias["oauth"][key] for key in KEYS} | secrets
    return {"conn_type": "http", "host": sandbox.gorgias["url"], "extra": extra}


def new_client(engine: Engine) -> GorgiasClient:
    return gorgias_client(store_settings(budget=BudgetSettings(share=1.0)), engine)


def renewals(sandbox: Sandbox, status: int) -> int:
    counted = sandbox.control("gorgias", "GET", "counters")["requests"]
    return sum(
        call["count"]
        for call in counted
        if call["route"] == "/oauth/token" and call["status"] == status
    )


def expire(sandbox: Sandbox) -> None:
    sandbox.control("gorgias", "POST", "oauth", {"expire": True})


def start_worker(sandbox: Sandbox, staging_url: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{PROJECT_ROOT / 'plugins'}{os.pathsep}{PROJECT_ROOT}",
        "LOYALTY_DESK_STAGING_URL": staging_url,
        "LOYALTY_DESK_SPEED": str(SPEED),
        "AIRFLOW_CONN_GORGIAS_ACME": json.dumps(connection(sandbox)),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.http.oauth_worker", str(SECONDS)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.usefixtures("staging")
def test_two_processes_go_on_while_tokens_rotate_and_end_early(
    rotating: Sandbox, staging_url: str
) -> None:
    workers = [start_worker(rotating, staging_url) for _ in range(WORKERS)]
    try:
        for worker in workers:
            assert worker.stdout is not None
            while (line := worker.stdout.readline().strip()) != "began":
                assert worker.poll() is None or line, worker.communicate()[0][-2000:]
        for _ in range(EXPIRIES):
            expire(rotating)
            time.sleep(SECONDS / EXPIRIES / 1.5)  # the pace itself: tokens end while workers ask
        told = [worker.communicate(timeout=120) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()

    assert [worker.returncode for worker in workers] == [0] * WORKERS, told[0][0][-2000:]
    assert all(int(out.split()[-1]) > 0 for out, _ in told)
    assert renewals(rotating, 400) == 0, "no refresh token was used twice"
    assert renewals(rotating, 200) >= EXPIRIES


def test_what_another_process_renewed_and_is_over_too_is_renewed_once_more(
    rotating: Sandbox, one_staging: Engine, set_connection: SetConnection, at_speed: None
) -> None:
    set_connection("gorgias_acme", **connection(rotating))
    one, other = new_client(one_staging), new_client(one_staging)
    one.get_account()
    expire(rotating)
    other.get_account()
    expire(rotating)

    assert one.get_account().active
    assert other.get_account().active
    assert renewals(rotating, 400) == 0


def test_a_refresh_token_that_somebody_used_meanwhile_is_no_failure(
    rotating: Sandbox,
    one_staging: Engine,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that stood still for longer than its lease comes back with a token that is void."""
    set_connection("gorgias_acme", **connection(rotating))
    one, other = new_client(one_staging), new_client(one_staging)
    one.get_account()
    expire(rotating)
    send = oauth.BearerAuth._refresh

    def stands_still(auth: oauth.BearerAuth, token: str) -> oauth.Tokens:
        monkeypatch.setattr(oauth.BearerAuth, "_refresh", send)
        auth._engine.dispose()
        with one_staging.begin() as connection:
            connection.exec_driver_sql("DELETE FROM oauth_tokens WHERE conn_id LIKE '% (lease)'")
        other.get_account()
        return send(auth, token)

    monkeypatch.setattr(oauth.BearerAuth, "_refresh", stands_still)

    assert one.get_account().active
    assert renewals(rotating, 400) == 1


@contextmanager
def taking_no_tokens(staging: Engine, times: int) -> Iterator[Counter[str]]:
    """Staging refuses so many writes of tokens; yields how often it has."""
    refused = Counter[str]()

    def refuse(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        is_tokens = "INTO oauth_tokens" in sql and "holder" not in sql and "RETURNING" not in sql
        if is_tokens and refused["tokens"] < times:
            refused["tokens"] += 1
            raise OperationalError(sql, {}, Exception("the database takes nothing"))

    event.listen(staging, "before_cursor_execute", refuse)
    try:
        yield refused
    finally:
        event.remove(staging, "before_cursor_execute", refuse)


def test_new_tokens_are_not_lost_while_staging_takes_none(
    rotating: Sandbox,
    staging: Engine,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(oauth, "SAVES_AGAIN_AFTER_S", (0.0,))
    set_connection("gorgias_acme", **connection(rotating))
    client = new_client(staging)
    with taking_no_tokens(staging, 2) as refused:
        assert client.get_account().active
        assert refused["tokens"] == 2
        assert client.get_account().active
    expire(rotating)

    assert new_client(staging).get_account().active, "another process finds the newest token"
    assert renewals(rotating, 400) == 0


def test_tokens_that_wait_for_staging_are_renewed_from_the_newest(
    rotating: Sandbox,
    staging: Engine,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(oauth, "SAVES_AGAIN_AFTER_S", ())
    set_connection("gorgias_acme", **connection(rotating))
    client = new_client(staging)
    with taking_no_tokens(staging, 1_000):
        for _ in range(3):
            assert client.get_account().active
            expire(rotating)

    assert client.get_account().active
    assert renewals(rotating, 400) == 0


def test_a_renewal_gives_up_before_another_process_may_begin_one(
    rotating: Sandbox,
    one_staging: Engine,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert oauth.REFRESH_S + sum(TIMEOUT_S) < oauth.LEASE_S
    asked_s = 100
    monkeypatch.setattr(oauth, "REFRESH_S", asked_s / SPEED / 2)
    set_connection("gorgias_acme", **connection(rotating))
    slow_down = {"effect": "status", "status": 429, "retry_after": str(asked_s)}
    rotating.control("gorgias", "POST", "faults", {**slow_down, "route": "/oauth/token"})

    with pytest.raises(ApiUnavailableError, match="POST /oauth/token"):
        new_client(one_staging).get_account()

    assert renewals(rotating, 429) == 1, "it does not wait for as long as Gorgias asks for"


def test_a_refresh_token_that_is_replaced_in_the_connection_is_used_at_once(
    rotating: Sandbox, one_staging: Engine, set_connection: SetConnection, at_speed: None
) -> None:
    set_connection("gorgias_acme", **connection(rotating))
    client = new_client(one_staging)
    client.get_account()
    new = rotating.control("gorgias", "POST", "oauth", {"revoke": True})["refresh_token"]
    with pytest.raises(BadConnectionError, match="install the app again"):
        client.get_account()

    set_connection("gorgias_acme", **connection(rotating, refresh_token=new))

    assert client.get_account().active
