"""Asks the public address who answers there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.urls import IDENTITY_PATH, public_url
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.http.exchange import Answer, Call, Lost, ahead_s, exchange
from loyalty_desk.http.surroundings import settle
from loyalty_desk.staging.identity import HEADER, standing_nonce

TIMEOUT_S: Final = (5.0, 10.0)
TRIES: Final = 2
"""Whoever asks at the same moment writes a number of its own over ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAddress:
    """`knows_us` is None where nothing could be written into staging to be known by."""

    url: str
    got: Answer | Lost
    knows_us: bool | None
    version: str
    ahead_s: float | None


def ask_address(open_staging: Callable[[], Engine]) -> AskedAddress:
    """Ask; raises SettingsError where no public address is set that can be one."""
    url = public_url()
    for _ in range(TRIES):
        got, got_at, may_tell = _ask(url, open_staging)
        told = _told(got)
        if told.get("is_ours") or not may_tell:
            break
    return AskedAddress(
        url=url,
        got=got,
        knows_us=told.get("is_ours") is True if may_tell else None,
        version=str(told.get("version", "")),
        ahead_s=ahead_s(got, got_at),
    )


def says_who_it_is(got: Answer | Lost) -> bool:
    """Whether a Loyalty Desk answered, ours or another one."""
    return isinstance(_told(got).get("is_ours"), bool)


def _ask(url: str, open_staging: Callable[[], Engine]) -> tuple[Answer | Lost, datetime, bool]:
    """What came and when, and whether a number of ours stood in staging meanwhile."""
    try:
        with standing_nonce(open_staging()) as nonce:
            return *_request(url, nonce), True
    except (LoyaltyDeskError, DBAPIError):
        return *_request(url, ""), False


def _request(url: str, nonce: str) -> tuple[Answer | Lost, datetime]:
    with requests.Session() as session:
        settle(session, url).headers[HEADER] = nonce
        call = Call("GET", url, IDENTITY_PATH, None, None, None)
        return exchange(session, call, TIMEOUT_S), utc_now()


def _told(got: Answer | Lost) -> dict[str, Any]:
    return got.body if isinstance(got, Answer) and isinstance(got.body, dict) else {}
