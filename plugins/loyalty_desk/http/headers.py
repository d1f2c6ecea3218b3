"""What headers of an answer tell besides its body: times, waits, and where a redirect leads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

from loyalty_desk.clock import utc_now

MOST_ASKED_S: Final = 3600.0
"""The longest wait that is believed: a date far ahead is mostly a clock that is wrong."""
_SECONDS: Final = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*")
_HOST: Final = re.compile(r"[a-z0-9.:_-]{1,253}")


def read_date(told: str | None) -> datetime | None:
    """An HTTP date; None for anything else. RFC 9110, section 5.6.7."""
    try:
        found = parsedate_to_datetime(told or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return None if found.tzinfo is None else found.astimezone(UTC)  # "-0000" has none


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, an hour at most; None when it is absent, zero, over or nonsense.

    A date counts from the service's own clock, `Date`, as ours may be another.
    """
    told = headers.get("Retry-After", "")
    if found := _SECONDS.fullmatch(told):
        wait_s = float(found[1])
    elif until := read_date(told):
        wait_s = (until - (read_date(headers.get("Date")) or utc_now())).total_seconds()
    else:
        return None
    return min(wait_s, MOST_ASKED_S) if wait_s > 0 else None


def leads_to(headers: Mapping[str, str], url: str) -> str | None:
    """The host that a redirect leads to from `url`, with its port if it has one; None without one.

    Nothing else of the address: path and query may hold secrets, or tell of people.
    """
    try:
        parts = urlsplit(urljoin(url, headers.get("Location", "")))
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if "Location" not in headers or not _HOST.fullmatch(host):
        return None
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"
