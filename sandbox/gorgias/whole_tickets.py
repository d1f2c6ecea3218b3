"""A ticket with all that belongs to it: as the API shows it, and as variables reach into it."""

from typing import Any

from sandbox.gorgias.access import ACCOUNT
from sandbox.gorgias.account import Account

UNPOSTED = ("external_data", "ecommerce_data")


def full_ticket(account: Account, row: int) -> dict[str, Any]:
    """Return a ticket as `GET /tickets/{id}` shows it: with customer and messages."""
    customer_row = account.tickets.customer_row(row)
    customer = None
    if customer_row is not None and customer_row not in account.customers.gone:
        customer = account.customers.full(customer_row)
        del customer["custom_fields"]
    messages = account.tickets.messages(row)
    return account.tickets.list_row(row) | {"customer": customer, "messages": messages}


def ticket_variables(account: Account, row: int) -> dict[str, Any]:
    """Return what `{{ticket}}` stands for: the full ticket, with what events add to it."""
    ticket = full_ticket(account, row)
    customer, messages = ticket["customer"], ticket["messages"]
    return ticket | {
        "account": {"domain": ACCOUNT},
        "requester": customer and {"id": customer["id"]},
        "first_message": messages[0] if messages else None,
        "last_message": messages[-1] if messages else None,
    }


def posted_ticket(ticket: dict[str, Any]) -> dict[str, Any]:
    """Return the ticket as integrations without a form post it.

    The one captured body had neither `external_data` nor `custom_fields` on its customer.
    """
    customer = ticket["customer"]
    if customer is None:
        return ticket
    kept = {name: value for name, value in customer.items() if name not in UNPOSTED}
    return ticket | {"customer": kept}
