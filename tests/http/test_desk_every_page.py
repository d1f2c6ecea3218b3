"""Every page of a filled desk: no word of the program on it, times by the store's zone, and on a
phone nothing cut off.
"""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page

from loyalty_desk.connect.families import dag_ids
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.app import make_app
from tests.browser import NARROW, shoot
from tests.factories import STORE
from tests.http.api_client import MOUNT
from tests.http.desk import DESK, DeskClient
from tests.http.desk_browser import open_page, serious
from tests.http.desk_filled import fill_up, read, walk
from tests.http.desk_world import DOUBLE
from tests.project import PROJECT_ROOT

CODED = re.compile(r"\b[A-Za-z]\w*_\w*\b")
PATH = re.compile(r"(?<![\w/.<])/(?:[\w.-]+/)+[\w.-]*")
OFF = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d|\b\d+(?:\.\d+)? (?:s|min|h)\b|\b\d{4,}(?:\.\d+)? (?:points|credits)\b"
)
ZONELESS = re.compile(r"\d\d:\d\d(?! (?:CES?T|Europe/Oslo)\b)|\bUTC\b")
SETTING = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
FILES = {
    "/desk/{store}/runs/{run_id}/{file}",
    "/desk/{store}/docs/{path:path}",
    "/desk/{store}/awards/batches/{batch_id}/result.{form}",
    "/desk/{store}/goodwill/{file}",
    "/desk/{store}/export",
}
"""What is no page."""
MADE_FOR_PROGRAMS = re.compile(rf"{DESK}/(?:\w+/setup\b|_components)")
"""Where names of the program are to be read and typed; elsewhere only those that Airflow shows, and
settings.
"""
COMMANDS = ("airflow ", "loyalty-desk ", "python -m loyalty_desk ")
IN_UTC = (f"{DESK}/{STORE}/goodwill",)
"""Days of the ledger are those of UTC, and the page says so."""


@pytest.fixture(scope="module")
def filled(one_desk: DeskClient) -> DeskClient:
    fill_up(one_desk, staging_engine())
    return one_desk.as_user("admin")


@pytest.fixture(scope="module")
def pages(filled: DeskClient) -> dict[str, str]:
    return walk(filled)


def test_the_walk_comes_to_every_page(pages: dict[str, str]) -> None:
    routes = [one for one in make_app().routes if isinstance(one, APIRoute)]
    wanted = {
        one.path
        for one in routes
        if one.path.startswith("/desk/") and "GET" in one.methods and one.path not in FILES
    }
    reached = {
        one.path
        for one in routes
        for path in pages
        if one.path_regex.fullmatch(path.partition("?")[0].removeprefix(MOUNT))
    }

    assert wanted - reached == set()


def test_no_page_says_a_word_of_the_program(pages: dict[str, str]) -> None:
    dags = {dag_id for store in (STORE, "other") for dag_id in dag_ids(store)}
    settings = SETTING.findall((PROJECT_ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))
    names = {*dags, *(one.rpartition(".")[2] for one in settings)}
    found = []
    for path, html in pages.items():
        if MADE_FOR_PROGRAMS.match(path):
            continue
        seen = read(html)
        for text in seen.texts:
            found += [(path, hit) for shape in (CODED, PATH, OFF) for hit in shape.findall(text)]
        for code in seen.codes:
            is_typed = code.startswith(COMMANDS) or path.endswith("/awards/import")
            coded = () if is_typed else CODED.findall(code)
            found += [(path, f"code {hit}") for hit in coded if hit not in names]

    assert not found, "\n".join(map(str, found))


def test_times_are_those_of_the_stores_zone_with_its_sign(pages: dict[str, str]) -> None:
    mine = {path: html for path, html in pages.items() if path.startswith(f"{DESK}/{STORE}")}
    found = [
        (path, hit)
        for path, html in mine.items()
        if not path.startswith(IN_UTC)
        for text in read(html).texts
        for hit in ZONELESS.findall(text)
    ]

    assert not found, "\n".join(map(str, found))
    overview = mine[f"{DESK}/{STORE}"]
    assert re.search(r"As of \d\d:\d\d Europe/Oslo\.", overview)
    assert "Times are those of Europe/Oslo." in overview


def test_what_is_ignored_until_a_day_is_so_until_its_end_at_the_store(filled: DeskClient) -> None:
    assert "ignored until 31 Dec 2099: twins" in filled.get("/mismatches", status="ignored").text
    page = filled.get(f"/mismatches/customer/{DOUBLE}").text
    assert "ignored until 31 Dec 2099, 23:59 CET: twins" in page


def test_the_overview_begins_with_what_needs_a_person(pages: dict[str, str]) -> None:
    texts = [text.strip() for text in read(pages[f"{DESK}/{STORE}"]).texts]
    order = ["What needs a person now", "The last run stopped.", "How it stands", "The last runs"]

    assert [texts.index(one) for one in order] == sorted(texts.index(one) for one in order)
    assert "1,200" in texts, "numbers have their thousands marked"


CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((one) => {
  if (one.closest("svg, thead") || !one.checkVisibility()) return false;
  if (one.matches("input, select, option, textarea")) return false;
  const box = one.getBoundingClientRect();
  const scrolls = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
    && getComputedStyle(one).overflowX !== "visible" && one.clientWidth > 1;
  return scrolls || box.right > innerWidth + 1;
}).map((one) => one.outerHTML.slice(0, 120))"""
NAMELESS = """() => [...document.querySelectorAll("td")].filter((one) =>
  one.checkVisibility() && one.textContent.trim() && !one.dataset.label
).map((one) => one.outerHTML.slice(0, 120))"""


def opened(page: Page, desk: DeskClient, path: str) -> None:
    answer = page.goto(f"{desk.url}{path}")
    assert answer is not None
    assert answer.status == 200
    # What opens is looked at too.
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_rows_are_cards_and_nothing_is_cut_off_or_scrolls_sideways(
    browser: Browser, filled: DeskClient, pages: dict[str, str], scheme: str
) -> None:
    watched = open_page(browser, filled, "admin", viewport=NARROW, color_scheme=scheme)
    page, found = watched.page, {}
    for path in one_of_each(pages):
        opened(page, filled, path)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        troubles = [*page.evaluate(CUT_OFF), *page.evaluate(NAMELESS), *serious(page)]
        if troubles or overflow > 0:
            found[path] = [f"{overflow} too wide", *troubles]
        name = re.sub(r"\W+", "-", path.removeprefix(DESK)).strip("-") or "stores"
        shoot(page, f"every-{scheme}-{name}"[:80])
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]

    assert found == {}
    assert watched.troubles == []
    page.context.close()


def one_of_each(pages: dict[str, str]) -> list[str]:
    """A path of each route, the one with the most on it."""
    routes = [one for one in make_app().routes if isinstance(one, APIRoute)]
    longest: dict[str, str] = {}
    for path, html in pages.items():
        if "</html>" not in html:
            continue  # a part of a page
        below = path.partition("?")[0].removeprefix(MOUNT)
        route = next(one.path for one in routes if one.path_regex.fullmatch(below))
        if route not in longest or len(html) > len(pages[longest[route]]):
            longest[route] = path
    return sorted(longest.values())
