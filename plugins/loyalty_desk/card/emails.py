"""The e-mail key: one spelling for each address, the only thing that pairs people automatically.

A key is the address without spaces around it, without invisible characters and without quotes that
it does not need, in NFKC, lower case, its domain as ASCII (IDNA). Plus-tags and Gmail's dots stay:
whether two such addresses are one person is a suggestion for people, not a rule.
"""

from __future__ import annotations

import re
import unicodedata

import idna

from loyalty_desk.plain_text import without_invisible
from loyalty_desk.records import EmailState

# DNS allows an underscore, and mail arrives at such domains; no top-level domain has one.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_LAST_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Nearly every address is this plain, and lower case is all that is to do. Anything else goes the
# long way, `xn--` too, as it may hide a name that is not one. The lookaheads are the lengths that
# mail allows; the last label is never a number, so an IP address is no domain.
_PLAIN = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?=.{1,253}\Z)"
    rf"(?:(?!xn--){_LABEL}\.)+(?!xn--|[0-9]+\Z){_LAST_LABEL}\Z"
).match
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).fullmatch
_PLAIN_LABEL = re.compile(_LABEL).fullmatch
_WORD = re.compile(r"\S+")
_AFTER_NAME = re.compile(r"(?<=\S)@\S*")
_LONGEST = 1000
"""Longer texts are not looked at; with every letter folded, an address has 318 at most."""

_VALID, _MISSING, _INVALID = EmailState.VALID, EmailState.MISSING, EmailState.INVALID


def read_email(raw: str | None) -> tuple[str | None, EmailState]:
    """The e-mail key of an address as received, and its state; the key is None unless valid."""
    if raw is None:
        return None, _MISSING
    key = raw.lower()
    if _PLAIN(key) is not None:
        return key, _VALID
    return read_unusual_email(raw)


def read_blank_as_plus(raw: str) -> str | None:
    """The key of an address whose `+` came as a blank, as in a query that nobody encoded."""
    local, at, domain = raw.strip().partition("@")
    return read_email(f"{local.replace(' ', '+')}{at}{domain}")[0] if " " in local else None


def read_unusual_email(raw: str) -> tuple[str | None, EmailState]:
    """The same as `read_email` for any text, the long way."""
    if len(raw) > _LONGEST:
        return None, _INVALID
    text = _fold(raw)
    if not text:
        return None, _MISSING
    local, _, domain = text.partition("@")
    local = _unquote(local)
    if not 1 <= len(local) <= 64 or any(_is_forbidden(character) for character in local):
        return None, _INVALID
    ascii_domain = _find_ascii_domain(domain)
    return (None, _INVALID) if ascii_domain is None else (f"{local}@{ascii_domain}", _VALID)


def masked(email: str | None) -> str:
    """An address of which only its first letter and its domain are left."""
    local, at, domain = (email or "").rpartition("@")
    return f"{local[:1]}…{at}{domain}" if at else ("…" if email else "")


def masked_name(name: str | None) -> str:
    """A name or an id for who sees no addresses: a helpdesk names those by their address who gave
    none, and a platform or a file may know members by it.
    """
    return masked(name) if name and "@" in name else name or ""


def masked_within(text: str | None) -> str:
    """A text that somebody wrote, or a link, with each word masked that is an address or has one;
    in a link its @ may be written as `%40`.
    """
    return _WORD.sub(lambda word: _masked_word(word[0]), text or "")


def _masked_word(word: str) -> str:
    address = word.replace("%40", "@")
    return masked(address) if "@" in address[1:-1] else word


def short_name(who: str) -> str:
    """Who works here, where no address may stand: of an address what is before its @."""
    return _AFTER_NAME.sub("", who)


def _fold(raw: str) -> str:
    """NFKC, lower case, nothing invisible, no spaces around. Folding again changes nothing."""
    text, folded = "", raw
    while folded != text:  # a few letters need another round after lower case
        text = folded
        folded = unicodedata.normalize("NFKC", without_invisible(text)).lower().strip()
    return text


def _unquote(local: str) -> str:
    """The part before the @ as it is without quotes; one that needs them is no address of ours."""
    quoted = _QUOTED(local)
    return _fold(re.sub(r"\\(.)", r"\1", quoted[1])) if quoted else local


def _is_forbidden(character: str) -> bool:
    """Whether a character cannot stand before the @: spaces, controls, the marks of a list."""
    return character in '<>()[],;:"\\' or unicodedata.category(character)[0] in "ZC"


def _find_ascii_domain(domain: str) -> str | None:
    """The domain as DNS spells it, or None when it cannot be one."""
    # A dot at the end names the same domain; U+3002 is the dot of Chinese and Japanese.
    labels = domain.replace("\u3002", ".").removesuffix(".").split(".")
    ascii_labels = [_find_ascii_label(label) for label in labels]
    known = [label for label in ascii_labels if label is not None]
    found = ".".join(known)
    if len(known) < max(2, len(labels)) or len(found) > 253:
        return None
    if known[-1].isdigit() or "_" in known[-1]:
        return None
    return found


def _find_ascii_label(label: str) -> str | None:
    if label.isascii() and not label.startswith("xn--"):
        return label if _PLAIN_LABEL(label) else None
    try:
        encoded = idna.encode(label, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    return encoded if _PLAIN_LABEL(encoded) else None
