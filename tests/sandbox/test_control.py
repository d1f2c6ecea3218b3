"""The control API: ticks, changes by hand, switches, reset; and how a sandbox starts and ends."""

import os
import signal
import subprocess
import sys

import pytest

from sandbox.running import ROOT, Sandbox, SandboxError, running_sandbox
from tests.sandbox.calls import CUSTOMERS, Call, customers_of, members_of, put_data


def test_a_tick_changes_that_many_members_and_says_which(sandbox: Sandbox) -> None:
    before = {row["id"]: row for row in members_of(sandbox)}
    answer = sandbox.control("rivo", "POST", "tick", {"members": 20, "seed": 5})
    after = {row["id"]: row for row in members_of(sandbox)}

    changed = {member_id for member_id, row in after.items() if row != before[member_id]}
    assert changed == set(answer["member_ids"])
    assert len(changed) == 20
    customers = {row["id"] for row in customers_of(sandbox)}
    assert set(answer["customer_ids"]) <= customers


def test_the_same_tick_seed_picks_the_same_members(sandbox: Sandbox) -> None:
    first = sandbox.control("rivo", "POST", "tick", {"members": 5, "seed": 5})
    second = sandbox.control("gorgias", "POST", "tick", {"members": 5, "seed": 5})

    assert first == second


def test_a_member_can_be_changed_and_taken_away(rivo: Call, sandbox: Sandbox) -> None:
    member_id = members_of(sandbox, limit=1)[0]["id"]
    changes = {"points_tally": 777, "email": "changed@example.test", "status": "excluded"}
    sandbox.control("rivo", "PATCH", f"members/{member_id}", changes)
    found = rivo("GET", "/customers/changed%40example.test").json()["data"]
    assert found["id"] == member_id
    assert found["attributes"]["loyalty_status"] == "excluded"

    sandbox.control("rivo", "DELETE", f"members/{member_id}")
    assert rivo("GET", f"/customers/{member_id}").status_code == 404
    listed = rivo("GET", "/customers?pagination[since_id]=0").json()["data"]
    assert member_id not in [row["id"] for row in listed]


def test_an_unknown_attribute_is_refused(sandbox: Sandbox) -> None:
    member_id = members_of(sandbox, limit=1)[0]["id"]

    with pytest.raises(SandboxError):
        sandbox.control("rivo", "PATCH", f"members/{member_id}", {"shoe_size": 38})


def test_a_customer_can_be_changed_merged_and_deleted(gorgias: Call, sandbox: Sandbox) -> None:
    first, second, third = (row["id"] for row in customers_of(sandbox, limit=3))
    sandbox.control("gorgias", "PATCH", f"customers/{first}", {"email": "x@example.test"})
    found = gorgias("GET", "/customers?email=x@example.test").json()["data"]
    assert [row["id"] for row in found] == [first]

    sandbox.control("gorgias", "POST", f"customers/{first}/merge", {"into": second})
    sandbox.control("gorgias", "DELETE", f"customers/{third}")
    assert put_data(gorgias, first, {}) == 301
    assert put_data(gorgias, third, {}) == 404
    with pytest.raises(SandboxError, match=str(second)):
        sandbox.control("gorgias", "GET", f"customers/{first}")


def test_stored_objects_are_read_whole_and_in_pages(gorgias: Call, sandbox: Sandbox) -> None:
    page = sandbox.control("gorgias", "GET", "customers?limit=10")
    last_id = page["data"][-1]["id"]
    put_data(gorgias, last_id + 3, {"loyalty": 1})
    following = sandbox.control("gorgias", "GET", f"customers?limit=1&after_id={last_id}")

    assert page["count"] == CUSTOMERS
    assert following["data"][0]["id"] == last_id + 3
    assert following["data"][0]["data"] == {"loyalty": 1}


def test_the_ledger_shows_what_was_booked(rivo: Call, sandbox: Sandbox) -> None:
    member_id = members_of(sandbox, limit=1)[0]["id"]
    form = {"customer_identifier": member_id, "source": "manual", "points_amount": -3}
    rivo("POST", "/points_events", data=form)

    ledger = sandbox.control("rivo", "GET", "ledger")
    assert [(row["member_id"], row["points"]) for row in ledger["data"]] == [(member_id, -3)]
    assert sandbox.control("rivo", "GET", f"ledger?member_id={member_id}")["count"] == 4


def test_a_booking_can_be_taken_back_once(rivo: Call, sandbox: Sandbox) -> None:
    member = members_of(sandbox, limit=1)[0]
    form = {"customer_identifier": member["id"], "source": "manual", "points_amount": 7}
    rivo("POST", "/points_events", data=form)
    [entry] = sandbox.control("rivo", "GET", "ledger")["data"]

    for _ in range(2):
        revoked = sandbox.control("rivo", "POST", f"ledger/{entry['id']}/revoke")

    assert revoked == entry | {"revoked": True}
    assert sandbox.control("rivo", "GET", "ledger")["data"] == [revoked]
    held = sandbox.control("rivo", "GET", f"members/{member['id']}")
    assert held["points_tally"] == member["points_tally"]
    with pytest.raises(SandboxError, match="no such booking"):
        sandbox.control("rivo", "POST", "ledger/1/revoke")


def test_requests_are_counted_by_route(gorgias: Call, sandbox: Sandbox) -> None:
    for row in customers_of(sandbox, limit=3):
        put_data(gorgias, row["id"], {})

    report = sandbox.control("gorgias", "GET", "counters")
    assert report["requests"] == [
        {"method": "PUT", "route": "/api/customers/{customer_id}/data", "status": 202, "count": 3}
    ]
    assert len(sandbox.control("gorgias", "GET", "requests")["data"]) == 3


def test_a_reset_of_data_undoes_every_change(gorgias: Call, sandbox: Sandbox) -> None:
    before = customers_of(sandbox)
    put_data(gorgias, before[0]["id"], {"loyalty": 1})
    gorgias("DELETE", f"/customers/{before[1]['id']}")

    sandbox.control("gorgias", "POST", "reset", {"data": True})

    assert customers_of(sandbox) == before


@pytest.mark.parametrize("changes", [{"no_such": 1}, {"cursor_life_s": "long"}])
def test_a_wrong_switch_is_refused(sandbox: Sandbox, changes: dict[str, object]) -> None:
    with pytest.raises(SandboxError):
        sandbox.control("gorgias", "POST", "switches", changes)


def test_switches_can_be_set_at_the_start() -> None:
    with running_sandbox(members=5, customers=5, switches={"cursor_life_s": 12}) as running:
        assert running.control("rivo", "GET", "switches")["cursor_life_s"] == 12


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_ends_cleanly_when_told_to(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox", "--members=5", "--customers=5", "--seed=1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        os.kill(process.pid, number)
        assert process.wait(5) == 0
        assert process.stdout.read() == b""


def test_a_wrong_option_is_explained() -> None:
    with pytest.raises(SandboxError, match="no such switch"), running_sandbox(switches={"x": 1}):
        pass
