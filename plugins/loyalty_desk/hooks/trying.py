"""Tries a connection, and says in one sentence what works or what to correct.

Airflow's button Test shows the sentence, so it holds no secret, no body and nobody's address.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import (
    ApiError,
    BadConnectionError,
    LoyaltyDeskError,
    StagingUnavailableError,
)
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks.addresses import GORGIAS_HOST
from loyalty_desk.hooks.connection_auth import OAUTH_KEYS
from loyalty_desk.hooks.connections import (
    gorgias_auth,
    gorgias_transport,
    platform_at,
    platform_transport,
)
from loyalty_desk.hooks.found import Found, find_gorgias, find_platform, naming_options
from loyalty_desk.http.exchange import NO_SUCH_NAME, NOT_TRUSTED, Answer, Call, Lost, ahead_s
from loyalty_desk.http.pacing import OpenGate
from loyalty_desk.http.transport import Transport
from loyalty_desk.platforms.auth import in_force
from loyalty_desk.platforms.base import Platform
from loyalty_desk.staging.installed import staging_engine

TIMEOUT_S: Final = (5.0, 10.0)
"""A person is waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it; `sentence` is for a person."""

    works: bool
    sentence: str
    ahead_s: float | None = None
    """How far this machine's clock is ahead of the service's, if it answered."""
    time_zone: str | None = None
    """Of the Gorgias account, if it told one."""


class OneTry(Transport):
    """A transport that keeps what came of its last request."""

    got: Answer | Lost | None = None

    def _attempt(self, call: Call, patience: object) -> Answer | Lost:
        self.got = super()._attempt(call, patience)  # type: ignore[arg-type] # passed on as it is
        return self.got


def check_gorgias(conn_id: str) -> None:
    """See that a connection to Gorgias is filled in, without asking anybody.

    Raises:
        BadConnectionError: it is not; NoConnectionError: there is none.
    """
    found = find_gorgias(conn_id)
    secrets = {key: str(found.extra.get(key) or "") for key in OAUTH_KEYS}
    if not any(secrets.values()):
        secrets = {"login": found.login, "password": found.password}
    found.require(**secrets)


def check_platform(conn_id: str, kind: type[Platform]) -> None:
    """The same of a connection to a platform."""
    found = find_platform(conn_id, kind)
    found.require(password=found.password)
    with naming_options(found):
        kind.capabilities_of(found.extra)
        in_force(found.extra, utc_now())


def try_gorgias(conn_id: str) -> Tried:
    """Ask Gorgias for the account of a connection."""
    try:
        found = find_gorgias(conn_id)
        auth = gorgias_auth(found, staging_engine, max_wait_s=0.0)
    except LoyaltyDeskError as error:
        return _cannot(conn_id, error)
    transport = gorgias_transport(
        found, auth, OpenGate(), max_wait_s=0.0, timeout=TIMEOUT_S, wire=OneTry
    )
    is_app = any(found.extra.get(key) for key in OAUTH_KEYS)
    key = "the OAuth client or the refresh token" if is_app else "the e-mail or the API key"
    service = _Service(
        title="Gorgias",
        found=found,
        key=key,
        nowhere=f"there is no Gorgias account at {_host(found)}: correct the account's name",
        known_host=GORGIAS_HOST.lstrip("."),
    )

    zone: str | None = None

    def ask() -> str:
        nonlocal zone
        account = GorgiasClient(transport, card_key="", app_id=None).get_account()
        zone = account.time_zone
        if not account.active:
            raise BadConnectionError("Gorgias knows the account, and it is deactivated")
        return f"Gorgias lets this {'app' if is_app else 'user'} in to the account" + (
            f" {account.domain}" if account.domain else ""
        )

    return replace(_judge(service, transport, ask), time_zone=zone)


def try_platform(conn_id: str, kind: type[Platform]) -> Tried:
    """Read once from the platform of a connection."""
    try:
        found = find_platform(conn_id, kind)
        transport = platform_transport(
            found, kind, max_wait_s=0.0, timeout=TIMEOUT_S, is_urgent=True, wire=OneTry
        )
        platform = platform_at(found, kind, transport)
        with naming_options(found):
            in_force(found.extra, utc_now())
    except LoyaltyDeskError as error:
        return _cannot(conn_id, error)
    nowhere = f"{kind.title} does not answer at {_host(found)}: correct the API address"
    service = _Service(
        title=kind.title,
        found=found,
        key="the API key",
        nowhere=nowhere,
        known_host=urlsplit(kind.base_url).netloc,
    )

    def ask() -> str:
        platform.check()
        return f"{kind.title} takes the API key and lets members be read"

    return _judge(service, transport, ask)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """Who is asked, in words: `key` is what a refusal is about, `nowhere` a mistyped address.

    `known_host` is a name that is there wherever there is a network.
    """

    title: str
    found: Found
    key: str
    nowhere: str
    known_host: str


def _judge(service: _Service, transport: Transport, ask: Callable[[], str]) -> Tried:
    tried = _ask(service, transport, ask)
    got = transport.got if isinstance(transport, OneTry) else None
    return replace(tried, ahead_s=ahead_s(got, utc_now()))


def _ask(service: _Service, transport: Transport, ask: Callable[[], str]) -> Tried:
    try:
        return Tried(works=True, sentence=f"It works: {ask()}.")
    except StagingUnavailableError as error:
        return _cannot(service.found.conn_id, error)
    except LoyaltyDeskError as error:
        got = transport.got if isinstance(transport, OneTry) else None
        if isinstance(got, Lost):
            return _no(_lost(service, got))
        if got is not None and not 200 <= got.status < 300:
            return _no(_refused(service, got, error))
        if got is not None and got.broken:
            return _no(service.nowhere)
        return _cannot(service.found.conn_id, error)


def _refused(service: _Service, got: Answer, error: LoyaltyDeskError) -> str:
    status = got.status
    if status == 401:
        where = _host(service.found)
        return f"{service.title} refuses {service.key} at {where}: correct it in this connection"
    if status == 403:
        return (
            f"{service.title} knows {service.key} and forbids the account: give the user the role,"
            " or the app the scopes"
        )
    if status == 429:
        return f"{service.title} has no request left for now: try again in a minute"
    if status >= 500:
        return f"{service.title} answers with an error of its own ({status}): try again later"
    if isinstance(error, ApiError):
        leads = f". It leads to {got.elsewhere}, and redirects are not followed"
        return f"{service.nowhere}{leads if got.elsewhere else ''}"
    return told_of(service.found.conn_id, error)


def _lost(service: _Service, got: Lost) -> str:
    host = _host(service.found)
    if got.unusable:
        return service.nowhere
    if got.reason == NO_SUCH_NAME and _is_there(service.known_host):
        return service.nowhere
    if got.reason == NOT_TRUSTED:
        return (
            f"{host} shows a certificate that is not trusted here: name the file with its CA as"
            " `verify` in the extra of this connection"
        )
    return (
        f"from here nobody reaches {host} ({got.reason}): look at the network, the proxy and the"
        " firewall"
    )


def _is_there(host: str) -> bool:
    """Whether the host has an address: if so there is a network, and another name is mistyped."""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def _host(found: Found) -> str:
    return urlsplit(found.base_url).netloc


def _cannot(conn_id: str, error: LoyaltyDeskError) -> Tried:
    return _no(told_of(conn_id, error))


def told_of(conn_id: str, error: LoyaltyDeskError) -> str:
    """What the error says, of the form that is being filled in: Airflow tries it by another id."""
    text, _, _ = " ".join(str(error).split()).partition("; see: ")
    for name in (f"Airflow connection {conn_id!r}", f"connection {conn_id!r}", repr(conn_id)):
        text = text.replace(name, "this connection")
    return text


def _no(sentence: str) -> Tried:
    text = sentence.rstrip(".")
    return Tried(works=False, sentence=f"{text[0].upper()}{text[1:]}.")
