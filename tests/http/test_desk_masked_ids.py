"""Where everybody is named by an e-mail address, who may only look sees none, on no page and in no
file: of members, of customers, of who works here, in ids, names, cards and texts.
"""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from urllib.parse import unquote
from zipfile import is_zipfile

import openpyxl
import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.report.html import write_report
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.tasks.sync import report_dir
from loyalty_desk.web.rights import Right
from tests.factories import STORE
from tests.http.addressed_world import DOMAIN, name_everybody_by_address
from tests.http.api_client import MOUNT
from tests.http.desk import DeskClient
from tests.http.desk_filled import LINK, fill_up, walk
from tests.http.test_desk_every_page import FILES
from tests.http.test_desk_rights import PAGES, right_of

FILE = re.compile(r"/(goodwill|awards/batches|runs)/[^?#]*\.(?:csv|xlsx|html|json)(?:\?|$)")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
RUN = "scheduled__1"


def addresses(text: str) -> list[str]:
    """Those that stand whole in a text, or in an address on it."""
    return ADDRESS.findall(unquote(text))


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
    name_everybody_by_address(staging_engine())
    write_report(staging_engine(), STORE, RUN, report_dir(STORE, RUN), utc_now())
    return one_desk


@pytest.fixture(scope="module")
def pages(filled: DeskClient) -> dict[str, str]:
    """Every page that somebody comes to who may only look."""
    return walk(filled.as_user("viewer"))


@pytest.fixture(scope="module")
def files(filled: DeskClient, pages: dict[str, str]) -> dict[str, str]:
    """What the files say that these pages lead to."""
    viewer = filled.as_user("viewer")
    links = {unescape(link) for html in pages.values() for link in LINK.findall(html)}
    return {link: cells_of(viewer.call("GET", link).content) for link in links if FILE.search(link)}


def test_who_may_only_look_comes_to_every_page_that_is_theirs(pages: dict[str, str]) -> None:
    theirs = [one for one in PAGES if one.methods == {"GET"} and right_of(one) is Right.SEE]
    reached = {
        one.path
        for one in theirs
        for path in pages
        if one.path_regex.fullmatch(path.partition("?")[0].removeprefix(MOUNT))
    }

    assert {one.path for one in theirs} - FILES - reached == set()


def test_they_see_no_address_whole(pages: dict[str, str]) -> None:
    found = {path: sorted(set(seen)) for path, html in pages.items() if (seen := addresses(html))}
    assert found == {}
    for one in ("m…", "e…", "G…", "h…"):  # an id, who works here, a name, a link of a card
        assert any(f"{one}@{DOMAIN}" in html for html in pages.values()), one


def test_no_file_of_the_desk_has_one_whole_for_them(files: dict[str, str]) -> None:
    kinds = {kind for link in files for kind in FILE.findall(link)}
    assert kinds == {"goodwill", "awards/batches", "runs"}

    assert {link: found for link, text in files.items() if (found := addresses(text))} == {}
    for kind in kinds:
        texts = [text for link, text in files.items() if f"/{kind}/" in link]
        assert any(re.search(r"\w(?:…|\\u2026)@", text) for text in texts), kind


def test_who_settles_has_them_whole_in_what_is_ticked_and_opened(filled: DeskClient) -> None:
    page = filled.as_user("manager").get("/mismatches", status="all", side="member").text

    assert re.search(rf'name="chosen" value="member/m\d@{re.escape(DOMAIN)}"', page)
    assert re.search(rf'/mismatches/member/m\d%40{re.escape(DOMAIN)}"', page)
