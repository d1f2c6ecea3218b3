"""What people type into a search, and which page of a list they ask for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty_desk.card.emails import read_blank_as_plus, read_email
from loyalty_desk.http.reading import LARGEST_ID

MOST_CHARACTERS: Final = 320
"""As long as an e-mail address may be."""
MOST_DIGITS_OF_A_PAGE: Final = 5


def read_words(query: Mapping[str, str], name: str = "q") -> str:
    """The words of a query without spaces around them; NUL is no text at all."""
    return query.get(name, "").strip().replace("\0", "")[:MOST_CHARACTERS]


def read_page(query: Mapping[str, str]) -> int:
    """The page that a query asks for; the first one when it says nothing that can be."""
    text = query.get("page", "")
    return (find_id(text) or 1) if len(text) <= MOST_DIGITS_OF_A_PAGE else 1


def find_id(text: str) -> int | None:
    """The id of a customer or ticket that a text is; None for any other text."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))
    return int(text) if is_number and 0 < int(text) <= LARGEST_ID else None


def find_email_key(text: str) -> str | None:
    """The key of the e-mail address that a text is, also where a `+` came as a blank; None for any
    other text.
    """
    return (read_email(text)[0] or read_blank_as_plus(text)) if "@" in text else None
