"""What the agent's pages show of tickets and customers, found in the stores."""

from itertools import islice
from typing import Any

from sandbox.gorgias.access import AGENT_ID
from sandbox.gorgias.account import Account
from sandbox.gorgias.agent_macros import Picked, pick
from sandbox.gorgias.buttons import Button
from sandbox.gorgias.customer_rows import customer_id_of
from sandbox.gorgias.sidebar import HEADINGS, Widget, build_widget
from sandbox.gorgias.variables import reading_of, text_of
from sandbox.gorgias.whole_tickets import ticket_variables

SHOWN, SEARCHED = 50, 5_000
CONTEXTS = {"ticket": ("ticket",), "customer": ("customer", "user")}


def recent_tickets(account: Account, search: str) -> list[dict[str, Any]]:
    """Return tickets, the last updated first; those of an address, or whose texts have a word.

    Words are looked for in the newest tickets only.
    """
    tickets = account.tickets
    walk = (row for _, row in tickets.by_updated.walk(None, down=True))
    rows = (row for row in walk if not tickets.is_trashed(row))
    if not search:
        return [_line(account, row) for row in islice(rows, SHOWN)]
    exact = [
        row
        for customer_row in account.customers.rows_with_address(search)
        for row in tickets.rows_of_customer(customer_row)
    ]
    exact.sort(key=tickets.by_updated.stamp, reverse=True)
    lines = {row: _line(account, row) for row in exact}
    for row in islice(rows, SEARCHED):
        if len(lines) >= SHOWN:
            break
        line = _line(account, row)
        if row not in lines and search.casefold() in _words(line):
            lines[row] = line
    return list(lines.values())[:SHOWN]


def find_customers(account: Account, address: str) -> list[dict[str, Any]]:
    """Return the customers with an address, tickets or not."""
    if not address:
        return []
    return [account.customers.thin(row) for row in account.customers.rows_with_address(address)]


def customer_tickets(account: Account, row: int) -> list[dict[str, Any]]:
    """Return a customer's tickets, the last updated first."""
    rows = account.tickets.rows_of_customer(row)
    rows.sort(key=account.tickets.by_updated.stamp, reverse=True)
    return [_line(account, row) for row in rows[:SHOWN]]


def ticket_context(account: Account, row: int) -> dict[str, Any]:
    """Return what macros and buttons on a ticket may use."""
    return {"ticket": ticket_variables(account, row), "current_user": current_user(account)}


def customer_context(account: Account, row: int) -> dict[str, Any]:
    """Return what buttons on a customer's page may use: no ticket, but perhaps its customer."""
    context: dict[str, Any] = {"current_user": current_user(account)}
    if account.ground.switches.customer_page_has_ticket_customer:
        context["ticket"] = {"customer": account.customers.full(row)}
    return context


def current_user(account: Account) -> dict[str, Any]:
    """Return the agent who looks."""
    agent: dict[str, Any] = account.desk.users.held[AGENT_ID]
    return agent


def widgets(
    account: Account, context: dict[str, Any], where: str, customer: dict[str, Any] | None
) -> list[Widget]:
    """Return the widgets of a context, `ticket` or `customer`, in their order."""
    held = [
        one
        for one in account.desk.widgets.held.values()
        if one["context"] in CONTEXTS[where] and one["deactivated_datetime"] is None
    ]
    held.sort(key=lambda one: (one["order"] or 0, one["id"]))
    switches = account.ground.switches
    return [build_widget(one, customer, context, heading(account, one), switches) for one in held]


def heading(account: Account, widget: dict[str, Any]) -> str:
    """Return what a widget goes by: its integration's name, or what its data is."""
    integration = account.desk.integrations.held.get(widget["integration_id"] or 0)
    if integration is not None:
        return str(integration["name"])
    kind = str(widget["type"])
    return HEADINGS.get(kind, kind.replace("_", " ").title())


def find_button(shown: list[Widget], button_id: str) -> Button | None:
    """Return a button that is on the page."""
    buttons = (button for widget in shown for button in widget.buttons())
    return next((button for button in buttons if button.id == button_id), None)


def customer_fields(account: Account, row: int) -> list[tuple[str, str]]:
    """Return label and value of each customer field in use; "" for no value."""
    values = account.customers.field_values(row)
    fields = [
        one
        for one in account.desk.fields.held.values()
        if one["object_type"] == "Customer" and not one["deactivated_datetime"]
    ]
    fields.sort(key=lambda one: (-(one["priority"] or 0), one["id"]))
    return [(one["label"], text_of(values.get(one["id"]))) for one in fields]


def usable_macros(account: Account) -> list[dict[str, Any]]:
    """Return the macros that are not archived, by name."""
    held = account.desk.macros.held.values()
    usable = [macro for macro in held if macro["archived_datetime"] is None]
    return sorted(usable, key=lambda macro: str(macro["name"]).casefold())


def find_macro(account: Account, text: str, context: dict[str, Any]) -> Picked | None:
    """Return a usable macro by its id as text, filled in; None for none."""
    macros = (macro for macro in usable_macros(account) if str(macro["id"]) == text)
    reading = reading_of(account.ground.switches)
    return next((pick(macro, context, reading) for macro in macros), None)


def _line(account: Account, row: int) -> dict[str, Any]:
    customer_row = account.tickets.customer_row(row)
    customer = None
    if customer_row is not None and customer_row not in account.customers.gone:
        fields = account.customers.fields(customer_row)
        customer = {"id": customer_id_of(customer_row)} | {
            name: fields[name] for name in ("name", "email")
        }
    return account.tickets.list_row(row) | {"customer": customer}


def _words(line: dict[str, Any]) -> str:
    customer = line["customer"] or {"name": "", "email": ""}
    texts = (str(line["id"]), line["subject"], customer["name"], customer["email"])
    return "\n".join(text or "" for text in texts).casefold()
