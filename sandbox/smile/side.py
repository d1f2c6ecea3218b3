"""Smile's side of the programme. Webhooks are not documented, so there are none."""

import json
from typing import Any

from sandbox.bucket import Bucket
from sandbox.programme.access import KeyAccess
from sandbox.programme.member_rows import TIER_IDS_BY_RANK
from sandbox.programme.programme import Programme
from sandbox.programme.side import Side
from sandbox.smile.shown import CUSTOMER_IDS, show_customer, show_tier

REQUESTS_PER_S = 10


class SmileSide(Side):
    """Customers by Smile's own ids."""

    name = "smile"
    base_path = "/v1"
    ids = CUSTOMER_IDS
    never_empty = frozenset({"id", "state", "vip_status"})

    def __init__(self, programme: Programme) -> None:
        super().__init__(programme)
        self.key = f"api_{self.ground.seed:08d}"
        self.access = KeyAccess(f"Bearer {self.key}", Bucket(REQUESTS_PER_S, 1.0), self.error_body)

    def answer(self, row: int) -> dict[str, Any]:
        """Return a customer with all that a list can be asked to include."""
        return show_customer(self.programme, row, frozenset({"vip_status"}))

    def beside(self) -> dict[str, Any]:
        """Return the tiers, of which customers hold the ids alone."""
        return {"vip_tiers": [show_tier(tier_id) for tier_id in TIER_IDS_BY_RANK]}

    def error_body(self, status: int, text: str) -> bytes:
        """Word an error in the shape that the switch names."""
        shape = self.ground.switches.smile_error_shape
        if shape == "text":
            return text.encode()
        content = {"message": text, "status": status}
        return json.dumps({"error": content} if shape == "error_message" else content).encode()
