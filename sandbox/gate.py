"""What happens to a request before and after its handler, on both servers alike.

In turn: count it, who calls, is there room in the bucket, does a fault strike, the handler, does a
fault spoil the answer. The control API under `/_sandbox/` passes by all of it, and so do a server's
own pages.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import FastAPI

from sandbox.bucket import Bucket, Taken
from sandbox.clock import Clock
from sandbox.counters import Counters
from sandbox.faults import Faults, Rule

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONTROL_PATH = "/_sandbox"
HTML_BODY = (
    b"<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
)


@dataclass(slots=True)
class Answer:
    """An HTTP answer on its way out."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: an `api_key` or an `oauth` app (then with its `app_id`)."""

    kind: str
    user_id: int = 0
    app_id: str | None = None


@dataclass(slots=True)
class Exchange:
    """One request as the gate sees it; handlers find it in `request.scope["sandbox"]`."""

    method: str
    template: str
    path: str
    faults: Faults
    caller: Caller | None = None
    taken: Taken | None = None

    @property
    def call(self) -> tuple[str, str, str]:
        """What fault rules match on."""
        return self.method, self.template, self.path

    def pick_cursor_fault(self) -> str | None:
        """Return `no_cursor` or `repeat_cursor` when a rule wants this page's cursor spoilt."""
        rules = self.faults.pick(("no_cursor", "repeat_cursor"), self.call, None)
        return rules[0].effect if rules else None


class Access(Protocol):
    """What one server decides about callers and answers."""

    limit_header: str | None
    open_paths: tuple[str, ...]
    """Paths that pass by the gate as the control API does: no login, no bucket, not counted."""

    def admit(self, method: str, path: str, headers: dict[str, str]) -> Caller | Answer:
        """Return who calls, or the answer that refuses them."""

    def bucket(self, caller: Caller) -> Bucket | None:
        """Return the bucket that the caller's requests fill, None for none."""

    def took(self, caller: Caller, now_s: float) -> None:
        """Note that a request of this caller was let in."""

    def sends_retry_after(self, status: int) -> bool:
        """Tell whether answers with this status carry `Retry-After`."""

    def error(self, status: int, text: str) -> Answer:
        """Return an error answer as this server words it."""


