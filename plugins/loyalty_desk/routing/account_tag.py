"""The store's tag as the account has it: whether a ticket without it tells what a person wants."""

from __future__ import annotations

import logging

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.share import RequestShare
from loyalty_desk.gorgias.tickets import find_tag_birth
from loyalty_desk.http.reading import BadFieldError

log = logging.getLogger(__name__)


class AccountTag:
    """Asked for when a ticket surprises, and once: one for each sync.

    Deleting a tag takes it off all tickets, so one that is not there, or was made after we were at
    a ticket, tells nothing of that ticket. Nor does one that could not be read.
    """

    def __init__(self, client: GorgiasClient, name: str, share: RequestShare) -> None:
        self._client, self._name, self._share = client, name, share
        self._is_read, self._made_at_utc = False, ""

    @property
    def is_known_to_lack(self) -> bool:
        """Whether it was asked for, and is not there; asks nobody."""
        return self._is_read and not self._made_at_utc

    def is_there(self) -> bool:
        if not self._is_read:
            self._is_read, self._made_at_utc = True, self._read() or ""
        return bool(self._made_at_utc)

    def stood_at(self, at_utc: str) -> bool:
        """Whether it is the one that was there then."""
        return self.is_there() and self._made_at_utc <= at_utc

    def _read(self) -> str | None:
        if not self._share.take(1):
            return None
        try:
            found = find_tag_birth(self._client, self._name)
        except (LoyaltyDeskError, BadFieldError) as error:
            log.warning("tag %r could not be read (%s)", self._name, type(error).__name__)
            return None
        if found is None:
            log.warning("there is no tag %r in Gorgias; `connect` makes it", self._name)
        return found
