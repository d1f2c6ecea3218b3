"""Everything that a running sandbox holds."""

from collections.abc import Sequence
from typing import Any, cast

from fastapi import Request

from sandbox.clock import Clock
from sandbox.gorgias.account import Account
from sandbox.ground import Ground
from sandbox.options import Options
from sandbox.people import People
from sandbox.programme.programme import Programme
from sandbox.programme.side import Side
from sandbox.switches import with_changes


class World:
    """The Gorgias account, the programme, and by name the sides through which it can be asked."""

    def __init__(self, options: Options, sides: Sequence[type[Side]]) -> None:
        self.options = options
        clock = Clock(options.base, options.speed)
        people = People(options.seed, options.members, options.customers)
        self.ground = Ground(clock, people, options.switches, options.seed)
        wanted = options.tickets
        tickets = options.customers * 15 // 100 if wanted is None else wanted
        self.account = Account(
            self.ground,
            tickets=tickets,
            enterprise=options.enterprise,
            allowance=options.allowance,
        )
        self.programme = Programme(self.ground)
        self.sides = {side.name: side(self.programme) for side in sides}
        self.programme.listeners.extend(self.sides.values())

    def reset(self) -> None:
        """Put all data, webhooks and the OAuth login back to what the seed gives."""
        self.account.reset()
        self.programme.reset()
        for side in self.sides.values():
            side.reset()

    def set_switches(self, changes: dict[str, Any]) -> None:
        """Set switches by name.

        Raises:
            ValueError: no such switch, or a value that does not fit it.
        """
        self.ground.switches = with_changes(self.ground.switches, changes)


def world_of(request: Request) -> World:
    """Return the world that a request is about."""
    return cast("World", request.app.state.world)
