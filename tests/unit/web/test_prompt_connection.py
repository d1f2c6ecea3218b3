"""How long a connection of `loyalty-desk serve` is kept, by a clock that a test moves on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from loyalty_desk.web.queries import Asgi, Receive, Scope, Send
from loyalty_desk.web.server import MOST_IDLE_S, MOST_REQUEST_S, PromptConnection, Room

EARLY = b"POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
BODY = b"body"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SHORTLY = 1.0


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time goes on when it is told to, and never else."""

    now_s = 0.0

    def time(self) -> float:
        return self.now_s

    async def skip(self, seconds: float) -> None:
        self.now_s += seconds
        await settle()


class Wire(asyncio.Transport):
    """The server's side of a connection to nobody."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.written, self.is_closed, self._protocol = b"", False, protocol
        protocol.connection_made(self)

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    async def receive(self, data: bytes) -> None:
        self._protocol.data_received(data)
        await settle()

    @property
    def answers(self) -> int:
        return self.written.count(b"HTTP/1.1 401")


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def say_no(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer without a look at the body, as who wants a token first."""
    await send(
        {"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]}
    )
    await send({"type": "http.response.body"})


async def say_nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


@dataclass(frozen=True)
class Served:
    """A server's part in its connections: as many as there is room for."""

    room: Room = field(default_factory=Room)
    app: Asgi = say_no
    state: ServerState = field(default_factory=ServerState)

    def connect(self) -> Wire:
        config = uvicorn.Config(self.app, log_config=None, timeout_keep_alive=MOST_IDLE_S)
        return Wire(PromptConnection(config, self.state, {}, room=self.room))


def connect() -> Wire:
    return Served().connect()


def by_the_clock(test: Callable[[Clock], Coroutine[Any, Any, None]]) -> None:
    clock = Clock()
    with asyncio.Runner(loop_factory=lambda: clock) as runner:
        runner.run(test(clock))


def test_a_connection_is_kept_after_an_early_answer_once_the_body_is_in() -> None:
    async def test(clock: Clock) -> None:
        wire = connect()
        await wire.receive(EARLY)
        assert wire.answers == 1
        await clock.skip(MOST_REQUEST_S - SHORTLY)
        await wire.receive(BODY)

        await clock.skip(MOST_IDLE_S - SHORTLY)
        assert not wire.is_closed
        await clock.skip(2 * SHORTLY)
        assert wire.is_closed

    by_the_clock(test)


def test_the_request_after_an_early_answer_has_the_whole_time() -> None:
    async def test(clock: Clock) -> None:
        wire = connect()
        await wire.receive(EARLY)
        await clock.skip(MOST_REQUEST_S - SHORTLY)
        await wire.receive(BODY + GET[:5])

        await clock.skip(MOST_REQUEST_S - SHORTLY)
        assert not wire.is_closed
        await wire.receive(GET[5:])
        assert wire.answers == 2

        await wire.receive(GET[:5])
        await clock.skip(MOST_REQUEST_S + SHORTLY)
        assert wire.is_closed, "and no more than that"

    by_the_clock(test)


def test_a_body_after_its_answer_is_not_waited_for_longer() -> None:
    async def test(clock: Clock) -> None:
        wire = connect()
        await wire.receive(EARLY)
        await clock.skip(MOST_REQUEST_S - SHORTLY)
        await wire.receive(BODY[:1])
        assert not wire.is_closed
        await clock.skip(2 * SHORTLY)
        assert wire.is_closed

    by_the_clock(test)


def test_a_request_that_began_before_its_turn_is_not_waited_for_longer() -> None:
    async def test(clock: Clock) -> None:
        wire = connect()
        await wire.receive(GET + GET[:5])
        assert wire.answers == 1
        await clock.skip(MOST_REQUEST_S + SHORTLY)
        assert wire.is_closed

    by_the_clock(test)


def test_nobody_who_says_nothing_is_waited_for() -> None:
    async def test(clock: Clock) -> None:
        wire = connect()
        await clock.skip(MOST_REQUEST_S - SHORTLY)
        assert not wire.is_closed
        await clock.skip(2 * SHORTLY)
        assert wire.is_closed

    by_the_clock(test)


def test_a_further_connection_takes_the_place_of_the_one_that_asked_longest_ago() -> None:
    async def test(_clock: Clock) -> None:
        served = Served(Room(3))
        first, half, last = (served.connect() for _ in range(3))
        await half.receive(GET[:5])  # it waits no less for that
        await first.receive(GET)
        further = [served.connect() for _ in range(2)]  # in one moment

        assert [one.is_closed for one in (first, half, last, *further)] == [
            *(False, True, True, False, False),
        ]
        await further[0].receive(GET)
        assert further[0].answers == 1
        assert len(served.state.connections) == len(served.room.idle) == 3

    by_the_clock(test)


def test_no_request_under_way_is_given_up_for_a_further_connection() -> None:
    async def test(_clock: Clock) -> None:
        served = Served(Room(2), say_nothing)
        for _ in range(2):
            await served.connect().receive(GET)
        assert [one.transport.is_closing() for one in served.state.connections] == [False, False]

        further = served.connect()
        assert further.is_closed
        first = next(iter(served.state.connections))
        first.transport.close()
        await settle()

        assert not served.connect().is_closed, "there is room again"
        for task in served.state.tasks:
            task.cancel()

    by_the_clock(test)
