"""Smile's side of the programme. Webhooks are not documented, so there are none."""

import json

from fastapi import FastAPI

from sandbox.ground import Ground
from sandbox.programme.apps import build_platform_app
from sandbox.programme.door import BearerDoor
from sandbox.programme.side import Side
from sandbox.smile import routes
from sandbox.smile.shown import customer_id_of, find_row_of
from sandbox.world import World

REQUESTS_PER_S = 10


class SmileSide(Side):
    """Customers by Smile's own ids."""

    name = "smile"
    base_path = "/v1"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.key = f"api_{ground.seed:08d}"
        self.door = BearerDoor(self.key, REQUESTS_PER_S, 1.0, self.error_body)

    def build_app(self, world: World) -> FastAPI:
        """Return the application of the Smile port."""
        return build_platform_app(world, self, (routes,), self.error_body)

    def id_of(self, row: int) -> int:
        """Return a customer's id."""
        return customer_id_of(row)

    def find_row(self, member_id: str) -> int | None:
        """Return the row of an id."""
        return find_row_of(int(member_id)) if member_id.isdecimal() else None

    def error_body(self, status: int, text: str) -> bytes:
        """Word an error in the shape that the switch names."""
        shape = self.ground.switches.smile_error_shape
        if shape == "text":
            return text.encode()
        content = {"message": text, "status": status}
        return json.dumps({"error": content} if shape == "error_message" else content).encode()
