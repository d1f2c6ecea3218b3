"""What a person looked at before they asked for it: it is done only while it is still that."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from loyalty_desk.errors import LoyaltyDeskError


class NotAsSeenError(LoyaltyDeskError):
    """It would do something else by now than when it was looked at. Nothing was asked for."""


def seal(looked_at: Any) -> str:
    """A word for what is looked at: the same exactly while it is the same."""
    return hashlib.blake2b(json.dumps(looked_at).encode(), digest_size=16).hexdigest()