class Gate:
    """The outermost ASGI application of a server."""

    def __init__(
        self, app: FastAPI, access: Access, clock: Clock, server: "Server", latency_s: float
    ) -> None:
        self._app, self._access, self._clock = app, access, clock
        self._server, self._latency_s = server, latency_s
        self._routes: list[tuple[str, Any, set[str]]] = [
            (route.path, route.path_regex, route.methods)  # type: ignore[attr-defined]
            for route in app.routes
            if hasattr(route, "path_regex")
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._passes_by(scope["path"]):
            await self._app(scope, receive, send)
            return
        counters = self._server.counters
        counters.under_way += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            counters.under_way -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/") or "/"
        scope["path"] = path
        exchange = Exchange(
            scope["method"], self._template(scope["method"], path), path, self._server.faults
        )
        scope["sandbox"] = exchange
        await self._clock.sleep(self._latency_s)
        answer = await self._answer(exchange, scope, receive)
        self._record(exchange, answer.status if answer else 0)
        if answer is None:
            await _drop_connection(receive, send)
        else:
            await _send_answer(answer, send)
            for rule in exchange.faults.pick(("duplicate",), exchange.call, None):
                await self._clock.sleep(rule.delay_ms / 1000)
                _send_again(answer, send)

    def _passes_by(self, path: str) -> bool:
        roots = (CONTROL_PATH, *self._access.open_paths)
        return any(path == root or path.startswith(f"{root}/") for root in roots)

    def _template(self, method: str, path: str) -> str:
        for template, pattern, methods in self._routes:
            if method in methods and pattern.match(path):
                return template
        return "(none)"

    def _record(self, exchange: Exchange, status: int) -> None:
        used = exchange.taken.used if exchange.taken else None
        call = (exchange.method, exchange.template, exchange.path, status)
        self._server.counters.record(self._clock.run_s(), call, used)

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive) -> Answer | None:
        """Return the answer to send, None when the connection is to be dropped."""
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        admitted = self._access.admit(exchange.method, exchange.path, headers)
        if isinstance(admitted, Answer):
            return admitted
        exchange.caller = admitted
        bucket = self._access.bucket(admitted)
        if bucket is not None:
            exchange.taken = bucket.take(self._clock.run_s())
            if exchange.taken.retry_after_s:
                return self._with_headers(exchange, self._refusal(exchange))
            self._access.took(admitted, self._clock.run_s())
        struck = await self._strike(exchange, None)
        if struck == "drop" or isinstance(struck, Answer):
            return self._with_headers(exchange, struck) if isinstance(struck, Answer) else None
        answer = await _run(self._app, scope, receive)
        struck = await self._strike(exchange, answer)
        if struck == "drop":
            return None
        return self._with_headers(exchange, struck if isinstance(struck, Answer) else answer)

    def _refusal(self, exchange: Exchange) -> Answer:
        answer = self._access.error(429, "Too many requests.")
        wait_s = exchange.taken.retry_after_s if exchange.taken else 0
        if self._access.sends_retry_after(429):
            answer.headers["retry-after"] = str(wait_s)
        for rule in exchange.faults.pick(("retry_after",), exchange.call, None):
            answer.headers.pop("retry-after", None)
            if rule.retry_after is not None:
                answer.headers["retry-after"] = rule.retry_after
        return answer

    async def _strike(self, exchange: Exchange, answer: Answer | None) -> Answer | str | None:
        """Apply the faults of this moment: before the handler (no answer yet) or after it."""
        effects = ("delay", "drop", "status", "html")
        struck: Answer | str | None = None
        for rule in exchange.faults.pick(effects, exchange.call, answer is not None):
            if rule.effect == "delay":
                await self._clock.sleep(rule.delay_ms / 1000)
            elif struck is None:
                struck = self._spoilt(rule)
        if answer is not None:
            answer.body = exchange.faults.mix_up(exchange.call, answer.body)
            for _ in exchange.faults.pick(("truncate",), exchange.call, None):
                answer.body = answer.body[: len(answer.body) // 2]
        return struck

    def _spoilt(self, rule: Rule) -> Answer | str:
        if rule.effect == "drop":
            return "drop"
        if rule.effect == "html":
            return Answer(rule.status, HTML_BODY, {"content-type": "text/html"})
        answer = self._access.error(rule.status, "Something went wrong.")
        if rule.retry_after is not None:
            answer.headers["retry-after"] = rule.retry_after
        return answer

    def _with_headers(self, exchange: Exchange, answer: Answer) -> Answer:
        name = self._access.limit_header
        if name and exchange.taken:
            hidden = exchange.faults.pick(("no_limit_header",), exchange.call, None)
            if not hidden:
                answer.headers[name] = exchange.taken.header
        if answer.status != 429 and self._access.sends_retry_after(answer.status):
            answer.headers.setdefault("retry-after", "0")
        return answer


@dataclass(slots=True)
class Server:
    """The figures and the troubles of one server."""

    name: str
    faults: Faults
    counters: Counters = field(default_factory=Counters)


async def _run(app: FastAPI, scope: Scope, receive: Receive) -> Answer:
    """Let the handler answer, and hold its answer back."""
    answer = Answer(500, b"")
    parts: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {
                name.decode("latin-1"): text.decode("latin-1") for name, text in message["headers"]
            }
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    answer.body = b"".join(parts)
    return answer


async def _send_answer(answer: Answer, send: Send) -> None:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    if answer.status == 204:
        del headers["content-length"]
    raw = [(name.lower().encode(), text.encode("latin-1")) for name, text in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})


def _send_again(answer: Answer, send: Send) -> None:
    """Write an answer once more, as a faulty proxy does: it answers nobody, or the next request."""
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    lines = [f"HTTP/1.1 {answer.status} Again", *(f"{name}: {headers[name]}" for name in headers)]
    transport = _transport_of(send)
    if not transport.is_closing():
        transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)


async def _drop_connection(receive: Receive, send: Send) -> None:
    """Close the connection without a byte of answer, as a crashed proxy does."""
    _transport_of(send).close()
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport_of(send: Send) -> Any:
    """The connection. ASGI has no word for it: uvicorn's `send` is a method of its holder."""
    holder: Any = getattr(send, "__self__", None)
    return holder.transport
