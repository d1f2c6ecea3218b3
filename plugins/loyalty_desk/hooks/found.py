"""An Airflow connection, read and checked: the address and the secrets of a service.

The types are ours (`orchestration.provider`), or `http`, as before there were types of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter

from loyalty_desk.errors import BadConnectionError, NoConnectionError
from loyalty_desk.hooks.addresses import account_address, base_url_of
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.http.surroundings import settle
from loyalty_desk.platforms.base import Platform
from loyalty_desk.settings.stores_file import OWN_PLATFORMS

if TYPE_CHECKING:
    from airflow.providers.http.hooks.http import HttpHook

GORGIAS: Final = "gorgias"
OWN_TYPES: Final = frozenset({GORGIAS, *OWN_PLATFORMS})
MOST_CONNECTIONS: Final = 32
"""Open connections to one service: as many as push workers are allowed."""


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """What an Airflow connection holds, checked; without a repr, as it holds the secrets.

    `base_url` has no slash at its end, `conn_type` is what a person chose.
    """

    conn_id: str
    conn_type: str
    base_url: str
    login: str
    password: str
    extra: Mapping[str, Any]
    hook: HttpHook
    remedy: str

    def session(self) -> requests.Session:
        """The hook's session: it knows proxies, client certificates and CAs of the connection.

        Raises:
            BadConnectionError: a file that it names for that is not there.
        """
        session = self.settled()
        self._see_files(session)
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
        # The hook makes a header of every other key of the extra, our OAuth2 secrets among them.
        session.headers = requests.Session().headers
        session.stream = False
        return session

    def settled(self) -> requests.Session:
        """The hook's session as it is settled how the address is reached; nothing else is."""
        return settle(self.hook.get_conn(), self.base_url)

    def _see_files(self, session: requests.Session) -> None:
        cert = session.cert if isinstance(session.cert, list | tuple) else [session.cert]
        for name, path in (("verify", session.verify), *(("cert", one) for one in cert)):
            if isinstance(path, str) and not os.access(path, os.R_OK):
                where = "its extra" if path in str(self.extra) else "REQUESTS_CA_BUNDLE or the like"
                is_there = os.access(path, os.F_OK)
                why = "our user may not read it" if is_there else "no such file is on this machine"
                raise BadConnectionError(
                    f"Airflow connection {self.conn_id!r}: its {name} is to be {path}, by {where},"
                    f" and {why}"
                )

    def require(self, **values: str) -> None:
        """Refuse a connection without one of `values`, or with one that no header can carry."""
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise BadConnectionError(
                f"Airflow connection {self.conn_id!r} lacks {', '.join(missing)};"
                f" see: {self.remedy}"
            )
        for name, value in values.items():
            is_plain = value.isprintable() and value == value.strip()
            if not is_plain or (name != "login" and " " in value):
                raise BadConnectionError(
                    f"Airflow connection {self.conn_id!r}: its {name} holds a space, a line break"
                    " or another character that does not belong there; enter it again"
                )
            if not value.isascii() and name != "login":
                raise BadConnectionError(
                    f"Airflow connection {self.conn_id!r}: its {name} holds letters that no key has"
                )


def find_gorgias(conn_id: str) -> Found:
    """The connection of a Gorgias account; raises BadConnectionError."""
    return _find(conn_id, service=GORGIAS, remedy=add_gorgias(conn_id))


def add_gorgias(conn_id: str) -> str:
    """The command that adds a connection to Gorgias."""
    return (
        f"airflow connections add {conn_id} --conn-type gorgias --conn-host <account>"
        " --conn-login <e-mail> --conn-password <API key>"
    )


def find_platform(conn_id: str, kind: type[Platform]) -> Found:
    """The connection of a platform's account; raises BadConnectionError."""
    return _find(
        conn_id,
        service=kind.name,
        default_url=kind.base_url,
        remedy=add_platform(conn_id, kind),
    )


def add_platform(conn_id: str, kind: type[Platform]) -> str:
    """The command that adds a connection to a platform."""
    conn_type = kind.name if kind.name in OWN_TYPES else "http"
    return f"airflow connections add {conn_id} --conn-type {conn_type} --conn-password <API key>"


def find_login(conn_id: str) -> Found:
    """Any HTTP connection with a login and a password; raises BadConnectionError."""
    remedy = f"airflow connections add {conn_id} --conn-type http --conn-host <address> ..."
    found = _find(conn_id, remedy=remedy)
    found.require(login=found.login, password=found.password)
    return found


def _find(
    conn_id: str, *, remedy: str, service: str | None = None, default_url: str | None = None
) -> Found:
    """Look the connection up and check what every service needs of it."""
    from airflow.providers.http.hooks.http import HttpHook  # noqa: PLC0415 - 1 s of imports
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415

    hook = HttpHook(http_conn_id=conn_id, tcp_keep_alive=False)
    try:
        connection = hook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise NoConnectionError(
            f"there is no usable Airflow connection {conn_id!r}; add it: {remedy}"
        ) from None
    conn_type = connection.conn_type or ""
    if conn_type in OWN_TYPES and conn_type != service:
        raise BadConnectionError(
            f"Airflow connection {conn_id!r} is of the type {conn_type}, and"
            f" {service or 'http'} is needed; see: {remedy}"
        )
    extra = connection.extra_dejson
    is_nothing = (connection.extra or "{}").replace(" ", "") == "{}"
    if not isinstance(extra, Mapping) or not (extra or is_nothing):
        raise BadConnectionError(
            f"the extra of Airflow connection {conn_id!r} is not a JSON object; see: {remedy}"
        )
    host = connection.host
    base_url = base_url_of(
        conn_id,
        schema=connection.schema,
        host=account_address(host) if conn_type == GORGIAS else host,
        port=connection.port,
        default_url=default_url,
        remedy=remedy,
    )
    login, password = connection.login or "", connection.password or ""
    return Found(conn_id, conn_type, base_url, login, password, extra, hook, remedy)


@contextmanager
def naming_options(found: Found) -> Iterator[None]:
    """Name the connection when the platform cannot use what its extra says."""
    try:
        yield
    except BadFieldError as error:
        raise BadConnectionError(
            f"the extra of Airflow connection {found.conn_id!r}: {error.field} {error.reason}"
        ) from None
