"""A customer made to try things on, and removed again.

Source: Gorgias API reference, "Create a customer", "Merge customers", "Delete a customer".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty_desk.errors import ApiUnavailableError, NotFoundError
from loyalty_desk.http.reading import BadFieldError, read_id
from loyalty_desk.http.transport import Transport

MERGED: Final = "Made by the probe of Loyalty Desk (remove me)"


class TrialCustomers:
    """Throw-away customers of one account. Raises what `Transport.send` raises."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, email: str, name: str) -> int:
        channel = {"type": "email", "address": email, "preferred": True}
        body = {"email": email, "name": name, "channels": [channel]}
        answer = self._transport.send("POST", "/api/customers", json=body, retry=False)
        try:
            return read_id(answer.body if isinstance(answer.body, Mapping) else {})
        except BadFieldError:
            raise ApiUnavailableError("Gorgias made a customer and did not tell its id") from None

    def merge(self, source_id: int, target_id: int) -> None:
        """Merge one into another; the first is gone then."""
        query = {"source_id": source_id, "target_id": target_id}
        body = {"note": MERGED}  # without any field Gorgias may refuse
        self._transport.send("PUT", "/api/customers/merge", query=query, json=body, retry=False)

    def delete(self, customer_id: int) -> None:
        try:
            self._transport.send("DELETE", f"/api/customers/{customer_id}", retry=True)
        except NotFoundError:
            return
