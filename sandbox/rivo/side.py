"""Rivo's side of the programme."""

from typing import Any

from fastapi import FastAPI

from sandbox.ground import Ground
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import find_row_of, member_id_of
from sandbox.programme.side import Side
from sandbox.rivo.answers import BASE_PATH
from sandbox.rivo.app import build_app
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

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.door = RivoDoor(ground)
        self.key = self.door.api_key
        self.hooks = Hooks(ground)
        self.shelf = Shelf(ground)

    def build_app(self, world: World) -> FastAPI:
        """Return the application of the Rivo port."""
        return build_app(world, self)

    def id_of(self, row: int) -> int:
        """Return a member's id."""
        return member_id_of(row)

    def find_row(self, member_id: str) -> int | None:
        """Return the row of an id."""
        return find_row_of(int(member_id)) if member_id.isdecimal() else None

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
