"""HTTP integrations at work: something happens on a ticket, an address is called, the reply kept.

Storing a reply is not an event itself, so an integration never sets itself off.
"""

import json
from typing import Any
from urllib.parse import urlencode

from sandbox.calling import Call, Reply, iter_tries
from sandbox.clock import iso_naive
from sandbox.gorgias.account import Account
from sandbox.gorgias.ticket_store import FIRST_TICKET_ID
from sandbox.gorgias.variables import (
    AS_IN_MACROS,
    Reading,
    body_reading_of,
    render_tree,
    render_url,
    text_of,
)
from sandbox.gorgias.whole_tickets import posted_ticket, ticket_variables

CREATED, UPDATED, MESSAGE_CREATED = "ticket-created", "ticket-updated", "ticket-message-created"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BODILESS = ("GET", "HEAD")


def happened(
    account: Account, trigger: str, row: int, message: dict[str, Any] | None = None
) -> None:
    """Note what happened on a ticket, and call every active integration that waits for it."""
    ticket_id = FIRST_TICKET_ID + row
    event = account.events.add(trigger, "Ticket", ticket_id)
    wanted = [one for one in account.desk.integrations.held.values() if _waits_for(one, trigger)]
    if not wanted:
        return
    ticket = ticket_variables(account, row)
    context: dict[str, Any] = {"ticket": ticket, "message": message, "event": event}
    context["context"] = {"ticket": posted_ticket(ticket), "message": message, "event": event}
    reading = body_reading_of(account.ground.switches)
    for integration in wanted:
        # Rendered now: what changes while the call waits for its turn is another event.
        call = build_call(integration["http"], context, reading)
        account.deliveries.record(integration["id"]).calls += 1
        account.deliveries.background.start(_deliver(account, integration, call, trigger, row))


def customer_written(account: Account, customer_row: int, *, counts: bool) -> None:
    """Note that a customer's data or fields were written, if a switch says that this counts."""
    rows = account.tickets.rows_of_customer(customer_row) if counts else []
    if rows:
        newest = max(rows, key=account.tickets.by_updated.stamp)
        account.tickets.update(newest, {})
        happened(account, UPDATED, newest)


def _waits_for(integration: dict[str, Any], trigger: str) -> bool:
    if integration["deactivated_datetime"] is not None:
        return False
    triggers = integration["http"].get("triggers") or {}
    return any(on is True and name.replace("_", "-") == trigger for name, on in triggers.items())


def build_call(
    http: dict[str, Any], context: dict[str, Any], reading: Reading = AS_IN_MACROS
) -> Call:
    """Return the request that an integration's settings describe.

    A form is sent as JSON, as form fields or, with GET, in the query. Without one the whole ticket
    is posted. Headers go out as they are.
    """
    method = http.get("method", "GET")
    url = render_url(http["url"], context, reading)
    headers = {str(name): str(value) for name, value in (http.get("headers") or {}).items()}
    form = http.get("form")
    rendered = None if form is None else render_tree(form, context, reading)
    if method in BODILESS:
        query = urlencode(_flat(rendered))
        joint = "&" if "?" in url else "?"
        return Call(method, f"{url}{joint}{query}" if query else url, headers)
    kind = http.get("request_content_type", JSON) if form is not None else JSON
    if kind == FORM:
        content = urlencode(_flat(rendered)).encode()
    else:
        body = posted_ticket(context["ticket"]) if form is None else rendered
        content = json.dumps(body, ensure_ascii=False).encode()
    return Call(method, url, {"content-type": kind} | headers, content)


def _flat(form: Any) -> dict[str, str]:
    return {name: text_of(value) for name, value in form.items()} if isinstance(form, dict) else {}


async def _deliver(
    account: Account, integration: dict[str, Any], call: Call, trigger: str, row: int
) -> None:
    switches = account.ground.switches
    record = account.deliveries.record(integration["id"])
    reply = Reply(0)
    attempts, timeout_s = switches.integration_attempts, switches.integration_timeout_s
    async for attempt, reply in iter_tries(account.ground.clock, call, attempts, timeout_s):
        record.note_try(trigger, FIRST_TICKET_ID + row, attempt, reply)
        if 0 < reply.status < 500:
            break
    record.note_end(succeeded=reply.is_success)
    if reply.is_success:
        record.stored += _store(account, integration["id"], row, reply)
    elif record.failures_in_a_row >= switches.integration_disabled_after:
        _disable(account, integration)


def _store(account: Account, integration_id: int, row: int, reply: Reply) -> bool:
    """Keep a reply on the ticket's customer, if it is a JSON object; say whether it was."""
    try:
        content = json.loads(reply.body)
    except ValueError:
        return False
    customer_row = account.tickets.customer_row(row)
    is_there = customer_row is not None and customer_row not in account.customers.gone
    known = integration_id in account.desk.integrations.held
    if not isinstance(content, dict) or not is_there or not known or customer_row is None:
        return False
    account.customers.set_integration(customer_row, str(integration_id), content)
    return True


def _disable(account: Account, integration: dict[str, Any]) -> None:
    if integration["deactivated_datetime"] is not None:
        return
    stamp = iso_naive(account.ground.clock.now_us())
    integration.update(deactivated_datetime=stamp, updated_datetime=stamp)
    account.deliveries.record(integration["id"]).failures_in_a_row = 0
    account.events.add("integration-deactivated", "Integration", integration["id"])
