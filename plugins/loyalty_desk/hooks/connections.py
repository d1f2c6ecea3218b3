"""Airflow connections as clients: the address and secrets of Gorgias and of each platform.

An adapter: with `assets` and the like one of the few modules that import Airflow, and only inside
functions. A connection that cannot work raises BadConnectionError with what is missing and the
command that adds it; a message never holds a secret.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, MultiFernet
from requests.auth import AuthBase, HTTPBasicAuth
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BadConnectionError
from loyalty_desk.gorgias.budget import MOST_BUDGET_WAIT_S, BudgetGate
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.oauth import BearerAuth
from loyalty_desk.hooks.connection_auth import OAUTH_KEYS, ConnectionAuth
from loyalty_desk.hooks.found import Found, find_gorgias, find_platform, naming_options
from loyalty_desk.http.pacing import Gate, OpenGate, RateGate
from loyalty_desk.http.transport import MOST_WAIT_S, TIMEOUT_S, Transport
from loyalty_desk.platforms.auth import in_force
from loyalty_desk.platforms.base import Account, Capabilities, Pace, Platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.currencies import money_digits
from loyalty_desk.settings.sections import BudgetSettings, GorgiasSettings
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.installed import staging_engine

LEAST_GATE_WAIT_S = 2.0
"""How long an urgent call waits for a shared rate at least, however little patience it has."""


def gorgias_client(
    store: StoreSettings,
    engine: Engine,
    *,
    urgent: bool = False,
    max_wait_s: float = MOST_WAIT_S,
    timeout: tuple[float, float] = TIMEOUT_S,
) -> GorgiasClient:
    """The client of a store's Gorgias account, on the budget that all processes share.

    An `urgent` one goes ahead of those that are not. A call waits `max_wait_s` at most between its
    attempts; an urgent one no longer for room in the budget either.

    The connection holds an e-mail and an API key as login and password, or an OAuth2 app in its
    extra: client_id, client_secret and refresh_token.
    """
    found = find_gorgias(store.gorgias_conn_id)
    gate = BudgetGate(
        engine,
        _account(found.base_url),
        store.budget,
        speed=installation().speed,
        urgent=urgent,
        max_wait_s=max_wait_s if urgent else MOST_BUDGET_WAIT_S,
    )
    auth = gorgias_auth(found, lambda: engine)
    transport = gorgias_transport(found, auth, gate, max_wait_s=max_wait_s, timeout=timeout)
    return GorgiasClient(transport, card_key=store.gorgias.card_key, app_id=store.gorgias.app_id)


def client_beside(conn_id: str, engine: Engine) -> GorgiasClient:
    """The client of an account that no store has, for DAGs beside ours; on the account's budget."""
    found, speed = find_gorgias(conn_id), installation().speed
    gate = BudgetGate(engine, _account(found.base_url), BudgetSettings(), speed=speed)
    transport = gorgias_transport(
        found, gorgias_auth(found, lambda: engine), gate, max_wait_s=MOST_WAIT_S
    )
    return GorgiasClient(transport, card_key=GorgiasSettings().card_key, app_id=None)


def gorgias_auth(
    found: Found, open_staging: Callable[[], Engine], *, max_wait_s: float = MOST_WAIT_S
) -> ConnectionAuth:
    """How a request shows who asks; staging is opened where it keeps an app's tokens alone.

    A renewal of the tokens waits `max_wait_s` at most between its attempts.
    """

    def make(found: Found) -> AuthBase:
        if any(found.extra.get(key) for key in OAUTH_KEYS):
            return _bearer_auth(found, open_staging(), max_wait_s)
        found.require(login=found.login, password=found.password)
        return HTTPBasicAuth(found.login.encode(), found.password.encode())

    return ConnectionAuth(found, lambda: find_gorgias(found.conn_id), make)


def gorgias_transport(
    found: Found,
    auth: ConnectionAuth,
    gate: Gate,
    *,
    max_wait_s: float,
    timeout: tuple[float, float] = TIMEOUT_S,
    wire: type[Transport] = Transport,
) -> Transport:
    """What sends requests to a Gorgias account, with the credentials of `gorgias_auth`."""
    session = found.session()
    session.auth = auth
    return wire(
        session,
        found.base_url.removesuffix("/api"),
        "Gorgias",
        gate=gate,
        conn_id=found.conn_id,
        speed=installation().speed,
        timeout=timeout,
        max_wait_s=max_wait_s,
        renewer=auth,
    )


def gorgias_account(store: StoreSettings) -> str:
    """The account whose budget the store shares; raises BadConnectionError."""
    return _account(find_gorgias(store.gorgias_conn_id).base_url)


def _account(base_url: str) -> str:
    return urlsplit(base_url).netloc


def loyalty_platform(
    store: StoreSettings, *, max_wait_s: float = MOST_WAIT_S, for_awards: bool = False
) -> Platform:
    """The loyalty platform of a store; the connection's password is its API key.

    A call waits `max_wait_s` at most between its attempts. One `for_awards` goes ahead of a sync,
    and takes a new connection for each call: on a kept one a booking may be lost to a server that
    just gave up waiting, and a late answer to one call may be read as that to the next.
    """
    rate = store.extract.platform_requests_per_s
    return _platform(
        store,
        max_wait_s=max_wait_s,
        requests_per_s=rate,
        is_urgent=for_awards,
        keep_alive=not for_awards,
    )


