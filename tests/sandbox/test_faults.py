"""Trouble on demand, on both servers."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.running import Sandbox, SandboxError
from tests.sandbox.calls import Call, iter_pages, members_of
from tests.waiting import wait_until_served

HEADER = "X-Gorgias-Account-Api-Call-Limit"


def add_fault(sandbox: Sandbox, server: str = "gorgias", **rule: Any) -> None:
    sandbox.control(server, "POST", "faults", rule)


def statuses(call: Call, count: int, path: str = "/account") -> list[int]:
    return [call("GET", path).status_code for _ in range(count)]


def test_a_rule_skips_then_strikes_then_ends(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="status", status=502, skip=1, count=2)

    assert statuses(gorgias, 4) == [200, 502, 502, 200]


def test_a_rule_is_for_its_method_and_route(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="status", method="GET", route="/api/customers/*/custom-fields")
    customer_id = gorgias("GET", "/customers?limit=1").json()["data"][0]["id"]
    path = f"/customers/{customer_id}/custom-fields"

    assert gorgias("GET", f"/customers/{customer_id}").status_code == 200
    assert gorgias("PUT", path, json=[]).status_code == 200
    assert gorgias("GET", path).status_code == 503


def test_a_rule_may_name_one_object(gorgias: Call, sandbox: Sandbox) -> None:
    first, second = (row["id"] for row in gorgias("GET", "/customers?limit=2").json()["data"])
    add_fault(sandbox, effect="status", route=f"/api/customers/{first}")

    assert gorgias("GET", f"/customers/{first}").status_code == 503
    assert gorgias("GET", f"/customers/{second}").status_code == 200


def test_probability_is_a_share_of_the_requests(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="status", probability=0.5)

    assert 20 < statuses(gorgias, 80).count(503) < 60


@pytest.mark.parametrize("retry_after", ["0", "3", None])
def test_a_faked_429_may_carry_retry_after(
    gorgias: Call, sandbox: Sandbox, retry_after: str | None
) -> None:
    add_fault(sandbox, effect="status", status=429, retry_after=retry_after)

    assert gorgias("GET", "/account").headers.get("Retry-After") == retry_after


@pytest.mark.parametrize("retry_after", ["0", None])
def test_retry_after_of_a_real_429_can_be_zero_or_absent(
    slow: Sandbox, retry_after: str | None
) -> None:
    add_fault(slow, effect="retry_after", retry_after=retry_after)
    slow.control("gorgias", "POST", "load", {"fill": 40})
    auth = (slow.gorgias["email"], slow.gorgias["api_key"])

    answer = requests.get(f"{slow.gorgias_url}/api/account", auth=auth, timeout=10)

    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == retry_after


@pytest.mark.parametrize(("after", "moved"), [(False, 0), (True, 5)])
def test_a_connection_is_dropped_before_or_after_the_effect(
    rivo: Call, sandbox: Sandbox, *, after: bool, moved: int
) -> None:
    member = members_of(sandbox, limit=1)[0]
    form = {"customer_identifier": member["id"], "source": "manual", "points_amount": 5}
    add_fault(sandbox, "rivo", effect="drop", method="POST", after=after)

    with pytest.raises(requests.ConnectionError):
        rivo("POST", "/points_events", data=form)

    held = sandbox.control("rivo", "GET", f"members/{member['id']}")
    assert held["points_tally"] == member["points_tally"] + moved
    requests_made = sandbox.control("rivo", "GET", "counters")["requests"]
    assert [(one["method"], one["status"]) for one in requests_made] == [("POST", 0)]


def test_an_answer_may_be_an_error_although_the_effect_took_place(
    rivo: Call, sandbox: Sandbox
) -> None:
    member = members_of(sandbox, limit=1)[0]
    form = {"customer_identifier": member["id"], "source": "manual", "points_amount": 5}
    add_fault(sandbox, "rivo", effect="status", status=500, after=True)

    assert rivo("POST", "/points_events", data=form).status_code == 500

    held = sandbox.control("rivo", "GET", f"members/{member['id']}")
    assert held["points_tally"] == member["points_tally"] + 5


def test_an_answer_may_come_late(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="delay", delay_ms=200_000)  # 0.2 s at a thousandfold speed

    assert gorgias("GET", "/account").elapsed.total_seconds() >= 0.2


def test_a_request_is_under_way_until_it_is_served_though_its_caller_has_gone(
    gorgias: Call, sandbox: Sandbox
) -> None:
    add_fault(sandbox, effect="delay", delay_ms=500_000)  # half a second at that speed

    auth = (sandbox.gorgias["email"], sandbox.gorgias["api_key"])

    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{sandbox.gorgias_url}/api/account", timeout=0.05, auth=auth)

    assert sandbox.control("gorgias", "GET", "counters")["under_way"] == 1
    wait_until_served(sandbox, "gorgias")
    assert sandbox.control("gorgias", "GET", "counters")["total"] == 1


def test_a_body_may_be_html(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="html", status=200)
    answer = gorgias("GET", "/account")

    assert answer.headers["content-type"] == "text/html"
    assert answer.text.startswith("<html>")


def test_a_body_may_be_cut_off(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="truncate")

    with pytest.raises(requests.exceptions.JSONDecodeError):
        gorgias("GET", "/account").json()


def test_an_answer_may_be_about_somebody_else(rivo: Call, sandbox: Sandbox) -> None:
    first, second = (member["id"] for member in members_of(sandbox, limit=2))
    add_fault(sandbox, "rivo", effect="mix_up", route="*/customers/*", count=2)

    told = [rivo("GET", f"/customers/{one}").json() for one in (first, second, second)]

    assert [str(one["data"]["id"]) for one in told] == [str(first), str(first), str(second)]


def test_the_limit_header_may_be_missing(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="no_limit_header", count=1)

    assert HEADER not in gorgias("GET", "/account").headers
    assert HEADER in gorgias("GET", "/account").headers


def test_a_cursor_may_be_missing_or_repeated_on_gorgias(gorgias: Call, sandbox: Sandbox) -> None:
    add_fault(sandbox, effect="repeat_cursor", skip=1, count=1)
    add_fault(sandbox, effect="no_cursor", skip=2, count=1)
    pages = iter_pages(gorgias, "/customers", limit=10)
    first, second, again = (next(pages), next(pages), next(pages))

    assert first != second == again
    with pytest.raises(KeyError):
        next(pages)


def test_a_cursor_may_be_missing_or_repeated_on_rivo(rivo: Call, sandbox: Sandbox) -> None:
    path = "/customers?pagination[since_id]=0"
    add_fault(sandbox, "rivo", effect="repeat_cursor", count=1)
    add_fault(sandbox, "rivo", effect="no_cursor", skip=1)

    assert rivo("GET", path).json()["links"]["next_since_id"] == 0
    assert "next_since_id" not in rivo("GET", path).json()["links"]


def test_rules_are_listed_with_how_often_they_fired_and_cleared(
    gorgias: Call, sandbox: Sandbox
) -> None:
    add_fault(sandbox, effect="status", count=1)
    statuses(gorgias, 3)

    (rule,) = sandbox.control("gorgias", "GET", "faults")["data"]
    assert (rule["effect"], rule["fired"]) == ("status", 1)
    sandbox.control("gorgias", "DELETE", "faults")
    assert sandbox.control("gorgias", "GET", "faults")["data"] == []


@pytest.mark.parametrize("rule", [{"effect": "flood"}, {}, {"effect": "drop", "often": 2}])
def test_a_rule_that_makes_no_sense_is_refused(sandbox: Sandbox, rule: dict[str, Any]) -> None:
    with pytest.raises(SandboxError):
        sandbox.control("gorgias", "POST", "faults", rule)


def test_an_answer_that_comes_twice_may_answer_the_next_request(
    gorgias: Call, sandbox: Sandbox
) -> None:
    add_fault(sandbox, effect="duplicate", count=1)
    address = urlsplit(sandbox.gorgias_url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(b"GET /api/account HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        received = b""
        while received.count(b"HTTP/1.1 401") < 2:
            received += connection.recv(65536)

    assert b"401 Again" in received
