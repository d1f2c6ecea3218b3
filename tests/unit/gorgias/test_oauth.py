"""Renewal of OAuth2 access on both databases, with a scripted token endpoint."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError
from loyalty_desk.gorgias.oauth import LEASE_S, BearerAuth
from loyalty_desk.http.exchange import Answer
from tests.clocks import staging_clock
from tests.scripted import ScriptedTransport

KEY = Fernet.generate_key()


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, wait_s: float) -> None:
        self.now += timedelta(seconds=wait_s)


@pytest.fixture
def api() -> ScriptedTransport:
    return ScriptedTransport()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def bearer(
    api: ScriptedTransport, engine: Engine, clock: Clock, token: str = "rt_0", key: bytes = KEY
) -> BearerAuth:
    return BearerAuth(api, engine, Fernet(key), token, sleep=clock.sleep, now=clock)


def sent(auth: BearerAuth) -> str:
    request = requests.Request("GET", "http://unused.test").prepare()
    return auth(request).headers["Authorization"]


def answer(number: int, **values: Any) -> dict[str, Any]:
    return {
        "access_token": f"at_{number}",
        "refresh_token": f"rt_{number}",
        "expires_in": 86400,
        **values,
    }


def refresh_tokens_sent(api: ScriptedTransport) -> list[str]:
    return [body["refresh_token"] for body in api.bodies]


def test_the_first_request_renews_and_the_next_ones_do_not(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    api.will_answer(answer(1))
    auth = bearer(api, staging, clock)

    assert sent(auth) == sent(auth) == "Bearer at_1"
    assert api.calls == [("POST", "/oauth/token")]
    assert api.bodies == [{"grant_type": "refresh_token", "refresh_token": "rt_0"}]


def test_another_process_uses_the_stored_tokens(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    api.will_answer(answer(1))
    sent(bearer(api, staging, clock))

    assert sent(bearer(api, staging, clock)) == "Bearer at_1"
    assert len(api.calls) == 1


def test_the_newest_refresh_token_is_used(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    for number in (1, 2):
        api.will_answer(answer(number))
    api.will_answer({"access_token": "at_3", "expires_in": 86400})
    api.will_answer(answer(4))
    auth = bearer(api, staging, clock)
    for _ in range(4):
        sent(auth)
        clock.now += timedelta(hours=24)

    assert refresh_tokens_sent(api) == ["rt_0", "rt_1", "rt_2", "rt_2"]


def test_access_is_renewed_before_its_end(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    api.will_answer(answer(1))
    api.will_answer(answer(2))
    auth = bearer(api, staging, clock)
    sent(auth)
    clock.now += timedelta(hours=23, minutes=54)
    assert sent(auth) == "Bearer at_1"
    clock.now += timedelta(minutes=2)

    assert sent(auth) == "Bearer at_2"


def test_refused_access_is_renewed_once_for_all_threads_and_processes(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    api.will_answer(answer(1))
    one, other = bearer(api, staging, clock), bearer(api, staging, clock)
    sent(one), sent(other)
    api.will_answer(answer(2))

    one.renew("Bearer at_1")
    one.renew("Bearer at_1")
    other.renew("Bearer at_1")

    assert sent(one) == sent(other) == "Bearer at_2"
    assert len(api.calls) == 2


def test_processes_that_renew_at_once_use_each_refresh_token_once(
    staging: Engine, clock: Clock
) -> None:
    class SlowEndpoint(ScriptedTransport):
        def send(self, *args: Any, **values: Any) -> Answer:
            self.bodies.append(values["form"])
            time.sleep(0.05)  # so slow that the others come meanwhile
            return Answer(200, {}, answer(len(self.bodies)))

    api = SlowEndpoint()
    auths = [BearerAuth(api, staging, Fernet(KEY), "rt_0", now=clock) for _ in range(4)]
    found: list[str] = []
    threads = [threading.Thread(target=lambda a=a: found.append(sent(a))) for a in auths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["Bearer at_1"] * 4
    assert refresh_tokens_sent(api) == ["rt_0"]


def test_the_lease_of_a_dead_process_ends(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    """By staging's clock, whatever that of the process says."""
    began, lease = clock.now, timedelta(seconds=LEASE_S)
    with staging_clock(staging, began):
        assert bearer(api, staging, clock)._take_lease("dead")

    with (
        staging_clock(staging, began + lease * 0.9),
        pytest.raises(ApiUnavailableError, match="another process keeps renewing"),
    ):
        sent(bearer(api, staging, clock))
    assert clock.now >= began + lease

    api.will_answer(answer(1))
    with staging_clock(staging, began + lease * 1.1):
        assert sent(bearer(api, staging, clock)) == "Bearer at_1"


