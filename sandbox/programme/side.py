"""What a platform's stand-in adds to the programme: its server, its ids, its webhooks."""

from typing import Any, ClassVar, cast

from fastapi import Request

from sandbox.faults import Faults
from sandbox.gate import Server
from sandbox.programme.access import KeyAccess
from sandbox.programme.ids import NumberedIds
from sandbox.programme.ledger import Entry
from sandbox.programme.programme import Programme


class Side:
    """One platform's view of the programme. `key` is the API key that it takes."""

    name: ClassVar[str]
    base_path: ClassVar[str]
    ids: ClassVar[NumberedIds]
    """Unless its ids are no numbers: then `id_of` and `find_row` are its own."""
    never_empty: ClassVar[frozenset[str]] = frozenset({"id"})
    """The places of an answer that its document always has, and never null."""
    shows_revoked: ClassVar[bool] = False
    """Whether its ledger keeps what was taken back, and says so."""
    access: KeyAccess
    key: str

    def __init__(self, programme: Programme) -> None:
        self.programme, self.ground = programme, programme.ground
        self.server = Server(self.name, Faults(self.ground.seed))

    def error_body(self, status: int, text: str) -> bytes:
        """Word an error in the platform's way."""
        raise NotImplementedError

    def id_of(self, row: int) -> int | str:
        """Return a member's id on this platform."""
        return self.ids.of(row)

    def find_row(self, member_id: str) -> int | None:
        """Return the row of an id, whether somebody is there or not; None when it cannot be one."""
        return self.ids.find_row(int(member_id)) if member_id.isdecimal() else None

    def show(self, row: int) -> dict[str, Any]:
        """Return a member for the control API."""
        return {**self.programme.members.fields(row), "id": self.id_of(row)}

    def answer(self, row: int) -> dict[str, Any]:
        """Return a member as the platform's list answers of one."""
        raise NotImplementedError

    def beside(self) -> dict[str, Any]:
        """Return what a caller reads besides the members to understand them."""
        return {}

    def changed(self, row: int) -> None:
        """Tell the listeners that a member changed."""

    def booked(self, entry: Entry) -> None:
        """Tell the listeners that something was booked."""

    def replace_key(self, key: str) -> None:
        """Take another API key from now on, and the present one no more."""
        self.access.replace_key(self.key, key)
        self.key = key

    def replace_webhook_secret(self, secret: str) -> bool:
        """Sign with another secret from now on; False where none is signed."""
        del secret
        return False

    def deliveries(self) -> list[dict[str, Any]]:
        """Return every try of a webhook delivery."""
        return []

    def reset(self) -> None:
        """Forget all webhooks."""

    def ready(self, url: str) -> dict[str, Any]:
        """Return the address and credentials for the ready line."""
        return {"url": url + self.base_path, "api_key": self.key}


def side_of(request: Request) -> Side:
    """Return the side whose server was asked."""
    return cast("Side", request.app.state.side)
