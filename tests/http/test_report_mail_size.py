"""The report of a large shop, by a mail server that takes no more than the setting says."""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pandas as pd  # noqa: F401 - so that what it takes of memory is taken before it is measured
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.records import RunState
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks.report_mail import send_report
from tests.factories import STORE
from tests.http.mailbox import LEAD, Mailbox, SetStore, receiving

MB = 1_000_000
NEVER_WROTE = 200_000
DESK = f"https://airflow.shop.example/loyalty/desk/{STORE}"


@pytest.fixture
def most_mb(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture
def mailbox(most_mb: float) -> Iterator[Mailbox]:
    with receiving(int(most_mb * MB)) as opened:
        yield opened


@pytest.fixture
def shop(
    staging: Engine, set_store: SetStore, most_mb: float, monkeypatch: pytest.MonkeyPatch
) -> Engine:
    """A store with one run, whose mails may be no larger than the server takes."""
    settings: dict[str, Any] = {"email_to": [LEAD]}
    if most_mb != 8:  # the default
        settings["max_mail_mb"] = most_mb
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.shop.example")
    set_store(reports=settings)
    with staging.begin() as connection:
        start_run(connection, STORE, "r1", {}, utc_now())
        finish_run(connection, STORE, "r1", RunState.SUCCEEDED, None, utc_now())
        binds = {"store": STORE, "run_id": "r1", "report_path": "r1/report.html"}
        connection.execute(statement("report/runs/set_report_path"), binds)
    return staging


def members_who_never_wrote(engine: Engine, how_many: int) -> None:
    rows = [
        {
            "store": STORE,
            "member_id": f"64000{number:08}",
            "outcome": "member_not_in_gorgias",
            "since_utc": utc_text(utc_now()),
        }
        for number in range(how_many)
    ]
    with engine.begin() as connection:
        connection.execute(schema.unmatched_members.insert(), rows)


def customers_to_look_at(engine: Engine, how_many: int) -> None:
    rows = [
        {
            "store": STORE,
            "customer_id": 70_000_000 + number * 7,
            "outcome": "ambiguous",
            "since_utc": utc_text(utc_now()),
        }
        for number in range(how_many)
    ]
    with engine.begin() as connection:
        connection.execute(schema.unmatched_customers.insert(), rows)


def body_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def attached(mail: EmailMessage) -> dict[str, bytes]:
    return {
        str(one.get_filename()): one.get_payload(decode=True) for one in mail.iter_attachments()
    }


def rows_of(book: bytes) -> list[tuple[Any, ...]]:
    sheet = load_workbook(BytesIO(book), read_only=True)["Unclear"]
    return list(sheet.iter_rows(min_row=5, values_only=True))


@pytest.mark.parametrize("most_mb", [8], indirect=True)
def test_members_who_never_wrote_are_counted_and_not_attached(
    shop: Engine, mailbox: Mailbox
) -> None:
    members_who_never_wrote(shop, NEVER_WROTE)
    customers_to_look_at(shop, 3)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert send_report(STORE, force=True)

    [mail], [size] = mailbox.mails, mailbox.sizes
    files = attached(mail)
    assert list(files) == ["report.html", "mismatches.xlsx", "mismatches.csv"]
    assert size < MB
    assert len(rows_of(files["mismatches.xlsx"])) == 3
    assert f"Never wrote to us (members): {NEVER_WROTE:,}" in body_of(mail)
    assert f'<a href="{DESK}"' in body_of(mail)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    assert grown_mb < 150


@pytest.mark.parametrize("most_mb", [1.5], indirect=True)
def test_a_list_that_is_zipped_where_that_helps_is_whole(shop: Engine, mailbox: Mailbox) -> None:
    customers_to_look_at(shop, 9_000)

    assert send_report(STORE, force=True)

    [mail] = mailbox.mails
    files = attached(mail)
    assert list(files) == ["report.html", "mismatches.xlsx", "mismatches.csv.zip"]
    with ZipFile(BytesIO(files["mismatches.csv.zip"])) as archive:
        assert len(archive.read("mismatches.csv").splitlines()) == 9_001
    assert 'href="mismatches.csv.zip"' in files["report.html"].decode()
    assert "Attached are" not in body_of(mail)


@pytest.mark.parametrize("most_mb", [0.6], indirect=True)
def test_what_does_not_fit_is_left_to_the_desk_and_the_mail_says_so(
    shop: Engine, mailbox: Mailbox
) -> None:
    customers_to_look_at(shop, 20_000)

    assert send_report(STORE, force=True)

    [mail], [size] = mailbox.mails, mailbox.sizes
    files = attached(mail)
    listed = rows_of(files["mismatches.xlsx"])
    assert size <= 0.6 * MB
    assert 500 < len(listed) < 20_000, "as many as there is room for"
    assert listed[0][0] == "70000000", "the first ones"
    assert f"Attached are {len(listed):,} of 20,000 mismatches" in body_of(mail)
    assert re.search(f'<a href="{DESK}"[^>]*>All are on the desk.</a>', body_of(mail))


@pytest.mark.parametrize("most_mb", [0.2], indirect=True)
def test_a_mail_that_can_hold_hardly_anything_is_sent_all_the_same(
    shop: Engine, mailbox: Mailbox
) -> None:
    customers_to_look_at(shop, 20_000)

    assert send_report(STORE, force=True)
    assert mailbox.sizes[0] <= 0.2 * MB
