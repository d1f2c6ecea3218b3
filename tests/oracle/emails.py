"""Whether two addresses are one: without what nobody sees, in one spelling, the domain as in DNS.

Plus-tags and dots count: whether two such addresses are one person is for people to say.
"""

from __future__ import annotations

import unicodedata

import idna

UNSEEN = (
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),  # joiner, fillers, inherent vowels
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),  # variation selectors, and those further down
    *range(0xE0100, 0xE01F0),
)
"""Letters that show nothing and are no format characters (Default_Ignorable_Code_Point)."""


def email_key(address: str | None) -> str | None:
    """The key of an address, or None for one that nobody can be found by."""
    seen = _visible(_visible(address or "").lower())
    local, at, domain = seen.partition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        local = local[1:-1]
    if not at or not local or any(letter.isspace() or letter in '@"<>,;' for letter in local):
        return None
    if "." not in domain.strip(".") or any(letter.isspace() or letter == "@" for letter in domain):
        return None
    try:
        return f"{local}@{idna.encode(domain.removesuffix('.'), uts46=True).decode()}"
    except idna.IDNAError:
        return None


def _visible(text: str) -> str:
    shown = (
        letter
        for letter in unicodedata.normalize("NFKC", text)
        if unicodedata.category(letter) != "Cf" and ord(letter) not in UNSEEN
    )
    return "".join(shown).strip()
