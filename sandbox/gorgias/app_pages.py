"""The pages that an agent sees: tickets, one ticket with its sidebar, a customer."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from sandbox.gorgias import agent_view, ticket_deeds
from sandbox.gorgias.access import AGENT_ID
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import ApiError
from sandbox.gorgias.app_frame import (
    APP_PATH,
    FOLDER,
    HEADERS,
    PageError,
    go_to,
    read_form,
    require_own_browser,
    show,
)
from sandbox.gorgias.buttons import press
from sandbox.gorgias.sidebar import Widget

router = APIRouter(prefix=APP_PATH, dependencies=[Depends(require_own_browser)])
AUTHORS = ("agent", "customer", "note")


@router.get("")
async def show_tickets(request: Request) -> Response:
    """Show the newest tickets, or those that a search finds."""
    account = account_of(request)
    search = request.query_params.get("q", "").strip()
    return show(
        request,
        "tickets.html",
        search=search,
        tickets=agent_view.recent_tickets(account, search),
        customers=agent_view.find_customers(account, search),
    )


@router.get("/style.css")
async def get_style() -> Response:
    """Return the style sheet."""
    headers = HEADERS | {"cache-control": "max-age=60"}
    return Response((FOLDER / "agent.css").read_bytes(), headers=headers, media_type="text/css")


@router.get("/ticket/{ticket_id}")
async def show_ticket(request: Request, ticket_id: int) -> Response:
    """Show a ticket with its messages and its sidebar; `macro` fills in the reply."""
    account = account_of(request)
    row = _ticket_row(account, ticket_id)
    context = agent_view.ticket_context(account, row)
    customer_row = account.tickets.customer_row(row)
    return show(
        request,
        "ticket.html",
        ticket=context["ticket"],
        customer=context["ticket"]["customer"],
        fields=[] if customer_row is None else agent_view.customer_fields(account, customer_row),
        widgets=agent_view.widgets(account, context, "ticket", context["ticket"]["customer"]),
        macros=agent_view.usable_macros(account),
        picked=agent_view.find_macro(account, request.query_params.get("macro", ""), context),
        tag_names=sorted(tag["name"] for tag in account.desk.tags.held.values()),
        result=account.results.find(request.query_params.get("result", "")),
        here=f"{APP_PATH}/ticket/{ticket_id}",
    )


@router.get("/customer/{customer_id}")
async def show_customer(request: Request, customer_id: int) -> Response:
    """Show a customer with the widgets made for that page, and the tickets."""
    account = account_of(request)
    row = _customer_row(account, customer_id)
    context, customer = agent_view.customer_context(account, row), account.customers.full(row)
    return show(
        request,
        "customer.html",
        customer=customer,
        fields=agent_view.customer_fields(account, row),
        tickets=agent_view.customer_tickets(account, row),
        widgets=agent_view.widgets(account, context, "customer", customer),
        result=account.results.find(request.query_params.get("result", "")),
        here=f"{APP_PATH}/customer/{customer_id}",
    )


@router.post("/ticket/{ticket_id}/messages")
async def add_message(request: Request, ticket_id: int) -> Response:
    """Add what was written, and the tags of the macro it came from."""
    account = account_of(request)
    row = _ticket_row(account, ticket_id)
    form = await read_form(request)
    text, author = form.get("body", "").strip(), form.get("author", "agent")
    if not text or author not in AUTHORS:
        raise PageError(400, "A message needs some text.")
    context = agent_view.ticket_context(account, row)
    picked = agent_view.find_macro(account, form.get("macro", ""), context)
    try:
        ticket_deeds.add_message(account, row, _message(context, author, text))
        if picked and author != "customer":
            account.desk.macros.held[picked.id]["usage"] += 1
            _add_tags(account, row, list(picked.tags))
    except ApiError as refused:
        raise PageError(refused.status, refused.text) from None
    return go_to(f"{APP_PATH}/ticket/{ticket_id}#last")


@router.post("/ticket/{ticket_id}/tags")
async def change_tags(request: Request, ticket_id: int) -> Response:
    """Add or remove a tag by its name."""
    account = account_of(request)
    row = _ticket_row(account, ticket_id)
    form = await read_form(request)
    name = form.get("name", "").strip()
    try:
        if form.get("action") == "remove":
            ticket_deeds.remove_tags(
                account, row, [ticket_deeds.find_tag_id(account, {"name": name})]
            )
        elif name:
            _add_tags(account, row, [name])
    except ApiError as refused:
        raise PageError(refused.status, f"Tag {name}: {refused.text}") from None
    return go_to(f"{APP_PATH}/ticket/{ticket_id}#tags")


@router.post("/ticket/{ticket_id}/button")
async def press_on_ticket(request: Request, ticket_id: int) -> Response:
    """Press a button of a ticket's sidebar."""
    account = account_of(request)
    context = agent_view.ticket_context(account, _ticket_row(account, ticket_id))
    shown = agent_view.widgets(account, context, "ticket", context["ticket"]["customer"])
    return await _press(request, shown, f"{APP_PATH}/ticket/{ticket_id}")


@router.post("/customer/{customer_id}/button")
async def press_on_customer(request: Request, customer_id: int) -> Response:
    """Press a button of a customer's page."""
    account = account_of(request)
    row = _customer_row(account, customer_id)
    context = agent_view.customer_context(account, row)
    shown = agent_view.widgets(account, context, "customer", account.customers.full(row))
    return await _press(request, shown, f"{APP_PATH}/customer/{customer_id}")


async def _press(request: Request, shown: list[Widget], here: str) -> Response:
    form = await read_form(request)
    button = agent_view.find_button(shown, form.get("button", ""))
    if button is None:
        raise PageError(404, "The button is gone: the page has changed since it was loaded.")
    given = {
        int(name.removeprefix("field-")): value
        for name, value in form.items()
        if name.removeprefix("field-").isdecimal()
    }
    account = account_of(request)
    result = await press(button, given, account.ground.switches.button_timeout_s)
    key = account.results.keep(result)
    return go_to(f"{here}?{urlencode({'result': key})}#button-{button.id}")


def _add_tags(account: Account, row: int, names: list[str]) -> None:
    tag_ids = [ticket_deeds.find_tag_id(account, {"name": name}, by_hand=True) for name in names]
    if tag_ids:
        ticket_deeds.add_tags(account, row, tag_ids)


def _message(context: dict[str, Any], author: str, text: str) -> dict[str, Any]:
    if author == "note":
        kind = {"channel": "internal-note", "via": "helpdesk", "public": False}
    else:
        channel = context["ticket"]["channel"]
        kind = {"channel": channel, "via": "helpdesk" if author == "agent" else channel}
    customer = context["ticket"]["customer"]
    sender: Any = {"id": AGENT_ID}
    if author == "customer":
        sender = customer and {name: customer[name] for name in ("id", "email", "name")}
    return kind | {"from_agent": author != "customer", "sender": sender, "body_text": text}


def _ticket_row(account: Account, ticket_id: int) -> int:
    row = account.tickets.find_row(ticket_id)
    if row is None:
        raise PageError(404, f"There is no ticket {ticket_id}.")
    return row


def _customer_row(account: Account, customer_id: int) -> int:
    row = account.customers.find_row(customer_id)
    if row is None:
        raise PageError(404, f"There is no customer {customer_id}.")
    return row
