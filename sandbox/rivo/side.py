"""Rivo's side of the programme."""

from typing import Any, cast

from fastapi import Request

from sandbox.programme.answers import shaped_error
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import MEMBER_IDS
from sandbox.programme.programme import Programme
from sandbox.programme.side import Side
from sandbox.rivo.access import RivoAccess
from sandbox.rivo.answers import BASE_PATH
from sandbox.rivo.hooks import Hooks
from sandbox.rivo.shelf import Shelf
from sandbox.rivo.shown import hook_body, show_member, snapshot

UPDATED = "loyalty_profile/updated"


class RivoSide(Side):
    """Members by their Shopify ids."""

    name = "rivo"
    base_path = BASE_PATH
    ids = MEMBER_IDS
    never_empty = frozenset({"id", "loyalty_status"})
    shows_revoked = True

    def __init__(self, programme: Programme) -> None:
        super().__init__(programme)
        self.key = f"rk_{self.ground.seed:08d}"
        self.access = RivoAccess(self.ground, self.key, self.error_body)
        self.hooks = Hooks(self.ground)
        self.shelf = Shelf(self.ground)

    def show(self, row: int) -> dict[str, Any]:
        """Return a member as REST answers carry them, and `status`."""
        return self.answer(row) | {"status": self.programme.members.fields(row)["status"]}

    def answer(self, row: int) -> dict[str, Any]:
        """Return a member's attributes."""
        return show_member(self.ground, self.programme.members, row)

    def changed(self, row: int) -> None:
        """Tell the listeners that a member's profile changed."""
        if self.hooks.held:
            body = snapshot(self.ground, self.programme.members, row, UPDATED)
            self.hooks.send(UPDATED, body)

    def booked(self, entry: Entry) -> None:
        """Tell the listeners of a points event."""
        if self.hooks.held:
            body = hook_body(self.ground, self.programme.members, entry)
            self.hooks.send("points_event/created", body)

    def replace_webhook_secret(self, secret: str) -> bool:
        """Sign with another secret from now on."""
        self.hooks.secret = secret
        return True

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


def rivo_of(request: Request) -> RivoSide:
    """Return the side that a request is about."""
    return cast("RivoSide", request.app.state.side)
