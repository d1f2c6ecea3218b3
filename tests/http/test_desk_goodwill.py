"""The page of goodwill: what it shows, to whom, by which filters; and its files."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from io import BytesIO, StringIO

import openpyxl
import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.goodwill.chosen import read_chosen
from tests.factories import NOW
from tests.http.desk import DeskClient
from tests.http.goodwill_world import ADA, EVE, FORMULA, fill_goodwill
from tests.sql.award_rows import applied, put


@pytest.fixture
def goodwill(desk: DeskClient, staging: Engine) -> DeskClient:
    """The desk for a manager, with awards of this minute."""
    fill_goodwill(staging)
    return desk.as_user("manager")


def table(client: DeskClient, key: str, **query: str) -> list[list[str]]:
    answer = client.get(f"/goodwill/{key}.csv", **query)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))


def tile(page: str, name: str) -> str:
    found = re.search(rf"<dt>{name}</dt><dd>([^<]*)", page)
    assert found is not None
    return found[1].strip()


def test_what_was_booked_is_counted_and_what_was_taken_back_subtracted(
    goodwill: DeskClient,
) -> None:
    page = goodwill.get("/goodwill")

    assert page.status_code == 200
    assert [tile(page.text, name) for name in ("Awards", "Points", "Credits")] == [
        "3",
        "130",
        "2.50",
    ]
    assert {row[0]: row[1:3] for row in table(goodwill, "agent")[1:]} == {
        ADA: ["1", "100"],
        EVE: ["1", "30"],
        "joan": ["1", "0"],
    }
    [unknown] = table(goodwill, "unknown")[1:]
    assert unknown == ["points", "1", "7777"]


def test_without_an_award_the_page_says_so_once(goodwill: DeskClient) -> None:
    nothing = "No award by hand was booked in these days."
    empty = goodwill.get("/goodwill", **{"from": "2020-01-01", "to": "2020-01-31"}).text

    assert (nothing in empty, "Nothing in these days" in empty) == (True, False)
    assert nothing not in goodwill.get("/goodwill").text
    of_nobody = goodwill.get("/goodwill", agent="nobody").text
    assert "No award by hand was booked of those chosen in these days." in of_nobody


def test_filters_stand_in_the_address_of_page_and_files(goodwill: DeskClient) -> None:
    page = goodwill.get("/goodwill", agent=ADA, by="month").text

    assert tile(page, "Points") == "100"
    assert f'<option value="{ADA}" selected>' in page
    links = re.findall(r'href="([^"]*goodwill/[^"]*)"', page)
    assert len(links) == 9
    assert all("agent=ada%40shop.example" in link and "by=month" in link for link in links)
    assert [row[0] for row in table(goodwill, "reason", agent=ADA)[1:]] == ["gesture"]
    assert [row[:2] for row in table(goodwill, "tags", tag="shoes")[1:]] == [["shoes", "1"]]
    assert [row[0] for row in table(goodwill, "tier", tier="Gold")[1:]] == ["Gold"]


def test_the_workbook_has_every_table_that_is_seen_and_runs_no_formula(
    goodwill: DeskClient,
) -> None:
    answer = goodwill.get("/goodwill/goodwill.xlsx")
    book = openpyxl.load_workbook(BytesIO(answer.content))
    page = goodwill.get("/goodwill").text

    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", page)
    assert [sheet["A1"].value for sheet in book] == titles
    reasons = {row[0].value: row for row in book["Reason"].iter_rows(min_row=5)}
    assert reasons[FORMULA][0].data_type == "s"
    assert (reasons[FORMULA][1].value, reasons[FORMULA][3].value) == (1, 2.5)
    assert reasons[FORMULA][3].number_format == "#,##0.00"
    assert f"'{FORMULA}" in {row[0] for row in table(goodwill, "reason")}


@pytest.mark.parametrize("key", ["time", "liability"])
def test_a_day_of_a_csv_is_one_and_no_text(goodwill: DeskClient, key: str) -> None:
    found = [row[0] for row in table(goodwill, key)[1:]]

    assert found == [date.fromisoformat(one).isoformat() for one in found]
    assert found


def test_who_may_only_look_sees_addresses_masked_everywhere(goodwill: DeskClient) -> None:
    viewer = goodwill.as_user("viewer")
    book = openpyxl.load_workbook(BytesIO(viewer.get("/goodwill/goodwill.xlsx").content))

    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    texts = [viewer.get("/goodwill").text, viewer.get("/goodwill/agent.csv").text, repr(cells)]
    assert [name for text in texts for name in (ADA, EVE) if name in text] == []
    assert "a…@shop.example" in cells


def test_money_is_made_only_where_a_point_has_a_value(goodwill: DeskClient) -> None:
    page = goodwill.get("/goodwill").text

    assert tile(page, "Money") == "—"
    assert "set <code>goodwill.point_value</code>" in page
    assert {row[4] for row in table(goodwill, "agent")[1:]} == {""}


def test_liability_says_what_moved_and_how_much_of_it_was_by_hand(goodwill: DeskClient) -> None:
    yesterday = (utc_now() - timedelta(days=1)).strftime("%Y-%m-%d")
    head, first, last = table(goodwill, "liability", **{"from": yesterday})
    before, newest = (dict(zip(head, row, strict=True)) for row in (first, last))

    assert (newest["Members"], newest["Balance known"], newest["Points"]) == ("4", "4", "400")
    head, first, last = table(goodwill, "movement", **{"from": yesterday})
    before, newest = (dict(zip(head, row, strict=True)) for row in (first, last))
    assert (before["Moved"], before["Unexplained"]) == ("", "")
    assert (newest["Moved"], newest["By hand"], newest["Unexplained"]) == ("0", "0", "0")
    assert "lists no ledger of everybody" in goodwill.get("/goodwill").text


def test_what_the_ledger_tells_is_shown_in_points_and_money_and_nothing_else(
    goodwill: DeskClient, staging: Engine
) -> None:
    yesterday = (utc_now() - timedelta(days=1)).strftime("%Y-%m-%d")
    today = utc_now().strftime("%Y-%m-%d")
    told = "points_earned = 120, points_redeemed = -500, points_expired = NULL, points_adjusted = 0"
    worth = "point_value_millionths = 12500"
    with staging.begin() as connection:
        connection.execute(text(f"UPDATE liability_days SET {worth}"))
        connection.execute(text(f"UPDATE liability_days SET {told} WHERE day = '{today}'"))
        connection.execute(
            text(f"UPDATE liability_days SET points = points + 7 WHERE day = '{yesterday}'")
        )
    days = {"from": yesterday, "to": today}

    head, before, points = table(goodwill, "movement", **days)
    _, _, money = table(goodwill, "movement_money", **days)
    page = goodwill.get("/goodwill", **days).text

    assert head == [
        *("Day", "Moved", "Earned", "Redeemed", "By hand elsewhere", "By hand", "Unexplained")
    ]
    assert before[1:] == [""] * 6
    assert points[1:] == [*("-7", "120", "-500", "0", "0", "373")]
    assert money[1:] == [*("-0.09", "1.50", "-6.25", "0.00", "0.00", "4.66")]
    assert "platform&#39;s ledger was not read whole" in page
    assert "lists no ledger" not in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"from": "tomorrow"}, "no date"),
        ({"from": "2026-02-03", "to": "2026-02-02"}, "after the last"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "At most 731 days"),
        ({"from": "9999-12-01", "to": "9999-12-31"}, "Days are those of 2000 to 2999"),
        ({"from": "0001-01-01", "to": "0002-12-31"}, "Days are those of 2000 to 2999"),
    ],
)
def test_days_that_cannot_be_shown_are_said_and_this_month_is(
    query: dict[str, str], says: str
) -> None:
    chosen = read_chosen(query, NOW)

    assert says in chosen.problem
    assert (chosen.first.isoformat(), chosen.last.isoformat()) == ("2026-03-01", "2026-03-02")


def test_the_page_says_what_of_its_address_was_no_use(goodwill: DeskClient) -> None:
    page = goodwill.get("/goodwill", **{"from": "x", "by": "x", "agent": "nobody"})

    assert page.status_code == 200
    assert "A day is no date" in page.text
    assert goodwill.get("/goodwill/agents.xls").status_code == 404


def test_a_long_table_is_cut_on_the_page_and_whole_in_its_file(
    goodwill: DeskClient, staging: Engine
) -> None:
    at = utc_text(utc_now())
    for number in range(120):
        who = {"agent": f"agent {number:03}", "member_id": "m2", "email": None}
        put(staging, applied(f"many{number}", **who, amount=1, settled_at_utc=at))

    page = goodwill.get("/goodwill").text

    assert "The first 100 of 123; the file has all." in page
    assert "agent 000" in page
    assert '<th scope="row">agent 119</th>' not in page
    assert len(table(goodwill, "agent")) == 1 + 123


def outlying(staging: Engine) -> None:
    """A customer with an id and one with an address, each awarded by three agents; one is far above
    the others.
    """
    at = utc_text(utc_now())
    for agent, amount in ((ADA, 10), (EVE, 10), ("joan", 9_000), ("kim", 10)):
        for who in ("m/2", "lee@shop.example"):
            values = {"member_id": who, "email": None, "amount": amount, "agent": agent}
            put(staging, applied(f"{agent[:3]}{who[:1]}", **values, settled_at_utc=at))


def test_what_is_worth_a_look_leads_to_the_agents_awards_and_to_the_customer(
    goodwill: DeskClient, staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example")
    outlying(staging)
    page = goodwill.get("/goodwill").text

    part = page.partition('id="outliers"')[2].partition("</section>")[0]
    links = re.findall(r'<a href="[^"]*(/desk/acme/(?:awards|customers)[^"]*)">([^<]*)</a>', part)
    assert dict(links) == {
        "/desk/acme/awards?q=joan": "joan",
        "/desk/acme/customers?q=m%2F2": "m/2",
        "/desk/acme/customers?q=lee%40shop.example": "lee@shop.example",
    }
    book = openpyxl.load_workbook(BytesIO(goodwill.get("/goodwill/goodwill.xlsx").content))
    cells = [row[1] for row in book["Outliers"].iter_rows(min_row=5)]
    found = {cell.hyperlink.target for cell in cells if cell.hyperlink}
    assert found == {f"https://airflow.example/loyalty{address}" for address, _ in links}
    assert "'" not in "".join(row[1] for row in table(goodwill, "outliers"))

    viewer = goodwill.as_user("viewer")
    text = viewer.get("/goodwill").text
    assert "q=joan" in text
    assert "lee%40" not in text
    assert "lee@" not in text
