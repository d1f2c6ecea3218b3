"""One HTTP request and what came of it, without judging it. `transport.py` judges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import requests
from requests import exceptions
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from loyalty_desk.http.deadline import Wire
from loyalty_desk.http.headers import leads_to, read_date

USER_AGENT = "loyalty-desk (Apache Airflow)"

NEVER_SENT = (ConnectTimeoutError, NewConnectionError)
"""The connection was not made, so the service cannot have seen the request."""

CANNOT_BE_SENT = (
    exceptions.InvalidURL,
    exceptions.MissingSchema,
    exceptions.InvalidSchema,
    exceptions.InvalidHeader,
    exceptions.InvalidProxyURL,
)


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """A request to make, as often as needed. Has no repr: it may hold personal data."""

    method: str
    base_url: str
    path: str
    query: Mapping[str, Any] | None
    json: Any
    form: Mapping[str, str] | None

    @property
    def shown_path(self) -> str:
        """The path as messages may name it: a segment with an e-mail is masked."""
        return "/".join(
            "{customer_identifier}" if "@" in segment or "%40" in segment else segment
            for segment in self.path.split("/")
        )


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """An answer of the service. `headers` ignores case; `body` is the JSON, None when empty.

    `broken` says in words why the body cannot be used, and is empty when it can. `elsewhere` is
    another host that it leads to by a redirect. Has no repr, as it holds personal data and the
    credentials that were sent.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    broken: str = ""
    sent_authorization: str = ""
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer. `sent` is False when the service surely never saw the request;
    `unusable` is True when the request cannot even be made from this address."""

    reason: str
    sent: bool
    unusable: bool = False


def exchange(
    session: requests.Session, call: Call, timeout: tuple[float, float], wire: Wire | None = None
) -> Answer | Lost:
    """Send one request, without following redirects; never raises for what the network does.

    `wire` is what the session sends it on, where it knows better whether anything was sent.
    """
    headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
    data: bytes | Mapping[str, str] | None = call.form
    if call.json is not None:
        headers["Content-Type"] = "application/json"
        data = orjson.dumps(call.json)
    session.get_redirect_target = _none  # type: ignore[assignment,method-assign] # else parsed
    try:
        response = session.request(
            call.method,
            call.base_url + call.path,
            params=call.query,
            data=data,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        )
    except CANNOT_BE_SENT as error:
        return Lost(type(error).__name__, sent=False, unusable=True)
    except UnicodeError as error:
        return Lost(type(error).__name__, sent=False, unusable=True)
    except (exceptions.RequestException, HTTPError) as error:
        cause = _root(error)
        may_be_there = wire is None or wire.is_open
        return Lost(_describe(cause), sent=may_be_there and not isinstance(cause, NEVER_SENT))
    return _read(call.method, response)


def ahead_s(got: Answer | Lost | None, now: datetime) -> float | None:
    """How many seconds `now` is ahead of when the service says that it answered; None if it does
    not say.
    """
    answered = read_date(got.headers.get("Date")) if isinstance(got, Answer) else None
    return None if answered is None else (now - answered).total_seconds()


def _read(method: str, response: requests.Response) -> Answer:
    body, broken = None, ""
    content = response.content
    if content:
        body, broken = _parse(content)
    elif method == "GET" and response.status_code == 200:
        broken = "an empty body"
    if not 200 <= response.status_code < 300:
        body, broken = None, ""
    return Answer(
        status=response.status_code,
        headers=response.headers,
        body=body,
        broken=broken,
        sent_authorization=response.request.headers.get("Authorization", ""),
        elsewhere=_elsewhere(response),
    )


def _none(_response: requests.Response) -> None:
    """Where a redirect leads is for `headers.leads_to`: an address that is none has to be borne."""


def _elsewhere(response: requests.Response) -> str:
    if not 300 <= response.status_code < 400:
        return ""
    found = leads_to(response.headers, response.url)
    return "" if found == leads_to({"Location": ""}, response.url) else found or ""


def _parse(content: bytes) -> tuple[Any, str]:
    try:
        return orjson.loads(content), ""
    except orjson.JSONDecodeError:
        pass
    if content.lstrip()[:1] == b"<":
        return None, "HTML instead of JSON"
    try:
        # Half a surrogate pair in somebody's name must not make a whole page unreadable.
        loose = json.dumps(json.loads(content), ensure_ascii=False, allow_nan=False)
        return orjson.loads(loose.encode("utf-8", "replace")), ""
    except (ValueError, RecursionError):
        return None, "broken JSON"


def _root(error: BaseException) -> BaseException:
    """The error inside the wrappers of requests and urllib3."""
    inner = error.args[0] if error.args else None
    if isinstance(inner, MaxRetryError) and inner.reason is not None:
        return inner.reason
    return inner if isinstance(inner, HTTPError) else error


def _describe(cause: BaseException) -> str:
    """Words for a failure by its type alone: the text of the error names the whole address."""
    return WORDS.get(type(cause).__name__, f"connection lost, {type(cause).__name__}")


NO_SUCH_NAME = "the host name cannot be resolved"
NOT_TRUSTED = "the TLS certificate or protocol was not accepted"
WORDS = {
    "NameResolutionError": NO_SUCH_NAME,
    "NewConnectionError": "the connection was refused",
    "ConnectTimeoutError": "no connection within the time limit",
    "ConnectTimeout": "no connection within the time limit",
    "ReadTimeoutError": "no answer within the time limit",
    "ReadTimeout": "no answer within the time limit",
    "SSLError": NOT_TRUSTED,
    "ProxyError": "the proxy does not let it through",
    "ProtocolError": "the connection was dropped",
    "ChunkedEncodingError": "the answer broke off",
    "IncompleteRead": "the answer broke off",
}
