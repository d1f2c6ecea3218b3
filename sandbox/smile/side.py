"""Smile's side of the programme. Webhooks are not documented, so there are none."""

import json

from fastapi import FastAPI

from sandbox.bucket import Bucket
from sandbox.ground import Ground
from sandbox.programme.apps import build_platform_app
from sandbox.programme.door import KeyDoor
from sandbox.programme.side import Side
from sandbox.smile import routes
from sandbox.smile.shown import CUSTOMER_IDS
from sandbox.world import World

REQUESTS_PER_S = 10


class SmileSide(Side):
    """Customers by Smile's own ids."""

    name = "smile"
    base_path = "/v1"
    ids = CUSTOMER_IDS

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.key = f"api_{ground.seed:08d}"
        self.door = KeyDoor(f"Bearer {self.key}", Bucket(REQUESTS_PER_S, 1.0), self.error_body)

    def build_app(self, world: World) -> FastAPI:
        """Return the application of the Smile port."""
        return build_platform_app(world, self, (routes,), self.error_body)

    def error_body(self, status: int, text: str) -> bytes:
        """Word an error in the shape that the switch names."""
        shape = self.ground.switches.smile_error_shape
        if shape == "text":
            return text.encode()
        content = {"message": text, "status": status}
        return json.dumps({"error": content} if shape == "error_message" else content).encode()