def test_a_failed_renewal_gives_the_lease_back(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    api.will_answer(ApiUnavailableError("down"))
    auth = bearer(api, staging, clock)
    with pytest.raises(ApiUnavailableError):
        sent(auth)
    api.will_answer(answer(1))
    began = clock.now

    assert sent(auth) == "Bearer at_1"
    assert clock.now == began


@pytest.mark.parametrize(
    "refusal", [ApiError("Gorgias", "POST", "/oauth/token", 400), BadConnectionError("no")]
)
def test_a_refused_renewal_says_what_to_do(
    api: ScriptedTransport, staging: Engine, clock: Clock, refusal: Exception
) -> None:
    api.will_answer(refusal)

    with pytest.raises(BadConnectionError, match=r"'test'.*new refresh_token") as caught:
        sent(bearer(api, staging, clock))
    assert "rt_0" not in str(caught.value)


def test_a_new_token_in_the_connection_replaces_the_stored_ones(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    api.will_answer(answer(1))
    sent(bearer(api, staging, clock))
    api.will_answer(answer(2))

    assert sent(bearer(api, staging, clock, token="rt_new")) == "Bearer at_2"
    assert refresh_tokens_sent(api) == ["rt_0", "rt_new"]


def test_tokens_under_a_lost_key_fall_back_to_the_connection(
    api: ScriptedTransport, staging: Engine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    api.will_answer(answer(1))
    sent(bearer(api, staging, clock))
    api.will_answer(answer(2))

    assert sent(bearer(api, staging, clock, key=Fernet.generate_key())) == "Bearer at_2"
    assert "Fernet" in caplog.text


def test_tokens_that_an_older_version_kept_under_the_connections_id_are_found(
    api: ScriptedTransport, staging: Engine, clock: Clock
) -> None:
    api.will_answer(answer(1))
    sent(bearer(api, staging, clock))
    with staging.begin() as connection:
        connection.execute(text("UPDATE oauth_tokens SET conn_id = 'gorgias_acme'"))

    assert sent(bearer(api, staging, clock)) == "Bearer at_1"


def test_tokens_are_encrypted_and_never_logged(
    api: ScriptedTransport, staging: Engine, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    api.will_answer(answer(1))
    sent(bearer(api, staging, clock))

    with staging.connect() as connection:
        rows = connection.execute(text("SELECT * FROM oauth_tokens")).all()
    assert len(rows) == 1
    for hidden in ("at_1", "rt_1", "rt_0"):
        assert hidden not in str(rows)
        assert hidden not in caplog.text


@pytest.mark.parametrize("body", [None, [], {}, {"access_token": ""}, {"access_token": 5}])
def test_an_answer_without_a_token_is_unavailable(
    api: ScriptedTransport, staging: Engine, clock: Clock, body: Any
) -> None:
    api.will_answer(body)

    with pytest.raises(ApiUnavailableError):
        sent(bearer(api, staging, clock))


@pytest.mark.parametrize("life", [None, "x", -5, True])
def test_an_unknown_life_is_the_documented_one(
    api: ScriptedTransport, staging: Engine, clock: Clock, life: Any
) -> None:
    api.will_answer(answer(1, expires_in=life))
    api.will_answer(answer(2))
    auth = bearer(api, staging, clock)
    sent(auth)
    clock.now += timedelta(hours=23)

    assert sent(auth) == "Bearer at_1"
