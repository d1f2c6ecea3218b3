"""Where redirects lead, and until when a service asks to wait; waits are recorded, not slept."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiError, ApiUnavailableError, MovedError
from loyalty_desk.http.transport import Transport
from tests.scripted import Reply, ScriptedServer
from tests.unit.http.recording import EMAIL, SECRET, RecordingGate, make

NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("until", "wait_s"),
    [
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wednesday, 21-Oct-26 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 09:28:30 +0200", 30.0),
    ],
)
def test_a_date_to_come_back_at_counts_from_the_services_own_clock(
    server: ScriptedServer, gate: RecordingGate, waits: list[float], until: str, wait_s: float
) -> None:
    server.will(Reply(429, headers={"Retry-After": until, "Date": NOW}), Reply())

    make(server.url, gate, waits).get_json("/a")

    assert waits == gate.refusals == [wait_s]


def test_without_the_services_clock_ours_counts(
    server: ScriptedServer, gate: RecordingGate, waits: list[float]
) -> None:
    until = format_datetime(utc_now() + timedelta(seconds=90), usegmt=True)
    server.will(Reply(503, headers={"Retry-After": until, "Date": "soon"}), Reply())

    make(server.url, gate, waits).get_json("/a")

    assert 60 < waits[0] <= 90


@pytest.mark.parametrize("until", ["Wed, 21 Oct 2026 07:27:00 GMT", NOW])
def test_a_date_that_is_over_is_none(
    server: ScriptedServer, gate: RecordingGate, waits: list[float], until: str
) -> None:
    server.will(Reply(429, headers={"Retry-After": until, "Date": NOW}), Reply())

    make(server.url, gate, waits).get_json("/a")

    assert 0.5 <= waits[0] <= 1


@pytest.mark.parametrize("until", ["Fri, 21 Oct 2050 07:28:00 GMT", "999999"])
def test_who_asks_for_years_is_believed_an_hour(
    transport: Transport,
    server: ScriptedServer,
    gate: RecordingGate,
    waits: list[float],
    until: str,
) -> None:
    server.will(Reply(429, headers={"Retry-After": until, "Date": NOW}))

    with pytest.raises(ApiUnavailableError, match="429"):
        transport.get_json("/a")
    assert waits == []
    assert gate.refusals == [3600.0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_names_the_host_alone(
    transport: Transport, server: ScriptedServer, status: int
) -> None:
    there = f"https://agent:pass@Login.shop.example:8443/sso/{EMAIL}?token=t#{SECRET}"
    server.will(Reply(status, headers={"Location": there}))

    with pytest.raises(ApiError, match=r"leads to login\.shop\.example:8443: correct") as caught:
        transport.get_json("/a")
    assert not isinstance(caught.value, MovedError), "nobody was merged"
    for secret in ("sso", EMAIL, "token", SECRET, "pass"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "there",
    ["/login", "//", "https://", "http://[::1", "https://x.example\x80/", "https://a b/", ""],
)
def test_a_redirect_that_leads_nowhere_else_names_none(
    transport: Transport, server: ScriptedServer, there: str
) -> None:
    server.will(Reply(302, headers={"Location": there}))

    with pytest.raises(ApiError, match=r"redirects are not followed$"):
        transport.get_json("/a")
