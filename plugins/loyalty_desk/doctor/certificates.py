"""By which CA, proxy and client certificate each connection is used, and who says so."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy

from loyalty_desk.doctor.finding import Finding, Severity, fine, not_checked, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import BadConnectionError
from loyalty_desk.hooks.found import Found, find_gorgias, find_platform
from loyalty_desk.platforms.registry import platform_class

CERTIFICATES: Final = "certificates"
CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""In the order in which they count."""
EXTRA: Final = "its extra"
PUT_THERE: Final = "Put the file there on each machine, let our user read it, or correct"


def check_certificates(scope: Scope) -> Iterator[Finding]:
    """Can the files be used that a connection, or this machine for it, names?"""
    for store in scope.stores.values():
        kind, conn_id = platform_class(store.platform), store.platform_conn_id
        gorgias_id = store.gorgias_conn_id
        yield _look_at(store.name, gorgias_id, lambda: find_gorgias(gorgias_id))  # noqa: B023
        yield _look_at(store.name, conn_id, lambda: find_platform(conn_id, kind))  # noqa: B023


def _look_at(store: str, conn_id: str, find: Callable[[], Found]) -> Finding:
    try:
        found = find()
    except BadConnectionError:
        why = f"{conn_id}: the check of connections says what is wrong with it"
        return not_checked(CERTIFICATES, why, store=store)
    session, address = found.settled(), urlsplit(found.base_url)
    ways = [*_proxy(found, session)]
    if address.scheme != "https":
        ways.insert(0, f"{address.netloc} is asked without TLS")
        return fine(CERTIFICATES, f"{conn_id}: {'; '.join(ways)}", store=store)
    wrong = _wrong_ca(found, session) or _wrong_certificate(session)
    if wrong is not None:
        what, remedy = wrong
        return trouble(CERTIFICATES, f"{conn_id}: {what}", remedy, store=store)
    if not session.verify:
        what = f"{conn_id}: whoever answers is sent the key, as verify in its extra is false"
        remedy = "Name the file with the CA there instead"
        return trouble(CERTIFICATES, what, remedy, store=store, severity=Severity.WARNING)
    ways = [_ca(found, session), *_certificate(session), *ways]
    return fine(CERTIFICATES, f"{conn_id}: {'; '.join(ways)}", store=store)


def _ca(found: Found, session: requests.Session) -> str:
    if not isinstance(session.verify, str):
        return "the CAs that come with the package certifi"
    told = f"the CA in {session.verify}, by {_by(found, session.verify)}"
    lost = [name for name in CA_VARIABLES if os.environ.get(name)]
    if lost and _by(found, session.verify) == EXTRA:
        told += f", and not by {' or '.join(lost)}"
    return told


def _by(found: Found, path: str) -> str:
    """Who names the file of the CA."""
    if path in {found.extra.get("verify"), found.extra.get("verify_ssl")}:
        return EXTRA
    return next((one for one in CA_VARIABLES if os.environ.get(one) == path), "this machine")


def _wrong_ca(found: Found, session: requests.Session) -> tuple[str, str] | None:
    path = session.verify
    if not isinstance(path, str):
        return None
    where = {"capath" if Path(path).is_dir() else "cafile": path}
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**where)
    except OSError as error:
        by = _by(found, path)
        return (
            f"the CA is to be in {path}, by {by}, and {_why(error, 'it holds no certificate')}",
            f"{PUT_THERE} {'verify in its extra' if by == EXTRA else by}",
        )
    return None


def _wrong_certificate(session: requests.Session) -> tuple[str, str] | None:
    if not session.cert:
        return None
    path, key = session.cert if not isinstance(session.cert, str) else (session.cert, None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(path, key, password=lambda: "")  # else it would ask a person
    except OSError as error:
        files = f"{path} and {key}" if key else path
        why = _why(error, "it is none with its key, without a password")
        what = f"the certificate to show is to be in {files}, by {EXTRA}, and {why}"
        return what, f"{PUT_THERE} cert in its extra"
    return None


def _why(error: OSError, otherwise: str) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file is on this machine"
    return "our user may not read it" if isinstance(error, PermissionError) else otherwise


def _certificate(session: requests.Session) -> Iterator[str]:
    if session.cert:
        path = session.cert if isinstance(session.cert, str) else session.cert[0]
        yield f"the certificate in {path} is shown"


def _proxy(found: Found, session: requests.Session) -> Iterator[str]:
    """The host of the proxy alone, as the address may hold a log-in."""
    address = select_proxy(found.base_url, dict(session.proxies))
    if address:
        by = EXTRA if {"proxy", "proxies"} & found.extra.keys() else "the variables of this machine"
        yield f"by the proxy {urlsplit(address).netloc.rpartition('@')[2]}, by {by}"
