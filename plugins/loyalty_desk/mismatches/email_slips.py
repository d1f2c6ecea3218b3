"""What an e-mail address may have been meant to be. Pure, and never a reason to match by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

from email_validator import EmailNotValidError, validate_email
from rapidfuzz.distance import DamerauLevenshtein

from loyalty_desk.card.emails import read_email

GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})
WELL_KNOWN: Final = (
    *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com", "live.com"),
    *("msn.com", "yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "icloud.com", "me.com"),
    *("mac.com", "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "orange.fr", "free.fr"),
    *("wanadoo.fr", "laposte.net", "libero.it", "virgilio.it", "seznam.cz", "protonmail.com"),
    *("mail.com", "email.com", "ymail.com", "gmx.com", "gmx.at", "gmx.ch", "mail.ru", "mail.de"),
    *("proton.me", "comcast.net", "verizon.net", "att.net", "btinternet.com", "bluewin.ch"),
)
"""Domains of mailboxes that many people have, so that a near miss of one is likely a slip."""
FEWEST_OF_A_DOMAIN: Final = 20
"""Addresses that make a domain of the store itself well known, unless it is a slip itself."""
RARER: Final = 10
"""A domain one slip away from one that is so many times as common is taken for a slip."""
SHORTEST_DOMAIN: Final = 5
"""Below that, most domains are one letter from another."""
_ENDINGS: Final = {
    **dict.fromkeys(("con", "cmo", "ocm", "vom", "comm", "co", "cim", "xom", "om"), "com"),
    **dict.fromkeys(("ner", "nte"), "net"),
}
_REPAIRS: Final = (
    (re.compile(r"\s+"), ""),
    (re.compile(r"@{2,}"), "@"),
    (re.compile(r"\.{2,}"), "."),
    (re.compile(r",(?=[a-z]{2,6}$)"), "."),
    (re.compile(r"[.,;:>)\]]+$"), ""),
    (re.compile(r"^(?:mailto:|[<(\[])+"), ""),
    (re.compile(r"\.@"), "@"),
    (re.compile(r"@\."), "@"),
)


def mailbox(email_key: str) -> str:
    """The address without its plus-tag, and for Gmail without dots: where the mail arrives."""
    local, _, domain = email_key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def tag(email_key: str) -> str:
    return email_key.rpartition("@")[0].lstrip("+").partition("+")[2]


def repair(raw: str) -> str | None:
    """The key of an unusable address once its plain slips are mended; None when it stays one."""
    text = raw.strip().lower()
    for slip, mended in _REPAIRS:
        text = slip.sub(mended, text)
    if text == raw.strip().lower():
        return None
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return read_email(str(found.normalized))[0]


class Domains:
    """The domains that an address may have been meant to have.

    `counts` has how many of the store's people have an address in each domain.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts
        self._known: frozenset[str] = frozenset()
        self._by_length: dict[int, list[str]] = {}
        self._know(WELL_KNOWN)
        common = [domain for domain, count in counts.items() if count >= FEWEST_OF_A_DOMAIN]
        for domain in sorted(common, key=lambda one: -counts[one]):
            if not self._is_slip(domain):
                self._know((domain,))
        self.meant = lru_cache(maxsize=100_000)(self._meant)

    def _know(self, domains: Collection[str]) -> None:
        for domain in sorted(set(domains) - self._known):
            self._by_length.setdefault(len(domain), []).append(domain)
        self._known |= frozenset(domains)

    def _is_slip(self, domain: str) -> bool:
        most = max((self._counts.get(near, 0) for near in self._meant(domain)), default=0)
        return most >= RARER * self._counts[domain]

    def _meant(self, domain: str) -> tuple[str, ...]:
        """The well-known domains one slip away from a domain; none when it is one itself."""
        if domain in self._known or len(domain) < SHORTEST_DOMAIN:
            return ()
        name, _, ending = domain.rpartition(".")
        better = f"{name}.{_ENDINGS[ending]}" if ending in _ENDINGS else None
        if better in self._known:
            return (better,)
        return tuple(self._near(domain))

    def _near(self, domain: str) -> Iterator[str]:
        for length in range(len(domain) - 1, len(domain) + 2):
            for known in self._by_length.get(length, ()):
                if DamerauLevenshtein.distance(domain, known, score_cutoff=1) <= 1:
                    yield known
