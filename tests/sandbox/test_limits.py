"""Rate limits of both stand-ins, on a sandbox slow enough to meet them."""

import time

import requests

from sandbox.bucket import Bucket
from sandbox.running import Sandbox, running_sandbox
from tests.sandbox.calls import gorgias_caller, rivo_caller

HEADER = "X-Gorgias-Account-Api-Call-Limit"


def test_each_answer_says_how_full_the_bucket_is(slow: Sandbox) -> None:
    call = gorgias_caller(slow)

    assert call("GET", "/account").headers[HEADER] == "1/40"
    assert call("GET", "/customers/1").headers[HEADER] == "2/40"


def test_an_oauth_app_has_a_bucket_of_80(slow: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {slow.gorgias['oauth']['access_token']}"}
    answer = requests.get(f"{slow.gorgias_url}/api/account", headers=headers, timeout=10)

    assert answer.headers[HEADER] == "1/80"


def test_a_full_bucket_is_a_429_with_retry_after_and_then_lets_in_again(slow: Sandbox) -> None:
    call = gorgias_caller(slow)
    slow.control("gorgias", "POST", "load", {"fill": 40})

    refused = call("GET", "/account")
    assert refused.status_code == 429
    assert refused.headers[HEADER] == "40/40"
    assert refused.headers["Retry-After"] == "1"
    assert "msg" in refused.json()["error"]

    time.sleep(1 / 2)  # what Retry-After says, in sandbox seconds, is what is tested
    assert call("GET", "/account").status_code == 200


def test_a_refused_write_has_no_effect(slow: Sandbox) -> None:
    call = gorgias_caller(slow)
    row = slow.control("gorgias", "GET", "customers?limit=1")["data"][0]
    slow.control("gorgias", "POST", "load", {"fill": 40})

    answer = call("PUT", f"/customers/{row['id']}/data", json={"data": {"loyalty": 1}})

    assert answer.status_code == 429
    after = slow.control("gorgias", "GET", f"customers/{row['id']}")
    assert after["data"] == row["data"]


def test_retry_after_can_be_switched_off(slow: Sandbox) -> None:
    slow.control("gorgias", "POST", "switches", {"retry_after_on_429": False})
    slow.control("gorgias", "POST", "load", {"fill": 40})

    assert "Retry-After" not in gorgias_caller(slow)("GET", "/account").headers


def test_another_tool_can_use_up_the_leak(slow: Sandbox) -> None:
    call = gorgias_caller(slow)
    slow.control("gorgias", "POST", "load", {"share": 1.0, "seconds": 60, "fill": 20})

    assert call("GET", "/account").headers[HEADER] == "21/40"
    time.sleep(0.3)  # the leak of this time is what is tested
    assert call("GET", "/account").headers[HEADER] == "22/40"


def test_rivo_refuses_the_sixteenth_request_at_once(slow: Sandbox) -> None:
    call = rivo_caller(slow)
    slow.control("rivo", "POST", "load", {"fill": 15})
    refused = call("GET", "/vip_tiers")
    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers

    slow.control("rivo", "POST", "switches", {"rivo_retry_after_on_429": True})
    slow.control("rivo", "POST", "load", {"fill": 15})
    assert call("GET", "/vip_tiers").headers["Retry-After"] == "1"


def test_refusals_are_counted(slow: Sandbox) -> None:
    slow.control("gorgias", "POST", "load", {"fill": 40})
    gorgias_caller(slow)("GET", "/account")

    report = slow.control("gorgias", "GET", "counters")

    assert report["refused_429"] == 1
    assert max(row["max_used"] for row in report["bucket_use"]) == 40


def test_control_calls_fill_no_bucket_and_are_not_counted(slow: Sandbox) -> None:
    for _ in range(50):
        slow.control("gorgias", "GET", "buckets")

    assert slow.control("gorgias", "GET", "counters")["total"] == 0
    assert slow.control("gorgias", "GET", "buckets")["api_key"]["used"] == 0


def test_a_bucket_lets_in_its_limit_at_once_and_then_its_leak() -> None:
    bucket = Bucket(40, 20.0)
    assert all(bucket.take(0.0).retry_after_s == 0 for _ in range(40))

    assert bucket.take(0.0).retry_after_s == 1
    assert bucket.take(0.5).retry_after_s == 0
    assert bucket.take(0.5).retry_after_s == 1
    assert sum(bucket.take(20.5).retry_after_s == 0 for _ in range(50)) == 40


def test_foreign_load_ends_after_its_time() -> None:
    bucket = Bucket(40, 20.0)
    bucket.fill(0.0, 10)
    bucket.load(0.0, 0.5, 4.0)

    assert bucket.used(4.0) == 6
    assert bucket.used(6.0) == 2


def test_an_allowance_widens_gorgias_limits_and_nothing_else() -> None:
    with running_sandbox(members=20, customers=20, seed=1, allowance=20) as wide:
        call = gorgias_caller(wide)
        wide.control("gorgias", "POST", "load", {"fill": 700})

        answer = call("GET", "/account")

        assert answer.status_code == 200
        assert answer.headers[HEADER].endswith("/800")
        wide.control("rivo", "POST", "load", {"fill": 15})
        assert rivo_caller(wide)("GET", "/vip_tiers").status_code == 429
