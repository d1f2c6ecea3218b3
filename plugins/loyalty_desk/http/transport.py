"""HTTP for every client: waiting, timeouts, retries, and what a status code means.

Nothing here logs or raises with a body, a header, a query or an e-mail; a path segment that holds
an e-mail is shown as `{customer_identifier}`. Errors of `requests` name the whole address with its
query, so none of them is ever chained to ours.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn, Protocol

import requests
from requests.adapters import BaseAdapter

from loyalty_desk.errors import (
    ApiError,
    ApiUnavailableError,
    BadConnectionError,
    MovedError,
    NotFoundError,
)
from loyalty_desk.http.deadline import Deadline, Wire
from loyalty_desk.http.exchange import Answer, Call, Lost, exchange
from loyalty_desk.http.headers import retry_after_s
from loyalty_desk.http.pacing import Gate, backoff_s

log = logging.getLogger(__name__)

# urllib3 writes every path with its query, e-mails included, to its debug log.
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)

REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
MOST_ATTEMPTS = 7
"""Of a call that fails; a 429 does not count, it is bounded by `max_wait_s` alone."""
MOST_RENEWALS = 2
MOST_WAIT_S = 300.0
TIMEOUT_S = (5.0, 30.0)
"""To connect, and until the next bytes of an answer."""


class Renewer(Protocol):
    """Gets other credentials when the service refused the present ones."""

    def renew(self, refused: str) -> bool:
        """Whether there are others than `refused`, the header's value; asked by its sender."""


@dataclass(slots=True)
class Counts:
    """What a transport has done so far. One per transport; all its threads add to it."""

    requests: int = 0
    rate_limited: int = 0
    by_method: Counter[str] = field(default_factory=Counter)


