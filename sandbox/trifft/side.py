"""TRIFFT's side of the programme."""

import json
from typing import Any, cast

from fastapi import Request

from sandbox.calling import Call
from sandbox.programme.deliveries import Deliveries
from sandbox.programme.programme import Programme
from sandbox.programme.side import Side
from sandbox.trifft.access import TrifftAccess, error_body
from sandbox.trifft.shown import find_row_of, show_member, trifft_id_of

ATTEMPTS, TIMEOUT_S = 3, 5.0


class TrifftSide(Side):
    """Members by ids that are texts."""

    name = "trifft"
    base_path = "/v1"
    shows_revoked = True

    def __init__(self, programme: Programme) -> None:
        super().__init__(programme)
        self.access: TrifftAccess = TrifftAccess(self.ground)
        self.key = self.access.key
        self.secret = f"tws_{self.ground.seed:08d}"
        self.hooks: list[dict[str, Any]] = []
        self._deliveries = Deliveries(self.ground.clock)

    def id_of(self, row: int) -> str:
        """Return a member's id."""
        return trifft_id_of(row)

    def find_row(self, member_id: str) -> int | None:
        """Return the row of an id."""
        return find_row_of(member_id)

    def answer(self, row: int) -> dict[str, Any]:
        """Return a member under the names of the switch."""
        return show_member(self.programme, row, self.ground.switches.trifft_style)

    def changed(self, row: int) -> None:
        """Send every webhook, its body filled in as the merchant wrote it."""
        held = self.programme.members.fields(row)
        values = {"member.id": trifft_id_of(row), "member.email": held["email"] or ""}
        for hook in self.hooks:
            body = str(hook.get("template", ""))
            for name, value in values.items():
                body = body.replace("{{ " + name + " }}", json.dumps(value)[1:-1])
            headers = {"content-type": "application/json", **hook.get("headers", {})}
            call = Call("POST", hook["url"], headers, body.encode())
            self._deliveries.send("member changed", call, ATTEMPTS, TIMEOUT_S)

    def deliveries(self) -> list[dict[str, Any]]:
        """Return every try of a delivery."""
        return self._deliveries.tries

    def reset(self) -> None:
        """Forget all webhooks."""
        self.hooks.clear()
        self._deliveries.reset()

    def ready(self, url: str) -> dict[str, Any]:
        """Return the address and credentials for the ready line."""
        more = {"read_only_key": self.access.read_only_key, "webhook_secret": self.secret}
        return super().ready(url) | more

    def error_body(self, status: int, text: str) -> bytes:
        """Word an error in the one documented way."""
        return error_body(status, text)


def trifft_of(request: Request) -> TrifftSide:
    """Return the side that a request is about."""
    return cast("TrifftSide", request.app.state.side)
