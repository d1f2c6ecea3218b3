"""Addresses of people stand in queries of ours: no log has one, whatever is answered, and by whom.

Airflow's own application answers, with our plugin as Airflow loads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

import pytest
from airflow.models.revoked_token import RevokedToken
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.records import Opens
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.mismatch_schema import mismatches
from loyalty_desk.web.app import make_app
from tests.factories import STORE
from tests.http.airflow_served import AccessLogs, running
from tests.http.api_client import MOUNT, new_token
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import GRACE
from tests.http.test_desk_rights import address

ASKED = {"email": "grace@example.test", "q": "grace hopper", "who": "grace", "store": "grace"}
MEMBER = "hopper@ids.example"
METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
ROUTES = sorted({address(one) for one in make_app().routes if isinstance(one, APIRoute)})
ELSEWHERE = [
    MOUNT,
    f"{MOUNT}/",
    f"/{MOUNT}/api/v1/lookup",
    f"{MOUNT.upper()}/api/v1/lookup",
    f"{MOUNT}//api/v1/lookup",
    f"{MOUNT}/api/v1/lokup",
    f"{MOUNT}/api/v2/lookup",
    f"{MOUNT}/desk-static/none.css",
]


@pytest.fixture(scope="module")
def airflow_url(desk_server: str) -> Iterator[str]:
    from airflow.api_fastapi.app import create_app, purge_cached_app

    purge_cached_app()
    with running(create_app(apps="core")) as url:
        yield url


@pytest.fixture
def served(airflow_url: str, one_desk: DeskClient) -> DeskClient:
    return replace(one_desk, url=airflow_url)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> AccessLogs:
    return AccessLogs(monkeypatch, caplog)


@pytest.fixture
def token(one_desk: DeskClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {new_token(STORE, Opens.LOOKUP)}"}


def ask(client: DeskClient, method: str, path: str, **options: Any) -> int:
    return client.call(method, path, params=ASKED, **options).status_code


def test_no_query_is_logged_whatever_is_answered_and_to_whom(
    served: DeskClient, logs: AccessLogs, token: dict[str, str]
) -> None:
    viewer, late = served.as_user("viewer"), served.as_user("admin", lives_s=-60)
    answers: list[int] = []
    for path in (one + end for one in [*ROUTES, *ELSEWHERE] for end in ("", "/")):
        answers += [ask(client, "GET", path) for client in (served, viewer, late)]
        answers += [ask(served, "GET", path, headers=token)]

    assert {200, 303, 307, 401, 403, 404, 405} <= set(answers)
    assert [line for line in logs.everything(len(answers)) if "grace" in line] == []


@pytest.mark.parametrize("method", METHODS)
def test_no_query_is_logged_whatever_the_method(
    served: DeskClient, logs: AccessLogs, token: dict[str, str], method: str
) -> None:
    paths = [one for one in ROUTES if one.endswith(("lookup", "awards", "customers", "desk"))]
    answers = [
        ask(served, method, path + end, headers=token)
        for path in paths + ELSEWHERE
        for end in ("", "/")
    ]

    assert 405 in answers
    assert [line for line in logs.everything(len(answers)) if "grace" in line] == []


def test_no_query_is_logged_while_airflows_database_is_away(
    served: DeskClient, logs: AccessLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_away(*_: Any) -> bool:
        raise OperationalError("SELECT 1", {}, OSError("no database"))

    manager = served.as_user("manager")
    monkeypatch.setattr(RevokedToken, "is_revoked", is_away)

    status = ask(manager, "GET", f"{DESK}/{STORE}/customers")

    assert status == 500, "Airflow answers before we are asked"
    assert [line for line in logs.everything(requests=1) if "grace" in line] == []


def test_no_id_that_is_an_address_is_logged_with_its_path(
    served: DeskClient, logs: AccessLogs
) -> None:
    mismatch = {"store": STORE, "side": "member", "subject_id": MEMBER, "outcome": "ambiguous"}
    with staging_engine().begin() as connection:
        opened = {"opened_at_utc": utc_text(utc_now()), "returned": 0}
        connection.execute(mismatches.insert(), {**mismatch, **opened})
    manager, late = served.as_user("manager"), served.as_user("manager", lives_s=-60)
    desk, written = f"{DESK}/{STORE}", quote(MEMBER, safe="")

    found = manager.call("GET", f"{desk}/mismatches/member/{written}")
    sent_on = late.call("GET", f"{desk}/mismatches/member/{written}")
    manager.call("GET", f"{desk}/mismatched/member/{MEMBER}")

    assert found.status_code == 200
    assert f"member {MEMBER}" in found.text.lower()
    assert MEMBER not in unquote(sent_on.headers["location"])
    lines = logs.everything(requests=3)
    assert [line for line in lines if "hopper" in line] == []
    assert any("/mismatches/member/…" in unquote(line) for line in lines)


def test_no_query_is_in_the_log_of_a_server_that_is_not_airflows(
    one_desk: DeskClient, caplog: pytest.LogCaptureFixture, token: dict[str, str]
) -> None:
    caplog.set_level("INFO")
    paths = [path for path in [*ROUTES, *ELSEWHERE] if path.startswith(f"{MOUNT}/")]

    answers = [
        ask(one_desk, method, path + end, headers=token)
        for method in ("GET", "HEAD")
        for path in paths
        for end in ("", "/")
    ]

    logged = [one.getMessage() for one in caplog.records if one.name == "uvicorn.access"]
    assert {200, 307, 404, 405} <= set(answers)
    assert len(logged) == len(answers), "there is an access log"
    assert [line for line in logged if "grace" in line] == []


def test_a_query_of_airflows_own_stays(served: DeskClient, logs: AccessLogs) -> None:
    served.call("GET", "/api/v2/version", params={"limit": "20"})

    assert any("limit=20" in line for line in logs.everything(requests=1))


def test_what_is_searched_for_is_still_found(served: DeskClient) -> None:
    found = served.as_user("manager").get("/customers", q="grace@example.test")

    assert 'value="grace@example.test"' in found.text
    assert f"/customers/{GRACE}" in found.text
