"""Fresh lookups go on for good: what one of them takes is given back, however it ends."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import ApiUnavailableError, BadConnectionError, NotFoundError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.lookup.fresh import MOST_AT_ONCE, Lookup
from loyalty_desk.platforms.base import Capabilities
from loyalty_desk.records import Member
from loyalty_desk.staging.intake import stage_members
from tests.factories import NOW, STORE, member, store_settings

EMAIL = "ada@shop.example"
ADA = member("m1", email=EMAIL)


class Programme:
    """Answers about Ada as `answer` does."""

    capabilities = Capabilities(card_keys=frozenset())

    def __init__(self) -> None:
        self.answer: Callable[[], Member | None] = lambda: ADA

    def find_member(self, _identifier: str) -> Member | None:
        return self.answer()


@pytest.fixture
def programme(staging: Engine) -> Programme:
    with staging.begin() as connection:
        stage_members(connection, STORE, [ADA], NOW, first_load=False)
    return Programme()


def a_lookup(staging: Engine, programme: Any, deadline_s: float = 4) -> Lookup:
    store = store_settings(lookup={"deadline_s": deadline_s})
    return Lookup(store, staging, lambda: programme)


def fails_with(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


ENDS: dict[str, Callable[[], Member | None]] = {
    "answered": lambda: ADA,
    "nobody": lambda: None,
    "somebody else": lambda: member("m2"),
    "down": fails_with(ApiUnavailableError("the platform does not answer")),
    "refused": fails_with(NotFoundError("Rivo", "GET", "/customers/?", 404)),
    "wrong key": fails_with(BadConnectionError("the key is refused")),
    "odd row": fails_with(BadFieldError("points_tally", "is no number")),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_fresh_read_gives_its_room_back_however_it_ends(
    staging: Engine, programme: Programme, how: str
) -> None:
    lookup = a_lookup(staging, programme)
    programme.answer = ENDS[how]
    for _ in range(2 * MOST_AT_ONCE):
        lookup.find(EMAIL)

    programme.answer = lambda: ADA

    assert [lookup.find(EMAIL).source for _ in range(MOST_AT_ONCE)] == ["fresh"] * MOST_AT_ONCE
    lookup.close()


def once(told: Event, most_s: float) -> Callable[[], Member]:
    """The platform's answer about Ada, when it is told to, or after so many seconds."""

    def answer() -> Member:
        told.wait(most_s)
        return ADA

    return answer


def test_the_platform_is_waited_for_as_long_as_the_store_says_and_no_longer(
    staging: Engine, programme: Programme
) -> None:
    lookup = a_lookup(staging, programme, deadline_s=0.2)
    go_on = Event()
    programme.answer = once(go_on, 3)  # with a deadline that is twenty times longer this is in time

    assert lookup.find(EMAIL).source == "staged"
    go_on.set()
    lookup.close()


def test_reads_that_came_too_late_give_theirs_back_when_they_end(
    staging: Engine, programme: Programme
) -> None:
    lookup = a_lookup(staging, programme, deadline_s=0.05)
    go_on = Event()
    programme.answer = once(go_on, 30)
    told = [lookup.find(EMAIL).source for _ in range(MOST_AT_ONCE + 1)]
    assert told == ["staged"] * (MOST_AT_ONCE + 1)

    go_on.set()
    lookup._pool.shutdown(wait=True)
    assert all(lookup._free.acquire(blocking=False) for _ in range(MOST_AT_ONCE))


def test_a_lookup_that_is_closed_meanwhile_answers_as_staged(
    staging: Engine, programme: Programme
) -> None:
    """Another request has opened the store with other settings, and this one has the old ones."""
    lookup = a_lookup(staging, programme)

    lookup.close()

    assert [lookup.find(EMAIL).source for _ in range(2 * MOST_AT_ONCE)] == ["staged"] * 16
    assert all(lookup._free.acquire(blocking=False) for _ in range(MOST_AT_ONCE))


def test_a_read_that_closing_takes_off_the_queue_is_answered_as_staged(
    staging: Engine, programme: Programme
) -> None:
    lookup, go_on = a_lookup(staging, programme), Event()
    for _ in range(MOST_AT_ONCE):
        lookup._pool.submit(go_on.wait, 30)
    told: list[LookedUp] = []
    asking = Thread(target=lambda: told.append(lookup.find(EMAIL)))
    asking.start()
    while lookup._pool._work_queue.empty():
        asking.join(0.01)

    lookup.close()
    asking.join(10)
    go_on.set()

    assert [one.source for one in told] == ["staged"]
