"""Lookups at an even rate against a running API, each answer of which is checked."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import local
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks.asking import NotMeasuredError
from loyalty_desk.connect.urls import LOOKUP_PATH

AT_ONCE = 64
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody to look up, and what has to be answered: of a card, these keys.

    `if_late` is right too where the platform's answer may come too late.
    """

    token: str
    email: str
    customer_id: int
    answer: dict[str, Any]
    if_late: tuple[dict[str, Any], ...] = ()

    @property
    def is_fresh(self) -> bool:
        return self.answer["source"] == "fresh"


@dataclass(frozen=True, slots=True)
class Taken:
    """One lookup, and how long it took from its turn to its answer."""

    wanted: Wanted
    ms: float
    is_late: bool


class Asker:
    """Asks one API; its threads keep their connections. No ticket is asked about twice."""

    def __init__(self, url: str, wanted: Callable[[int], Wanted]) -> None:
        self._host, self._wanted, self._own = urlsplit(url).netloc, wanted, local()
        self.asked = 0

    def warm_up(self, turns: int) -> None:
        """Ask as often as said, for connections on every side; a fresh answer may be late yet."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._warm_up, range(turns)))

    def _warm_up(self, turn: int) -> None:
        wanted = self._wanted(turn)
        self._post(wanted.token, urlencode({"email": wanted.email}))

    def ask_at(
        self, per_s: float, is_over: Callable[[int], bool], *, may_be_late: bool = False
    ) -> list[Taken]:
        """Ask so often until it is over, which is asked with the number of each turn.

        A turn begins on time, whatever became of those before it, as long as a thread is free; and
        its time counts from when it was due. `may_be_late`: the platform's answers may be.

        Raises:
            NotMeasuredError: an answer was wrong, or there was none.
        """
        futures = []
        began, before = time.monotonic(), self.asked
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not is_over(turn := self.asked - before):
                due = began + turn / per_s
                time.sleep(max(0.0, due - time.monotonic()))
                futures.append(pool.submit(self._ask, self.asked, due, may_be_late))
                self.asked += 1
            return [future.result() for future in futures]

    def _ask(self, turn: int, due: float, may_be_late: bool) -> Taken:  # noqa: FBT001 - internal
        wanted = self._wanted(turn)
        form = {"email": wanted.email, "ticket_id": turn + 1, "customer_id": wanted.customer_id}
        told = self._post(wanted.token, urlencode(form))
        ms = (time.monotonic() - due) * 1000
        found = {key: told.get(key) for key in wanted.answer}
        if found == wanted.answer:
            return Taken(wanted, ms, is_late=False)
        if may_be_late and found in wanted.if_late:
            return Taken(wanted, ms, is_late=True)
        raise NotMeasuredError(f"a lookup answered {found} in the place of {wanted.answer}")

    def _post(self, token: str, form: str) -> dict[str, Any]:
        connection: HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = HTTPConnection(self._host, timeout=TIMEOUT_S)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request("POST", LOOKUP_PATH, form, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise NotMeasuredError(f"a lookup was answered with {answer.status}")
        told: dict[str, Any] = json.loads(content)
        return told


def p99_ms(taken: Sequence[Taken]) -> float:
    ordered = sorted(one.ms for one in taken)
    return ordered[math.ceil(0.99 * len(ordered)) - 1]
