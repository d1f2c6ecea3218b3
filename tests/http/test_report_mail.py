"""The report by mail, by a real mail server: when it is sent, what is in it, what is attached."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import NotToldError
from loyalty_desk.mismatches.history import keep_history
from loyalty_desk.mismatches.suggestions import suggest_members
from loyalty_desk.records import RunState
from loyalty_desk.report.html import write_report
from loyalty_desk.staging import award_schema, schema
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks.report_mail import send_report
from tests.browser import NARROW, Watched, running_browser, shoot
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.mailbox import (
    LEAD,
    TELLER,
    TOLD,
    Mailbox,
    SetStore,
    let_waits_end,
    set_mail_server,
)
from tests.sql.award_rows import applied, put
from tests.sql.staged import Staged
from tests.sql.test_awards import queue, request

EMAIL = "ada@gmial.com"
NOT_A_MEMBER = "Wrote to us, not a member"
AIRFLOW = "https://airflow.shop.example/tools"
PAGE = f"{AIRFLOW}/loyalty/desk/{STORE}"
Send = Callable[..., bool]


@pytest.fixture
def send(set_store: SetStore) -> Send:
    """Send the report, with those settings of `reports`."""

    def run(*, force: bool = False, **reports: Any) -> bool:
        set_store(reports={"email_to": [LEAD], **reports})
        return send_report(STORE, force=force)

    return run


@pytest.fixture
def run(staging: Engine, tmp_path: Path) -> Engine:
    """A run that found one customer without a member, who may be member m1."""
    now = utc_now() - timedelta(minutes=5)
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(7, EMAIL, name="Ada Byron")
        staged.unmatched(7, "customer_not_found")
        staged.update(schema.unmatched_customers, {"customer_id": 7}, since_utc=utc_text(now))
        staged.ticket(4711, 7)
        staged.member("m1", "ada@gmail.com", card='{"name":"Ada Byron"}')
        connection.execute(
            schema.unmatched_members.insert().values(
                store=STORE,
                member_id="m1",
                outcome="member_not_in_gorgias",
                since_utc=utc_text(now),
            )
        )
        start_run(connection, STORE, "r1", {}, now)
        finish_run(connection, STORE, "r1", RunState.SUCCEEDED, None, now)
    keep_history(staging, STORE, now)
    suggest_members(staging, STORE)
    write_report(staging, STORE, "r1", tmp_path / "r1", now)
    return staging


def rows_of(book: EmailMessage, sheet: str) -> list[tuple[Any, ...]]:
    """The rows of a sheet of an attached workbook, below what stands above them."""
    opened = load_workbook(BytesIO(book.get_payload(decode=True)))
    return list(opened[sheet].iter_rows(min_row=5, values_only=True))


def settle(engine: Engine) -> None:
    with engine.begin() as connection:
        Staged(connection).delete(schema.unmatched_customers, customer_id=7)
    keep_history(engine, STORE, utc_now())


def test_the_mail_says_how_things_stand_and_has_page_and_spreadsheet(
    send: Send, run: Engine, mailbox: Mailbox
) -> None:
    assert send()

    [mail] = mailbox.mails
    assert (mail["To"], mail["Subject"]) == (LEAD, "Loyalty of acme: 1 to look at, 1 new")
    body = mail.get_body(("html",))
    assert body is not None
    text = body.get_content()
    assert "The first mail." in text
    assert "For 1 customer without a member" in text
    page, book, sheet = mail.iter_attachments()
    assert [one.get_filename() for one in (page, book, sheet)] == [
        *("report.html", "mismatches.xlsx", "mismatches.csv"),
    ]
    [found] = rows_of(book, NOT_A_MEMBER)
    assert [found[place] for place in (0, 1, 5, 6)] == ["7", "Ada Byron", "m1", "Ada Byron"]
    assert page.get_payload(decode=True).decode().startswith("<!DOCTYPE html>")
    content = sheet.get_payload(decode=True).decode("utf-8-sig")
    [row] = [one for one in csv.DictReader(StringIO(content)) if one["side"] == "customer"]
    assert (row["id"], row["may_be_member"]) == ("7", "m1")
    assert EMAIL not in mail.as_string() + content + page.get_payload(decode=True).decode()


def test_it_is_sent_again_only_when_something_changed(
    send: Send, run: Engine, mailbox: Mailbox
) -> None:
    assert send()
    assert not send()

    settle(run)

    assert send()
    assert mailbox.mails[1]["Subject"] == "Loyalty of acme: 0 to look at, 0 new"
    body = mailbox.mails[1].get_body(("html",))
    assert body is not None
    assert "Since the last mail" in body.get_content()


@pytest.mark.parametrize("how", ["by hand", "by setting"])
def test_it_can_be_sent_although_nothing_changed(
    send: Send, run: Engine, mailbox: Mailbox, how: str
) -> None:
    assert send()

    assert send(force=True) if how == "by hand" else send(only_when_changed=False)

    assert len(mailbox.mails) == 2


def test_nobody_to_send_it_to_is_no_failure(send: Send, run: Engine, mailbox: Mailbox) -> None:
    assert not send(email_to=[])
    assert mailbox.mails == []


def test_without_a_run_there_is_nothing_to_send(
    send: Send, staging: Engine, mailbox: Mailbox
) -> None:
    assert not send(force=True)
    assert mailbox.mails == []


def test_a_mail_that_was_not_taken_is_sent_the_next_time(
    send: Send, run: Engine, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    set_mail_server(set_connection, 9)
    with pytest.raises(NotToldError, match=r"reports\.email_to\.0: ConnectionRefusedError"):
        send()
    set_mail_server(set_connection, mailbox.port)
    assert not send(), "it is left alone for a while"
    let_waits_end(run)

    assert send()
    assert len(mailbox.mails) == 1


def test_the_report_says_why_the_newest_run_stopped_and_how_old_the_data_is(
    send: Send, run: Engine, mailbox: Mailbox
) -> None:
    assert send()
    now = utc_now()
    with run.begin() as connection:  # it was running already when the last mail went out
        start_run(connection, STORE, "r2", {}, now - timedelta(minutes=1))
        finish_run(connection, STORE, "r2", RunState.FAILED, "plan: 900 changes, 500 allowed", now)
        binds = {"store": STORE, "run_id": "r2", "report_path": "r2/report.html"}
        connection.execute(statement("report/runs/set_report_path"), binds)

    assert send(), "a run that stopped is news"
    body = mailbox.mails[1].get_body(("html",))
    assert body is not None
    text = body.get_content()
    assert "The newest run stopped.</strong> plan: 900 changes, 500 allowed" in text
    assert re.search(r"The data is 5 min \d+ s old", text)
    assert not send(), "and is said once"


def test_awards_that_were_refused_since_are_in_the_report_once(
    send: Send, run: Engine, mailbox: Mailbox
) -> None:
    assert send()
    refused(run, utc_now())

    assert send()
    body = mailbox.mails[1].get_body(("html",))
    assert body is not None
    assert "1 award refused or unknown</strong> since then" in body.get_content()
    assert "+50 points, refused: Not joined" in body.get_content()
    assert not send()


def test_it_goes_to_other_notifiers_too_as_text(send: Send, run: Engine, mailbox: Mailbox) -> None:
    TOLD.clear()

    assert send(email_to=[], notifiers=[TELLER])

    assert mailbox.mails == []
    [(subject, text)] = TOLD
    assert subject == "Loyalty of acme: 1 to look at, 1 new"
    assert "Wrote to us, not a member (customers): 1 open, 1 new" in text
    assert EMAIL not in text


def test_the_mail_and_its_page_look_right_and_load_nothing(
    send: Send, run: Engine, mailbox: Mailbox, tmp_path: Path
) -> None:
    assert send()
    [mail] = mailbox.mails
    body = mail.get_body(("html",))
    assert body is not None
    (tmp_path / "mail.html").write_text(body.get_content(), encoding="utf-8")
    attached = next(iter(mail.iter_attachments()))
    (tmp_path / "report.html").write_bytes(attached.get_payload(decode=True))

    with running_browser() as browser:
        for name in ("mail", "report"):
            watched = Watched(browser.new_page())
            watched.page.goto((tmp_path / f"{name}.html").as_uri())
            assert watched.page.get_by_role("table").first.is_visible()
            shoot(watched.page, f"sent-{name}")
            # A file on this machine is all that is asked for.
            assert [one for one in watched.troubles if "file://" not in one] == []


def test_on_a_phone_the_mail_begins_with_what_matters(
    send: Send, run: Engine, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", AIRFLOW)
    refused(run, utc_now())
    assert send()
    body = mailbox.mails[0].get_body(("html",))
    assert body is not None
    (tmp_path / "mail.html").write_text(body.get_content(), encoding="utf-8")

    with running_browser() as browser:
        page = browser.new_page(viewport=NARROW)  # type: ignore[arg-type] # a plain mapping does
        page.goto((tmp_path / "mail.html").as_uri())
        text = page.locator("body").inner_text()
        button = page.get_by_role("link", name="Open the desk")
        place = button.bounding_box()
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        leads = [one.get_attribute("href") for one in page.get_by_role("link").all()]
        shoot(page, "sent-mail-on-a-phone")

    assert overflow <= 0
    marks = ("to look at", "What needs a person", "Not joined", "Open the desk", "What moved")
    assert sorted(marks, key=text.index) == list(marks)
    assert text.index("attached") > text.index("What moved")
    assert place is not None
    assert place["y"] + place["height"] < NARROW["height"], "without scrolling"
    assert place["height"] >= 44, "as large as a thumb"
    assert leads.count(PAGE) == 1, "one button"
    assert {
        f"{PAGE}/mismatches?class=customer_not_found&side=customer",
        f"{PAGE}/mismatches?suggested=1",
    } <= set(leads)
    assert [one for one in leads if not (one or "").startswith(PAGE)] == []
    assert any((one or "").startswith(f"{PAGE}/awards/") for one in leads)


def test_the_page_of_the_mail_leads_to_the_desk_gorgias_and_the_platform(
    send: Send,
    run: Engine,
    mailbox: Mailbox,
    set_connection: SetConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", AIRFLOW)
    set_connection("gorgias_acme", conn_type="gorgias", host="my-shop", login="x", password="y")
    set_connection("rivo_acme", password="k")
    assert send()

    page = next(iter(mailbox.mails[0].iter_attachments())).get_payload(decode=True).decode()

    assert {
        f"{AIRFLOW}/dags/loyalty_sync__{STORE}/runs/r1",
        f"{PAGE}/mismatches/customer/7",
        "https://my-shop.gorgias.com/app/customer/7",
        "https://my-shop.gorgias.com/app/ticket/4711",
        "https://www.shopify.com/admin/customers/m1",
    } <= set(re.findall(r'href="([^"]+)"', page))


def refused(engine: Engine, now: datetime) -> None:
    """An award for a guest, which the store refuses."""
    award_id = queue(engine, request()).award_id
    with engine.begin() as connection:
        Staged(connection).update(
            award_schema.awards,
            {"award_id": award_id},
            state="refused",
            detail="guest",
            settled_at_utc=utc_text(now),
        )


def test_the_workbook_has_a_sheet_of_what_goodwill_cost_this_month(
    send: Send, run: Engine, mailbox: Mailbox
) -> None:
    assert send()
    now = utc_text(utc_now())
    put(run, applied("a1", agent="eve@shop.example", amount=70, settled_at_utc=now))
    assert send(force=True)

    without, book = (
        load_workbook(BytesIO(part.get_payload(decode=True)))
        for mail in mailbox.mails
        for part in mail.iter_attachments()
        if part.get_filename() == "mismatches.xlsx"
    )
    assert without.sheetnames == ["Overview", NOT_A_MEMBER]
    assert book.sheetnames == ["Overview", NOT_A_MEMBER, "Goodwill"]
    rows = [[cell.value for cell in row[:4]] for row in book["Goodwill"].iter_rows(min_row=5)]
    assert rows == [["Agent", "eve", 1, 70], ["Reason", "gesture", 1, 70]]
