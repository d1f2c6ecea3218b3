"""Rivo's webhooks over real HTTP: signed ones ask for a card, all others do nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, text

from loyalty_desk.hooks.connections import platform_account
from loyalty_desk.platforms.base import Account
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.store_state import StateKey, find_state_time
from loyalty_desk.web import webhooks_api
from sandbox.rivo.hooks import SIGNATURE, TOPICS, sign
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import API, ApiClient, all_at_once, forget_settings, new_client, serving
from tests.waiting import wait_until

SECRET = "whs_of_a_test"
EMAIL = "mira@shop.example"
PROFILE = {"id": 6400000000123, "email": EMAIL, "points_tally": 820, "vip_tier": {"id": 77}}
EVENT = {"id": 9001, "points_amount": 5, "event_type": "points_event/created", "customer": PROFILE}
TIER = {"id": [1, 2], "vip_tier_id": 77, "customer": PROFILE}
Send = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def api(
    server: str,
    staging_url: str,
    tmp_path: Path,
    set_connection: SetConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ApiClient]:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    set_connection("rivo_acme", password="a key", extra={"webhook_secret": SECRET})
    set_connection("rivo_other", password="a key", extra={"webhook_secret": "of another"})
    forget_settings()
    webhooks_api._find_account.cache_clear()
    webhooks_api._note_that_one_came.cache_clear()
    with new_client() as session:
        api = ApiClient(url=server, folder=tmp_path, session=session)
        api.set_stores(acme={}, other={}, bare={})
        yield api
    webhooks_api._find_account.cache_clear()
    forget_settings()


def send(
    api: ApiClient,
    content: Any,
    *,
    store: str = STORE,
    platform: str = "rivo",
    secret: str = SECRET,
    signature: str | None = None,
) -> requests.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {SIGNATURE: sign(body, secret) if signature is None else signature}
    path = f"{API}/webhooks/{platform}/{store}"
    return api.call("POST", path, data=body, headers=headers)


def asked_for(staging: Engine) -> list[tuple[str, str]]:
    with staging.connect() as connection:
        asked = "SELECT store, member_id, cause FROM cards_to_show ORDER BY 1, 2"
        rows = connection.execute(text(asked)).all()
    assert all(row.cause == "webhook" for row in rows)
    return [(row.store, row.member_id) for row in rows]


@pytest.mark.parametrize("content", [PROFILE, EVENT, TIER])
def test_a_signed_webhook_asks_for_the_card_of_its_member(
    api: ApiClient, staging: Engine, content: dict[str, Any]
) -> None:
    assert send(api, content).status_code == 204
    assert asked_for(staging) == [(STORE, "6400000000123")]


@pytest.mark.parametrize(
    "content", [{}, [], {"id": [1, 2]}, {"id": True}, {"id": -5}, {"customer": 5}, b"{", b""]
)
def test_a_signed_webhook_about_nobody_is_taken_and_forgotten(
    api: ApiClient, staging: Engine, content: Any
) -> None:
    assert send(api, content).status_code == 204
    assert asked_for(staging) == []


def test_that_a_genuine_one_came_is_remembered_for_the_check_list(
    api: ApiClient, staging: Engine
) -> None:
    assert send(api, EVENT, secret="of somebody else").status_code == 401
    assert noted(staging) is None

    assert send(api, {}).status_code == 204
    first = noted(staging)
    assert first is not None
    assert send(api, EVENT).status_code == 204
    assert noted(staging) == first, "one write an hour does"


def noted(staging: Engine) -> datetime | None:
    with staging.connect() as connection:
        return find_state_time(connection, STORE, StateKey.WEBHOOK)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "of somebody else"},
        {"signature": ""},
        {"signature": "not base64 \u00e9"},
        {"signature": sign(b"another body", SECRET)},
        {"store": "other"},
        {"store": "nobody"},
        {"store": "bare", "secret": ""},
        {"platform": "smile"},
    ],
)
def test_what_the_platform_has_not_signed_is_refused_with_one_answer(
    api: ApiClient, staging: Engine, wrong: dict[str, str]
) -> None:
    answer = send(api, PROFILE, **wrong)

    assert (answer.status_code, answer.json()) == (
        401,
        {"error": "this webhook is not signed with the secret of a store that is set up"},
    )
    assert asked_for(staging) == []


def test_a_table_that_cannot_be_used_refuses_webhooks_and_is_logged(
    api: ApiClient,
    staging: Engine,
    set_connection: SetConnection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_connection("trifft_wrong", password="a-key", extra={"api": {"member.pionts": "x"}})
    api.set_stores(wrong={"platform": "trifft"})

    answer = send(api, PROFILE, platform="trifft", store="wrong")

    assert answer.status_code == 401
    assert "api.member.pionts" in caplog.text
    assert asked_for(staging) == []


def test_a_changed_byte_is_not_signed(api: ApiClient, staging: Engine) -> None:
    body = json.dumps(PROFILE).encode()
    answer = send(api, body.replace(b"820", b"821"), signature=sign(body, SECRET))

    assert answer.status_code == 401
    assert asked_for(staging) == []


def test_one_that_is_too_large_is_refused(api: ApiClient, staging: Engine) -> None:
    assert send(api, b"x" * (webhooks_api.MOST_BYTES + 1)).status_code == 413


def test_a_burst_of_webhooks_asks_for_each_card_once(api: ApiClient, staging: Engine) -> None:
    def burst(client: ApiClient, number: int) -> requests.Response:
        for turn in range(40):
            answer = send(client, {"id": 100 + (number + turn) % 10})
        return answer

    answers = all_at_once(api, 10, burst)

    assert {answer.status_code for answer in answers} == {204}
    assert asked_for(staging) == [(STORE, str(100 + number)) for number in range(10)]


# --- a secret that is replaced ---------------------------------------------------------------


def secrets_of_rivo(set_connection: SetConnection, **extra: str) -> None:
    set_connection("rivo_acme", password="a key", extra=extra)


@pytest.mark.parametrize("until", ["", "2999-01-31", "2999-01-31T09:30Z"])
def test_the_old_secret_is_accepted_besides_for_a_time(
    api: ApiClient, set_connection: SetConnection, until: str
) -> None:
    secrets_of_rivo(
        set_connection, webhook_secret="new", old_webhook_secret=SECRET, old_webhook_until=until
    )

    assert [send(api, PROFILE, secret=one).status_code for one in ("new", SECRET)] == [204, 204]
    assert send(api, PROFILE, secret="").status_code == 401


def test_the_old_secret_is_refused_from_its_end_on(
    api: ApiClient, set_connection: SetConnection
) -> None:
    secrets_of_rivo(
        set_connection,
        webhook_secret="new",
        old_webhook_secret=SECRET,
        old_webhook_until="2026-01-31",
    )

    assert [send(api, PROFILE, secret=one).status_code for one in ("new", SECRET)] == [204, 401]


def test_an_end_that_cannot_be_read_is_said(
    api: ApiClient, set_connection: SetConnection, caplog: pytest.LogCaptureFixture
) -> None:
    extra = {"old_webhook_secret": SECRET, "old_webhook_until": "soon"}
    secrets_of_rivo(set_connection, webhook_secret="new", **extra)

    assert send(api, PROFILE, secret="new").status_code == 401
    assert "old_webhook_until is neither a date nor a time" in caplog.text


@dataclass
class Seconds:
    """The clock of the endpoint, which goes on when a test says so."""

    now_s: float = 1_000 * webhooks_api.SECRET_LIVES_S

    def tell(self) -> float:
        return self.now_s


@pytest.fixture
def seconds(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> Seconds:
    clock = Seconds()
    monkeypatch.setattr(webhooks_api, "monotonic", clock.tell)
    return clock


def test_a_secret_that_was_just_replaced_is_accepted_within_a_second(
    api: ApiClient, set_connection: SetConnection, seconds: Seconds
) -> None:
    assert send(api, PROFILE).status_code == 204
    assert send(api, PROFILE, secret="new").status_code == 401, "so it was read anew just now"
    secrets_of_rivo(set_connection, webhook_secret="new")
    assert send(api, PROFILE, secret="new").status_code == 401

    seconds.now_s += 1

    assert send(api, PROFILE, secret="new").status_code == 204


def test_what_is_not_verified_asks_airflow_once_a_second_at_most(
    api: ApiClient, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[StoreSettings] = []

    def ask(store: StoreSettings) -> Account:
        asked.append(store)
        return platform_account(store)

    monkeypatch.setattr(webhooks_api, "platform_account", ask)

    def asked_by_many() -> int:
        before = len(asked)
        for _ in range(20):
            assert send(api, PROFILE, secret="of somebody else").status_code == 401
            seconds.now_s += 0.04
        return len(asked) - before

    assert asked_by_many() == 2, "what is remembered for a minute, and what is for a second"
    for _ in range(3):
        seconds.now_s = round(seconds.now_s + 0.2)
        assert asked_by_many() == 1


def test_what_the_sandbox_delivers_is_taken(
    api: ApiClient, staging: Engine, sandbox: Sandbox, set_connection: SetConnection
) -> None:
    secret = sandbox.rivo["webhook_secret"]
    set_connection("rivo_acme", password="a key", extra={"webhook_secret": secret})
    webhooks_api._find_account.cache_clear()
    for topic in TOPICS:
        requests.post(
            f"{sandbox.rivo_url}/webhooks",
            data={"event_type": topic, "url": f"{api.url}{API}/webhooks/rivo/{STORE}"},
            headers={"Authorization": sandbox.rivo["api_key"]},
            timeout=5,
        ).raise_for_status()
    member_id = str(sandbox.control("rivo", "POST", "members", {"email": EMAIL})["id"])
    sandbox.control("rivo", "PATCH", f"members/{member_id}", {"points_tally": 5})

    wait_until(lambda: asked_for(staging))

    assert asked_for(staging) == [(STORE, member_id)]


def test_no_log_tells_what_a_webhook_holds(
    api: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(api, PROFILE)
        send(api, PROFILE, secret="of somebody else")
        send(api, {"email": EMAIL})

    for secret in (EMAIL, SECRET, "of somebody else", sign(b"", SECRET)):
        assert secret not in caplog.text
