"""Rivo's side of the programme."""

from typing import Any

from fastapi import FastAPI

from sandbox.ground import Ground
from sandbox.programme.apps import build_platform_app, shaped_error
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import MEMBER_IDS
from sandbox.programme.side import Side
from sandbox.rivo import hook_routes, member_routes, point_routes
from sandbox.rivo.answers import BASE_PATH
from sandbox.rivo.door import RivoDoor
from sandbox.rivo.hooks import Hooks
from sandbox.rivo.shelf import Shelf
from sandbox.rivo.shown import hook_body, show_member, snapshot
from sandbox.world import World

UPDATED = "loyalty_profile/updated"


class RivoSide(Side):
    """Members by their Shopify ids."""

    name = "rivo"
    base_path = BASE_PATH
    ids = MEMBER_IDS
    shows_revoked = True

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.key = f"rk_{ground.seed:08d}"
        self.door = RivoDoor(ground, self.key, self.error_body)
        self.hooks = Hooks(ground)
        self.shelf = Shelf(ground)

    def build_app(self, world: World) -> FastAPI:
        """Return the application of the Rivo port."""
        return build_platform_app(
            world, self, (member_routes, point_routes, hook_routes), self.error_body
        )

    def show(self, world: World, row: int) -> dict[str, Any]:
        """Return a member as REST answers carry them, and `status`."""
        status = world.members.fields(row)["status"]
        return show_member(world.ground, world.members, row) | {"status": status}

    def changed(self, world: World, row: int) -> None:
        """Tell the listeners that a member's profile changed."""
        if self.hooks.held:
            self.hooks.send(UPDATED, snapshot(world.ground, world.members, row, UPDATED))

    def booked(self, world: World, entry: Entry) -> None:
        """Tell the listeners of a points event."""
        if self.hooks.held:
            body = hook_body(world.ground, world.members, entry)
            self.hooks.send("points_event/created", body)

    def deliveries(self) -> list[dict[str, Any]]:
        """Return every try of a delivery: event type, attempt, status (0: no answer)."""
        return self.hooks.deliveries

    def reset(self) -> None:
        """Forget all webhooks and redemptions."""
        self.hooks.reset()
        self.shelf = Shelf(self.ground)

    def ready(self, url: str) -> dict[str, Any]:
        """Return the address and credentials for the ready line."""
        return super().ready(url) | {"webhook_secret": self.hooks.secret}

    def error_body(self, _status: int, text: str) -> bytes:
        """Word an error in the shape that the switch names."""
        return shaped_error(self.ground.switches.rivo_error_shape, text)
