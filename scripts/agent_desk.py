"""What a person does by hand at the sandbox's Gorgias: makes the button, writes as a customer."""

from __future__ import annotations

import re
from collections.abc import Mapping

import requests

from loyalty_desk.connect import button

TIMEOUT_S = 20.0
BUTTON = re.compile(r'data-button="')
TICKET = re.compile(r'data-ticket="(\d+)"')


class AgentDesk:
    """The agent's view of the sandbox, which needs no login on this machine."""

    def __init__(self, gorgias_url: str) -> None:
        self.url = f"{gorgias_url}/app"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between this machine and itself

    def make_button(self, widget_id: int, awards_url: str, token: str, reason: str) -> None:
        """Put the button that awards points on a widget, with the values that connect tells.

        In the place of those that stand there: they may be of an earlier start, on other ports.
        """
        page = self._session.get(f"{self.url}/widgets/{widget_id}", timeout=TIMEOUT_S)
        for _ in BUTTON.findall(page.text):
            self._post(f"widgets/{widget_id}", {"action": "remove", "place": "0"})
        fields = button.fields(reason)
        self._post(
            f"widgets/{widget_id}",
            {
                "action": "add",
                "label": button.LABEL,
                "method": "POST",
                "url": awards_url,
                "headers": f"Authorization: Bearer {token}",
                "content_type": "application/json",
                "asked": button_lines(fields, editable=True),
                "sent": button_lines(fields, editable=False),
            },
        )

    def newest_tickets(self) -> list[int]:
        """The tickets on the first page, the newest first."""
        answer = self._session.get(self.url, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return [int(found) for found in TICKET.findall(answer.text)]

    def write_as_customer(self, ticket_id: int, text: str) -> None:
        """Add a message of the customer's, as when a mail comes in."""
        self._post(f"ticket/{ticket_id}/messages", {"body": text, "author": "customer"})

    def _post(self, path: str, form: Mapping[str, str]) -> None:
        answer = self._session.post(
            f"{self.url}/{path}", data=form, timeout=TIMEOUT_S, allow_redirects=False
        )
        answer.raise_for_status()


def button_lines(fields: tuple[button.ButtonField, ...], *, editable: bool) -> str:
    """The fields of a button as the sandbox's sidebar editor takes them, a line each."""
    chosen = [field for field in fields if field.editable is editable]
    return "\n".join(f"{f.key} ({f.key.capitalize()}) = {f.value}" for f in chosen)
