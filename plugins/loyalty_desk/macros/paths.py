"""Where a macro finds the card. No I/O."""

from __future__ import annotations

import re
from typing import Final

from loyalty_desk.records import Destination
from loyalty_desk.settings.stores_file import StoreSettings

CARD_KEY: Final = re.compile(r"\{\{\s*card\.([a-z_]+)\s*\}\}")
"""How a template names a key of the card, wherever Gorgias keeps it."""


def card_path(store: StoreSettings, integration_id: int | None = None) -> str:
    """The variable that holds the card: as set, else where the card is likely to land.

    A store that writes no customer data has it in what the integration has fetched.
    """
    gorgias = store.gorgias
    if gorgias.macro_card_path:
        return gorgias.macro_card_path
    if integration_id is not None and Destination.CUSTOMER_DATA not in store.push_to:
        return f"ticket.customer.integrations.{integration_id}"
    place = f"external_data.{gorgias.app_id}" if gorgias.app_id else "data"
    return f"ticket.customer.{place}.{gorgias.card_key}"


def with_paths(text: str, path: str) -> str:
    """A template's text with Gorgias' variables for the keys of the card."""
    return CARD_KEY.sub(lambda found: f"{{{{{path}.{found[1]}}}}}", text)
