"""What a session takes from the machine: CA and proxy where it has none of its own, no `.netrc`.

`requests` would let the machine's variables go before what a session says, and put a log-in of
`.netrc` over a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import requests

SWITCHES: Final = {"true": True, "false": False, "none": True, "": True}
"""What `verify` may be besides a file. A form knows texts alone."""


def settle(session: requests.Session, address: str) -> requests.Session:
    """Settle once for all how `address` is reached; the session reads no variable any more."""
    session.proxies = _by_scheme(session.proxies)
    session.verify = SWITCHES.get(str(session.verify).lower(), session.verify)
    if session.trust_env:
        told = {name: url for name, url in session.proxies.items() if name != "no_proxy"}
        found = session.merge_environment_settings(
            address, dict(session.proxies), None, session.verify, None
        )
        session.proxies, session.verify = told or dict(found["proxies"]), found["verify"]
    session.trust_env = False
    return session


def _by_scheme(proxies: Mapping[str, str] | str | None) -> dict[str, str]:
    """The extra of a connection may name one proxy for everything."""
    return {"all": proxies} if isinstance(proxies, str) else dict(proxies or {})
