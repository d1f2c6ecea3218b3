"""A month's goodwill by mail, by a real mail server: to whom, when, and what is in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import NotToldError
from loyalty_desk.tasks.goodwill_report import NoMonthError, send_goodwill_report
from tests.factories import STORE
from tests.http.mailbox import (
    LEAD,
    TELLER,
    TOLD,
    Mailbox,
    SetStore,
    let_waits_end,
)
from tests.sql.award_rows import applied, put

Send = Callable[..., bool]
LAST = utc_now().replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
"""A moment of the month that ended."""


@pytest.fixture
def send(set_store: SetStore) -> Send:
    """Send what was booked, to those places."""

    def run(run_id: str = "", month: str | None = None, **reports: Any) -> bool:
        set_store(
            currency="EUR",
            goodwill={"point_value": 0.01, "budget_per_month": 500},
            reports={"email_to": [LEAD], **reports},
        )
        return send_goodwill_report(STORE, run_id=run_id, month=month)

    return run


def book(engine: Engine) -> None:
    """Three agents' awards to a member who has no id here but an address, last month."""
    for agent in ("ada@shop.example", "eve@shop.example", "joan"):
        values = {"member_id": None, "subject": "kim@shop.example", "email": "kim@shop.example"}
        put(
            engine,
            applied(agent, agent=agent, amount=150, settled_at_utc=utc_text(LAST), **values),
        )


def test_the_month_that_ended_is_mailed_once_with_its_tables(
    send: Send, staging: Engine, mailbox: Mailbox
) -> None:
    book(staging)

    assert [send("a"), send("b")] == [True, False]

    [mail] = mailbox.mails
    assert mail["Subject"] == f"Loyalty of acme: goodwill of {LAST:%B %Y}"
    body = mail.get_body(("html",))
    assert body is not None
    text = body.get_content()
    assert "3 awards by hand" in text
    assert "Together 4.50 EUR" in text
    assert "The budget of a month is 500.00 EUR" in text
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == "goodwill.xlsx"
    book_ = load_workbook(BytesIO(attached.get_payload(decode=True)))
    cells = [cell.value for sheet in book_ for row in sheet.iter_rows() for cell in row]
    assert {"ada", "eve", "joan", "somebody, by an address"} <= set(cells)
    assert [one for one in (*cells, text) if "@shop.example" in str(one)] == []


def test_a_month_without_awards_is_not_mailed_unless_it_is_asked_for(
    send: Send, mailbox: Mailbox
) -> None:
    assert not send()
    assert send("a", month="2025-02")
    assert not send("a", month="2025-02"), "a task that is tried again tells nobody twice"
    assert mailbox.mails[0]["Subject"] == "Loyalty of acme: goodwill of February 2025"


@pytest.mark.parametrize(
    ("month", "why"),
    [
        ("9999-12", "has not begun"),
        (f"{LAST.year + 1}-12", "has not begun"),
        ("1999-12", "is before 2000"),
        ("0001-01", "is before 2000"),
        ("0000-01", "is no month"),
        ("2026-13", "is no month"),
        ("2026-1-1", "is no month"),
        ("last", "is no month"),
    ],
)
def test_a_month_that_there_is_none_of_is_named_with_the_remedy(
    send: Send, mailbox: Mailbox, month: str, why: str
) -> None:
    with pytest.raises(NoMonthError, match=f"month '{month}' {why}: .* such as {LAST:%Y-%m}"):
        send("a", month=month)
    assert mailbox.mails == []


def test_an_older_month_that_is_asked_for_does_not_have_the_newest_told_again(
    send: Send, staging: Engine, mailbox: Mailbox
) -> None:
    book(staging)
    found = [send("a"), send("b", month="2025-02"), send("c")]

    assert found == [True, True, False]
    assert len(mailbox.mails) == 2


def test_a_place_that_is_down_is_told_by_a_later_run_and_others_once(
    send: Send, staging: Engine, mailbox: Mailbox
) -> None:
    book(staging)
    mailbox.refused.add(LEAD)
    with pytest.raises(NotToldError):
        send("a", notifiers=[TELLER])
    mailbox.refused.clear()
    let_waits_end(staging)

    assert send("b", notifiers=[TELLER])
    assert [len(mailbox.mails), len(TOLD)] == [1, 1]
    assert TOLD[0][1].startswith("3 awards by hand")


def test_what_is_worth_a_look_leads_to_the_desk_and_no_link_holds_an_address(
    send: Send, staging: Engine, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example")
    book(staging)
    for agent in ("joan", "eve", "lee"):
        values = {"agent": agent, "member_id": "m7", "settled_at_utc": utc_text(LAST)}
        put(staging, applied(f"of {agent}", amount=150, **values))
    send()

    [mail] = mailbox.mails
    [attached] = mail.iter_attachments()
    workbook = load_workbook(BytesIO(attached.get_payload(decode=True)))
    who = [row[1] for row in workbook["Outliers"].iter_rows(min_row=5)]
    leads = {cell.value: cell.hyperlink.target for cell in who if cell.hyperlink}
    assert leads["m7"] == "https://airflow.example/loyalty/desk/acme/customers?q=m7"
    assert leads["somebody, by an address"].startswith("https://airflow.example/loyalty/desk/acme")
    assert "@" not in str(leads)
    assert "%40" not in str(leads)
