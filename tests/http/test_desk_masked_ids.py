"""Ids that are e-mail addresses, as some platforms and files have them, masked like addresses."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from zipfile import is_zipfile

import openpyxl
import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.report.html import write_report
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.schema import METADATA
from tests.factories import STORE
from tests.http.desk import DeskClient
from tests.http.desk_filled import LINK, fill_up, walk

DOMAIN = "ids.example"
FILE = re.compile(r"/(goodwill|awards/batches)/[^?#]*\.(?:csv|xlsx)(?:\?|$)")
WHOLE = re.compile(rf"[\w.+-]+@{re.escape(DOMAIN)}")


def make_ids_addresses(engine: Engine) -> None:
    """Give every member an address for an id, wherever the id is kept."""
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            columns = table.c
            if "member_id" in columns:
                other = columns.member_id + f"@{DOMAIN}"
                members = table.update().where(columns.member_id.is_not(None))
                connection.execute(members.values(member_id=other))
            if {"side", "subject_id"} <= set(columns.keys()):
                other = columns.subject_id + f"@{DOMAIN}"
                members = table.update().where(columns.side == "member")
                connection.execute(members.values(subject_id=other))


def whole_ids(text: str) -> list[str]:
    """Those that stand in a text, or in an address on it."""
    return WHOLE.findall(unquote(text))


def cells_of(content: bytes) -> str:
    """What a workbook has in its cells and where they lead, or a text."""
    if not is_zipfile(BytesIO(content)):
        return content.decode()
    cells = (
        cell
        for sheet in openpyxl.load_workbook(BytesIO(content))
        for row in sheet.iter_rows()
        for cell in row
    )
    return " ".join(f"{cell.value} {cell.hyperlink and cell.hyperlink.target}" for cell in cells)


@pytest.fixture(scope="module")
def filled(one_desk: DeskClient) -> DeskClient:
    fill_up(one_desk, staging_engine())
    make_ids_addresses(staging_engine())
    return one_desk


def test_who_may_only_look_sees_no_id_that_is_an_address_whole(filled: DeskClient) -> None:
    pages = walk(filled.as_user("viewer"))

    found = {path: sorted(set(seen)) for path, html in pages.items() if (seen := whole_ids(html))}
    assert found == {}
    assert any(f"m…@{DOMAIN}" in html for html in pages.values())


def test_no_file_of_the_desk_has_one_whole_for_them(filled: DeskClient) -> None:
    viewer = filled.as_user("viewer")
    pages = walk(viewer).values()
    links = {unescape(link) for html in pages for link in LINK.findall(html)}
    files = sorted(link for link in links if FILE.search(link))
    kinds = {kind for link in files for kind in FILE.findall(link)}
    assert kinds == {"goodwill", "awards/batches"}

    texts = {link: cells_of(viewer.call("GET", link).content) for link in files}
    assert {link: found for link in files if (found := whole_ids(texts[link]))} == {}
    assert any(f"m…@{DOMAIN}" in text for text in texts.values())


def test_who_settles_has_them_whole_in_what_is_ticked_and_opened(filled: DeskClient) -> None:
    page = filled.as_user("manager").get("/mismatches", status="all", side="member").text

    assert re.search(rf'name="chosen" value="member/m\d@{re.escape(DOMAIN)}"', page)
    assert re.search(rf'/mismatches/member/m\d%40{re.escape(DOMAIN)}"', page)


def test_the_files_of_a_run_have_no_id_that_is_an_address_whole(
    filled: DeskClient, tmp_path: Path
) -> None:
    write_report(staging_engine(), STORE, "scheduled__1", tmp_path / "run", utc_now())

    for name in ("report.html", "mismatches.csv", "mismatches.json"):
        text = (tmp_path / "run" / name).read_text(encoding="utf-8")
        assert whole_ids(text) == [], name
        assert f"m…@{DOMAIN}" in text or f"m\\u2026@{DOMAIN}" in text, name
    assert whole_ids(cells_of((tmp_path / "run" / "mismatches.xlsx").read_bytes())) == []
