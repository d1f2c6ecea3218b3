"""Looks up whom an address names, as Gorgias told it."""

from __future__ import annotations

from loyalty_desk.card.emails import read_blank_as_plus, read_email
from loyalty_desk.lookup.answers import LookedUp, nobody
from loyalty_desk.lookup.fresh import lookup_of
from loyalty_desk.records import EmailState, Outcome
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.texts.of_store import texts_of


def look_up(store: StoreSettings, told: str | None) -> LookedUp:
    """Find the card of an address; of one that cannot be, say so.

    A `+` in a query that nobody encoded comes as a blank: it counts when one member has the address
    that is meant.
    """
    email_key, state = read_email(told)
    if email_key is not None:
        return lookup_of(store).find(email_key)
    meant = read_blank_as_plus(told or "")
    found = None if meant is None else lookup_of(store).find(meant)
    if found is not None and found.found.member_id is not None:
        return found
    is_missing = state is EmailState.MISSING
    outcome = Outcome.NO_EMAIL if is_missing else Outcome.INVALID_EMAIL
    return nobody(outcome, wording=texts_of(store).default)