def lookup_platform(store: StoreSettings) -> Platform:
    """The platform for lookups: each call is tried once and given up early, at a rate of its own.

    What a sync asks at the same time leaves the platform room for it.
    """
    rate, deadline_s = store.lookup.requests_per_s, store.lookup.deadline_s
    return _platform(
        store, max_wait_s=0.0, requests_per_s=rate, timeout=(deadline_s, deadline_s), is_urgent=True
    )


def asked_platform(store: StoreSettings, wait_s: float) -> Platform:
    """The platform for a person who waits: each call is tried once, and ahead of a sync.

    At the rate of lookups, and beside them.
    """
    rate = store.lookup.requests_per_s
    return _platform(
        store, max_wait_s=0.0, requests_per_s=rate, timeout=(wait_s, wait_s), is_urgent=True
    )


def platform_account(store: StoreSettings) -> Account:
    """The key and the options of a store's platform account, checked; raises BadConnectionError."""
    kind = platform_class(store.platform)
    found = find_platform(store.platform_conn_id, kind)
    with naming_options(found):
        kind.capabilities_of(found.extra)
        return Account(key=found.password, options=in_force(found.extra, utc_now()))


def capabilities(store: StoreSettings) -> Capabilities:
    """What the store's platform account can do; raises BadConnectionError."""
    kind = platform_class(store.platform)
    found = find_platform(store.platform_conn_id, kind)
    with naming_options(found):
        return kind.capabilities_of(found.extra)


def _platform(store: StoreSettings, **how: Any) -> Platform:
    kind = platform_class(store.platform)
    found = find_platform(store.platform_conn_id, kind)
    transport = platform_transport(found, kind, **how)
    return platform_at(found, kind, transport, digits=money_digits(store.currency))


def platform_at(
    found: Found, kind: type[Platform], transport: Transport, *, digits: int = 2
) -> Platform:
    """The platform of a connection; money has so many `digits`. Raises BadConnectionError."""
    with naming_options(found):
        account = Account(key=found.password, options=found.extra, money_digits=digits)
        return kind(transport, account)


def platform_transport(
    found: Found,
    kind: type[Platform],
    *,
    max_wait_s: float,
    requests_per_s: float | None = None,
    timeout: tuple[float, float] = TIMEOUT_S,
    is_urgent: bool = False,
    keep_alive: bool = True,
    wire: type[Transport] = Transport,
) -> Transport:
    """What sends requests to a platform, at the rate that it allows."""

    def make(found: Found) -> AuthBase:
        found.require(password=found.password)
        return kind.auth(found.password)

    auth = ConnectionAuth(found, lambda: find_platform(found.conn_id, kind), make)
    session = found.session()
    session.auth = auth
    if not keep_alive:
        session.headers["Connection"] = "close"
    return wire(
        session,
        found.base_url,
        kind.title,
        gate=_platform_gate(found, kind.pace, requests_per_s, max_wait_s, is_urgent=is_urgent),
        conn_id=found.conn_id,
        speed=installation().speed,
        timeout=timeout,
        max_wait_s=max_wait_s,
        penalty_s=kind.pace.penalty_s,
        renewer=auth,
    )


def _platform_gate(
    found: Found, pace: Pace, requests_per_s: float | None, max_wait_s: float, *, is_urgent: bool
) -> Gate:
    """What the platform allows, for this process alone or for all of them together."""
    speed = installation().speed
    if not pace.is_shared:
        return RateGate((requests_per_s or pace.requests_per_s) * speed)
    key = blake2b(found.password.encode(), digest_size=8).hexdigest()
    settings = BudgetSettings(
        share=1.0,
        capacity=pace.burst,
        window_s=pace.burst / pace.requests_per_s,
        headroom=0,
        reserve=1,
    )
    return BudgetGate(
        staging_engine(),
        f"{_account(found.base_url)} {key}",
        settings,
        speed=speed,
        urgent=is_urgent,
        max_wait_s=max(max_wait_s, LEAST_GATE_WAIT_S) if is_urgent else MOST_BUDGET_WAIT_S,
    )


def _bearer_auth(found: Found, engine: Engine, max_wait_s: float) -> BearerAuth:
    base_url, speed = found.base_url.removesuffix("/api"), installation().speed
    secrets = {key: str(found.extra.get(key) or "") for key in OAUTH_KEYS}
    found.require(**secrets)
    session = found.session()
    session.auth = HTTPBasicAuth(secrets["client_id"], secrets["client_secret"])
    transport = Transport(
        session,
        base_url,
        "Gorgias",
        gate=OpenGate(),
        conn_id=found.conn_id,
        speed=speed,
        max_wait_s=max_wait_s,
    )
    return BearerAuth(transport, engine, secrets_cipher(), secrets["refresh_token"], speed=speed)


def secrets_cipher() -> MultiFernet:
    """Airflow's own Fernet keys, the first for writing and all for reading.

    Raises:
        BadConnectionError: Airflow has none.
    """
    from airflow.sdk.configuration import conf  # noqa: PLC0415

    keys = [key.strip() for key in str(conf.get("core", "fernet_key", fallback="")).split(",")]
    try:
        return MultiFernet([Fernet(key) for key in keys if key])
    except ValueError:
        raise BadConnectionError(
            "secrets of Gorgias are stored encrypted, and Airflow has no usable Fernet key: set"
            " AIRFLOW__CORE__FERNET_KEY"
        ) from None
