"""What a person does by hand at the sandbox's Gorgias: makes buttons, writes as a customer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import requests

from loyalty_desk.tasks.connect import ButtonToMake

TIMEOUT_S = 20.0
BUTTON = re.compile(r'data-button="')
SHOWN_BUTTON = 'data-testid="http-button"'
TICKET = re.compile(r'data-ticket="(\d+)"')


class AgentDesk:
    """The agent's view of the sandbox, which needs no login on this machine."""

    def __init__(self, gorgias_url: str) -> None:
        self.url = f"{gorgias_url}/app"
        self._control_url = f"{gorgias_url}/_sandbox"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between this machine and itself

    def make_buttons(self, buttons: Sequence[ButtonToMake], own_url: str, token: str) -> None:
        """Put buttons on their widget, with the values that connect tells.

        In the place of those that stand there: they may be of an earlier start, on other ports.
        """
        widget = f"widgets/{buttons[0].widget_id}"
        page = self._session.get(f"{self.url}/{widget}", timeout=TIMEOUT_S)
        for _ in BUTTON.findall(page.text):
            self._post(widget, {"action": "remove", "place": "0"})
        for button in buttons:
            self._add(widget, button, own_url, token)

    def _add(self, widget: str, button: ButtonToMake, own_url: str, token: str) -> None:
        self._post(
            widget,
            {
                "action": "add",
                "label": button.label,
                "method": "POST",
                "url": f"{own_url}{button.path}",
                "headers": f"Authorization: Bearer {token}",
                "content_type": button.content_type,
                "asked": button_lines(button.fields, editable=True),
                "sent": button_lines(button.fields, editable=False),
            },
        )

    def newest_tickets(self) -> list[int]:
        """The tickets on the first page, the newest first."""
        answer = self._session.get(self.url, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return [int(found) for found in TICKET.findall(answer.text)]

    def has_button(self, ticket_id: int) -> bool:
        """Whether the ticket shows a button, as it does beside the card of a member."""
        page = self._session.get(f"{self.url}/ticket/{ticket_id}", timeout=TIMEOUT_S)
        return SHOWN_BUTTON in page.text

    def is_of_member(self, ticket_id: int) -> bool | None:
        """Whether its customer is a member too; None where a sync may not be sure of it."""
        ticket = self._get(f"tickets/{ticket_id}")
        if ticket["customer"] is None:
            return None
        customer = self._get(f"customers/{ticket['customer']['id']}")
        if customer["trouble"] != "none" or not customer["email"]:
            return None
        return bool(customer["paired"])

    def _get(self, path: str) -> dict[str, Any]:
        """Ask the sandbox itself, which knows what it made up."""
        answer = self._session.get(f"{self._control_url}/{path}", timeout=TIMEOUT_S)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def write_as_customer(self, ticket_id: int, text: str) -> None:
        """Add a message of the customer's, as when a mail comes in."""
        self._post(f"ticket/{ticket_id}/messages", {"body": text, "author": "customer"})

    def add_tag(self, ticket_id: int, name: str) -> None:
        """Tag a ticket."""
        self._post(f"ticket/{ticket_id}/tags", {"action": "add", "name": name})

    def _post(self, path: str, form: Mapping[str, str]) -> None:
        answer = self._session.post(
            f"{self.url}/{path}", data=form, timeout=TIMEOUT_S, allow_redirects=False
        )
        answer.raise_for_status()


def button_lines(fields: Iterable[Any], *, editable: bool) -> str:
    """The fields of a button as the sandbox's sidebar editor takes them, a line each."""
    chosen = [field for field in fields if field.editable is editable]
    return "\n".join(f"{f.key} ({f.key.capitalize()}) = {f.value}" for f in chosen)
