"""Addresses that secrets are sent to: https, but for this machine itself. No I/O."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from loyalty_desk.errors import BadConnectionError

GORGIAS_HOST = ".gorgias.com"
ACCOUNT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def account_address(told: str | None) -> str | None:
    """The address of a Gorgias account that is told by its name, its host or one of its pages.

    Any other text is returned as it came: it may be an address that stands in for Gorgias.
    """
    text = (told or "").strip()
    if ACCOUNT.fullmatch(text) and not is_loopback(text):
        return f"https://{text.lower()}{GORGIAS_HOST}"
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.netloc.lower()
        is_plain = parts.scheme == "https" and host == parts.hostname
    except ValueError:
        return told
    if is_plain and host.endswith(GORGIAS_HOST):
        return f"https://{host}"
    return told


def base_url_of(
    conn_id: str,
    *,
    schema: str | None,
    host: str | None,
    port: int | None,
    default_url: str | None,
    remedy: str,
) -> str:
    """The address of a connection: `host` may be a host or a whole URL; https unless told.

    Airflow takes the brackets of an IPv6 address off, when a URI or a form has them.

    Raises:
        BadConnectionError: no host, an unusable one, or http to another machine, which would send
            the secrets in clear.
    """
    address = bracketed((host or "").strip())
    if not address:
        if default_url is None:
            raise BadConnectionError(f"Airflow connection {conn_id!r} has no host; see: {remedy}")
        return default_url
    if "://" not in address:
        address = f"{(schema or 'https').strip().lower()}://{address}"
    try:
        parts = urlsplit(address)
        name, own_port = parts.hostname, parts.port
    except ValueError:
        name = own_port = None
    if not name or any(letter.isspace() for letter in address) or parts.username or parts.query:
        raise BadConnectionError(
            f"Airflow connection {conn_id!r} has a host that is no address: use"
            " https://<host>, without a login or a query in it"
        )
    if parts.scheme not in {"http", "https"}:
        raise BadConnectionError(f"Airflow connection {conn_id!r} must be https, see: {remedy}")
    # Airflow's form keeps an empty port as 0.
    if port and own_port is None:
        if not 0 < port < 65536:
            raise BadConnectionError(f"Airflow connection {conn_id!r} has a bad port: {port}")
        parts = parts._replace(netloc=f"{parts.netloc}:{port}")
    if parts.scheme == "http" and not is_loopback(name):
        raise BadConnectionError(
            f"Airflow connection {conn_id!r} uses http to {name}: the secrets would travel in"
            " clear; use https"
        )
    return parts._replace(netloc=parts.netloc.lower(), fragment="").geturl().rstrip("/")


def bracketed(host: str) -> str:
    """An IPv6 address as it stands in a URL; any other text as it came."""
    try:
        return f"[{host}]" if ip_address(host).version == 6 else host
    except ValueError:
        return host


def is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
