"""Where Gorgias reaches this installation. An adapter: it asks Airflow's configuration."""

from __future__ import annotations

from urllib.parse import urlsplit

from loyalty_desk.errors import SettingsError
from loyalty_desk.hooks.addresses import is_loopback
from loyalty_desk.settings.stores_file import installation

IDENTITY_PATH = "/loyalty/api/v1/identity"
LOOKUP_PATH = "/loyalty/api/v1/lookup"
AWARDS_PATH = "/loyalty/api/v1/awards"


def configured_address() -> str:
    """What the settings say, right or wrong; empty where they say nothing."""
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - 1 s of imports

    return installation().public_url or str(conf.get("api", "base_url", fallback=""))


def public_url() -> str:
    """The address of this installation as others reach it, without a slash at its end.

    Raises:
        SettingsError: none is set, or one that would send tokens in clear.
    """
    address = configured_address()
    remedy = "set LOYALTY_DESK_PUBLIC_URL (or Airflow's [api] base_url) to https://<your Airflow>"
    if not address:
        raise SettingsError(f"Gorgias has to know where to ask for cards: {remedy}")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise SettingsError(f"the public address of this installation is no address: {remedy}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(f"the public address uses http, so tokens would go in clear: {remedy}")
    return address.rstrip("/")


def public_path() -> str:
    """The path of that address, below which the API is mounted: mostly none."""
    return urlsplit(configured_address()).path.rstrip("/")
