"""Everything that the Gorgias account holds."""

from typing import cast

from fastapi import Request

from sandbox.faults import Faults
from sandbox.gate import Server
from sandbox.gorgias.access import GorgiasAccess
from sandbox.gorgias.buttons import Results
from sandbox.gorgias.customer_store import Customers
from sandbox.gorgias.deliveries import Deliveries
from sandbox.gorgias.desk import Desk
from sandbox.gorgias.events import Events
from sandbox.gorgias.ticket_store import Tickets
from sandbox.gorgias.work import Work
from sandbox.ground import Ground


class Account:
    """The account, its access and its figures. `reset` makes the data anew."""

    def __init__(self, ground: Ground, *, tickets: int, enterprise: bool, allowance: float) -> None:
        self.ground = ground
        self.server = Server("gorgias", Faults(ground.seed))
        self.access = GorgiasAccess(ground, enterprise=enterprise, allowance=allowance)
        self.deliveries = Deliveries()
        self._first_tickets = tickets
        self.reset()

    def reset(self) -> None:
        """Put all data and the OAuth login back to what the seed gives."""
        self.events = Events(self.ground)
        self.customers = Customers(self.ground)
        self.desk = Desk(self.ground)
        self.tickets = Tickets(self.ground, self.desk, self._first_tickets)
        self.work = Work(self.ground, self.tickets)
        self.deliveries.reset()
        self.results = Results()
        self.access.reset_tokens()


def account_of(request: Request) -> Account:
    """Return the account that a request is about."""
    return cast("Account", request.app.state.account)
