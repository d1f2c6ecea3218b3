"""A mail server on this machine that keeps what it is sent, and a notifier that does the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, ClassVar

from aiosmtpd.controller import Controller
from airflow.sdk.bases.notifier import BaseNotifier
from sqlalchemy import Engine, text

from scripts.services import find_free_port
from tests.conftest import SetConnection

HOST = "127.0.0.1"
LEAD = "lead@shop.example"
TELLER = {
    "notifier": "tests.http.mailbox.Teller",
    "arguments": {"subject": "{{ alert.subject }}", "text": "{{ alert.text }}"},
}
SetStore = Callable[..., None]
TOLD: list[tuple[str, str]] = []
"""What `Teller` was told: the alert's subject and text."""


class Mailbox:
    """The mails so far. aiosmtpd calls `handle_DATA` in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        self.sizes: list[int] = []
        """How many bytes each of them had."""
        self.refused: set[str] = set()
        """Addresses for which no mail is taken."""

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.sizes.append(len(envelope.content))
        return "250 OK"


@contextmanager
def receiving(most_bytes: int | None = None) -> Iterator[Mailbox]:
    """One that takes mails of so many bytes; without it, of as many as aiosmtpd does."""
    mailbox = Mailbox(find_free_port())
    limit = {} if most_bytes is None else {"data_size_limit": most_bytes}
    controller = Controller(mailbox, hostname=HOST, port=mailbox.port, **limit)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def set_mail_server(set_connection: SetConnection, port: int) -> None:
    """Have Airflow send its mails to this machine."""
    set_connection(
        "smtp_default",
        conn_type="smtp",
        host=HOST,
        port=port,
        extra={
            "disable_ssl": True,
            "disable_tls": True,
            "from_email": "desk@shop.example",
            "timeout": 5,
            "retry_limit": 1,
        },
    )


class Teller(BaseNotifier):
    """Stands for any other notifier of Airflow."""

    template_fields = ("subject", "text")

    def __init__(self, subject: str, text: str) -> None:
        super().__init__()
        self.subject, self.text = subject, text

    def notify(self, context: Any) -> None:
        TOLD.append((self.subject, self.text))


class Failing(BaseNotifier):
    """One that cannot deliver while it is `dead`, and says as little as `Teller` else."""

    template_fields = ("subject", "text")
    dead: ClassVar[bool] = True
    tries: ClassVar[int] = 0

    def __init__(self, subject: str = "", text: str = "") -> None:
        super().__init__()
        self.subject, self.text = subject, text

    def notify(self, context: Any) -> None:
        type(self).tries += 1
        if self.dead:
            raise RuntimeError("cannot deliver to https://hook.example/secret")
        TOLD.append((self.subject, self.text))


def let_waits_end(engine: Engine) -> None:
    """As if so much time had passed that whoever could not be told is tried again."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE tellings SET next_try_utc = '2026-01-01' WHERE tries > 0"))
