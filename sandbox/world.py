"""Everything that a running sandbox holds."""

from collections.abc import Sequence
from typing import Any, cast

from fastapi import Request

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.gate import Server
from sandbox.gorgias.buttons import Results
from sandbox.gorgias.customer_store import Customers
from sandbox.gorgias.deliveries import Deliveries
from sandbox.gorgias.desk import Desk
from sandbox.gorgias.door import GorgiasDoor
from sandbox.gorgias.events import Events
from sandbox.gorgias.ticket_store import Tickets
from sandbox.ground import Ground
from sandbox.options import Options
from sandbox.people import People
from sandbox.programme.ledger import Entry, Ledger
from sandbox.programme.member_store import Members
from sandbox.programme.side import Side
from sandbox.switches import with_changes


class World:
    """All accounts, their doors and their figures. `build` makes the data anew.

    `sides` are the platforms through which the one programme can be asked, by name.
    """

    def __init__(self, options: Options, sides: Sequence[type[Side]]) -> None:
        self.options = options
        clock = Clock(options.base, options.speed)
        people = People(options.seed, options.members, options.customers)
        self.ground = Ground(clock, people, options.switches, options.seed)
        self.gorgias = Server("gorgias", Faults(options.seed))
        self.gorgias_door = GorgiasDoor(self.ground, enterprise=options.enterprise)
        self.sides = {side.name: side(self.ground) for side in sides}
        self.deliveries = Deliveries()
        self.build()

    def build(self) -> None:
        """Put all data, webhooks and the OAuth login back to what the seed gives."""
        wanted = self.options.tickets
        tickets = self.options.customers * 15 // 100 if wanted is None else wanted
        self.events = Events(self.ground)
        self.customers = Customers(self.ground)
        self.desk = Desk(self.ground)
        self.tickets = Tickets(self.ground, self.desk, tickets)
        self.members = Members(self.ground)
        self.ledger = Ledger(self.ground, self.members)
        for side in self.sides.values():
            side.reset()
        self.deliveries.reset()
        self.results = Results()
        self.gorgias_door.reset_tokens()

    def book(
        self,
        row: int,
        amounts: tuple[int, int],
        about: dict[str, Any],
        visible_after_s: float = 0.0,
    ) -> Entry:
        """Book for a member as `Ledger.add` does, and tell everybody who listens."""
        entry = self.ledger.add(row, amounts, about, visible_after_s)
        for side in self.sides.values():
            side.booked(self, entry)
        self.changed(row)
        return entry

    def changed(self, row: int) -> None:
        """Tell everybody who listens that a member changed."""
        for side in self.sides.values():
            side.changed(self, row)

    def set_switches(self, changes: dict[str, Any]) -> None:
        """Set switches by name.

        Raises:
            ValueError: no such switch, or a value that does not fit it.
        """
        self.ground.switches = with_changes(self.ground.switches, changes)


def world_of(request: Request) -> World:
    """Return the world that a request is about."""
    return cast("World", request.app.state.world)