class Transport:
    """Sends requests to one service with the credentials of `session`. Thread-safe.

    `base_url` has no slash at its end. Every wait is divided by `speed`. `conn_id` is the Airflow
    connection, for messages. One call waits at most `max_wait_s` between its attempts; `penalty_s`
    is how long the service refuses after a 429 that does not say so itself.
    """

    def __init__(  # noqa: PLR0913 - what a connection tells, and what a test replaces
        self,
        session: requests.Session,
        base_url: str,
        service: str,
        *,
        gate: Gate,
        conn_id: str,
        speed: float = 1.0,
        timeout: tuple[float, float] = TIMEOUT_S,
        max_wait_s: float = MOST_WAIT_S,
        penalty_s: float | None = None,
        renewer: Renewer | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service, self.conn_id = service, conn_id
        self.counts = Counts()
        self._base_url, self._gate, self._speed = base_url.rstrip("/"), gate, speed
        self._timeout, self._max_wait_s, self._penalty_s = timeout, max_wait_s, penalty_s
        self._renewer, self._sleep = renewer, sleep
        self._session, self._lock, self._local = session, threading.Lock(), threading.local()

    def get_json(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON body of a GET; raises as `send` does."""
        return self.send("GET", path, query=query).body

    @contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """What this thread calls in here is sent before the deadline, or not at all.

        The answer to what was sent then has the time of any answer, but in all, not for each byte.
        """
        self._local.deadline = deadline
        try:
            yield
        finally:
            self._local.deadline = None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        retry: bool | None = None,
    ) -> Answer:
        """Send one request and return the answer, which is a 2xx.

        `retry` says whether a failure that may have had its effect is tried again; by default
        GET, PUT and DELETE are and POST is not. A 429, or a connection refused before anything was
        sent, is always tried again.

        Raises:
            ApiUnavailableError: no usable answer, or the time of `until` is over;
                `may_have_arrived` is False when every attempt surely had no effect: a 429, or a
                connection refused before anything was sent.
            BadConnectionError: 401 or 403, or an address that cannot be used.
            MovedError: 301, but for one to another host. NotFoundError: 404. ApiError: any other
                3xx or 4xx.
        """
        call = Call(method, self._base_url, path, query, json, form)
        may_repeat = method in REPEATABLE if retry is None else retry
        patience = _Patience(
            self._max_wait_s, self._speed, may_repeat=may_repeat, penalty_s=self._penalty_s
        )
        refused: set[str] = set()
        while True:
            self._left_s(call, patience)
            self._enter_gate(patience)
            got = self._attempt(call, patience)
            self._count(method, limited=isinstance(got, Answer) and got.status == 429)
            if isinstance(got, Lost):
                self._after_loss(call, got, patience)
                continue
            self._gate.learn(got.headers)
            if got.status == 401 and self._renews(got.sent_authorization, refused):
                refused.add(got.sent_authorization)
            elif got.status == 429:
                wait_s = patience.after_429(got.headers)
                self._gate.refused(patience.asked_s)
                self._wait(call, patience, wait_s, "429, the rate limit")
            elif got.status >= 500 or got.broken:
                wait_s = patience.after_failure(got.headers, sent=True)
                reason = f"{got.status}{got.broken and ', ' + got.broken}"
                self._wait(call, patience, wait_s, reason)
            elif 200 <= got.status < 300:
                return got
            else:
                self._raise_refusal(call, got.status, got.elsewhere)

    def _renews(self, sent: str, refused: Collection[str]) -> bool:
        """Whether there are other credentials than those `sent`, which were not `refused` before.

        What another process renewed may be over too, so there is a second time and no third.
        """
        if self._renewer is None or sent in refused or len(refused) >= MOST_RENEWALS:
            return False
        return self._renewer.renew(sent)

    @property
    def _deadline(self) -> Deadline | None:
        return getattr(self._local, "deadline", None)

    def _left_s(self, call: Call, patience: _Patience) -> float:
        """How long this thread may still send; gives up when that is over."""
        left_s = math.inf if self._deadline is None else self._deadline.left_s()
        if left_s <= 0:
            self._give_up(call, patience, "its time is over")
        return left_s

    def _enter_gate(self, patience: _Patience) -> None:
        """Only the attempts before can have arrived when the gate lets none through."""
        try:
            self._gate.enter()
        except ApiUnavailableError as error:
            arrived = patience.may_have_arrived
            raise ApiUnavailableError(str(error), may_have_arrived=arrived) from None

    def _attempt(self, call: Call, patience: _Patience) -> Answer | Lost:
        left_s, deadline = self._left_s(call, patience), self._deadline
        if deadline is None:
            return exchange(self._thread_session(), call, self._timeout)
        connect_s, answer_s = self._timeout
        wire = Wire(deadline, answer_s)
        session = self._new_session({"https://": wire, "http://": wire})
        with session:
            return exchange(session, call, (min(connect_s, left_s), answer_s), wire)

    def _after_loss(self, call: Call, lost: Lost, patience: _Patience) -> None:
        if lost.unusable:
            raise BadConnectionError(
                f"Airflow connection {self.conn_id!r} has an address or credentials that cannot be"
                f" sent to {self.service} ({lost.reason}): correct its host, port, login, password"
            )
        self._wait(call, patience, patience.after_failure({}, sent=lost.sent), lost.reason)

    def _wait(self, call: Call, patience: _Patience, wait_s: float | None, reason: str) -> None:
        """Wait before the next attempt; without one, or the time for it, give up."""
        if wait_s is None or wait_s >= self._left_s(call, patience):
            self._give_up(call, patience, reason)
        log.info(
            "%s %s %s: %s; next attempt in %.1f s",
            *(self.service, call.method, call.shown_path, reason, wait_s),
        )
        self._sleep(wait_s)

    def _give_up(self, call: Call, patience: _Patience, reason: str) -> NoReturn:
        raise ApiUnavailableError(
            f"{self.service} gave no usable answer to {call.method} {call.shown_path}"
            f" ({reason}; Airflow connection {self.conn_id!r})",
            may_have_arrived=patience.may_have_arrived,
        )

    def _raise_refusal(self, call: Call, status: int, elsewhere: str) -> NoReturn:
        what = (self.service, call.method, call.shown_path, status)
        if status in {401, 403}:
            remedy = "its credentials" if status == 401 else "the role or scopes of its user"
            raise BadConnectionError(
                f"{self.service} answered {status} to {call.method} {call.shown_path}:"
                f" correct {remedy} in Airflow connection {self.conn_id!r}"
            )
        if status == 404:
            raise NotFoundError(*what)
        if status == 301 and not elsewhere:  # what moved is still with the same service
            raise MovedError(*what)
        hint = "redirects are not followed" if 300 <= status < 400 else ""
        if elsewhere:
            hint += (
                f", and this one leads to {elsewhere}: correct the address in Airflow connection"
                f" {self.conn_id!r}, or what stands before the service"
            )
        raise ApiError(*what, hint)

    def _count(self, method: str, *, limited: bool) -> None:
        with self._lock:
            self.counts.requests += 1
            self.counts.rate_limited += limited
            self.counts.by_method[method] += 1

    def _thread_session(self) -> requests.Session:
        """This thread's own session (a session is not thread-safe) on the shared adapters."""
        mine = getattr(self._local, "session", None)
        if isinstance(mine, requests.Session):
            return mine
        mine = self._local.session = self._new_session(self._session.adapters)
        return mine

    def _new_session(self, adapters: Mapping[str, BaseAdapter]) -> requests.Session:
        new = requests.Session()
        for name in ("headers", "auth", "proxies", "verify", "cert", "trust_env"):
            setattr(new, name, getattr(self._session, name))
        new.adapters = OrderedDict(adapters)
        new.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return new


class _Patience:
    """How long the attempts of one call go on. Waits come back divided by the speed.

    `may_have_arrived` is True as soon as any one attempt may have had its effect.
    """

    def __init__(
        self, max_wait_s: float, speed: float, *, may_repeat: bool, penalty_s: float | None
    ) -> None:
        self._left_s, self._speed, self._may_repeat = max_wait_s, speed, may_repeat
        self._penalty_s = penalty_s
        self._failures = self._limited = 0
        self.asked_s = 0.0
        self.may_have_arrived = False

    def after_failure(self, headers: Mapping[str, str], *, sent: bool) -> float | None:
        """The wait before the next attempt; None when there must not be one.

        What was `sent` may have had its effect, so only a call that may be repeated is.
        """
        self._failures += 1
        self.may_have_arrived |= sent
        if (sent and not self._may_repeat) or self._failures >= MOST_ATTEMPTS:
            return None
        asked_s = retry_after_s(headers) or 0.0
        return self._spend(max(asked_s, backoff_s(self._failures, first_s=0.5, most_s=30)))

    def after_429(self, headers: Mapping[str, str]) -> float | None:
        """The wait that the service asks for; zero, none or nonsense means its known penalty, or
        our own backoff.
        """
        self._limited += 1
        own_s = self._penalty_s or backoff_s(self._limited, first_s=1, most_s=30)
        wait_s = retry_after_s(headers) or own_s
        self.asked_s = wait_s / self._speed
        return self._spend(wait_s)

    def _spend(self, wait_s: float) -> float | None:
        self._left_s -= wait_s
        return wait_s / self._speed if self._left_s >= 0 else None
