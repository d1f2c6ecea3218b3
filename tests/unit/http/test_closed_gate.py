"""A gate that lets nothing through: what was not sent did not arrive, and what was may have."""

from __future__ import annotations

import pytest

from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.http.pacing import OpenGate
from tests.scripted import Reply, ScriptedServer
from tests.unit.http.test_transport import make


class ClosingGate(OpenGate):
    """Lets so many requests through."""

    def __init__(self, most: int) -> None:
        self._left = most

    def enter(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ApiUnavailableError("there is no room")


@pytest.mark.parametrize(
    ("most", "earlier", "arrived"),
    [(0, [], False), (1, [Reply(429)], False), (1, [Reply(500)], True)],
    ids=["nothing was sent", "429", "500"],
)
def test_a_gate_that_is_closed_tells_whether_an_earlier_attempt_may_have_arrived(
    most: int,
    earlier: list[Reply],
    arrived: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    with ScriptedServer() as server:
        server.will(*earlier)
        transport = make(server.url, ClosingGate(most), [])
        with pytest.raises(ApiUnavailableError, match="no room") as caught:
            transport.send("POST", "/search", json={}, retry=True)

    assert caught.value.may_have_arrived is arrived
