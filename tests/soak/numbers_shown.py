"""Whether the numbers on the desk's pages add up, read from the pages as a person reads them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from tests.http.desk import DeskClient
from tests.soak.shop import Shop

FOUND = re.compile(r"([\d.,\s]*\d) found")
ROWS = re.compile(r'name="chosen"')
OPTIONS = re.compile(r'<select id="(\w+)".*?</select>', re.DOTALL)
VALUES = re.compile(r'<option value="([^"]+)"')
TILE = re.compile(
    r'<span class="name">([^<]+)</span>\s*<strong class="value">([^<]*)</strong>\s*'
    r'(?:<span class="more">([^<]*))?'
)


def wrong_numbers(shop: Shop) -> Iterator[str]:
    """Numbers of the overview and of the list of mismatches that contradict each other."""
    pages = shop.pages()
    tiles = {name: (value, more) for name, value, more in TILE.findall(pages.get().text)}
    every, rows = count_found(pages), count_rows(pages)
    told = {
        "the overview": _number(tiles["To look at"][0]),
        "the list's head": every,
        "the list's rows": rows,
        "all classes together": sum(count_found(pages, **one) for one in _options(pages, "class")),
        "both sides together": sum(count_found(pages, **one) for one in _options(pages, "side")),
    }
    if len(set(told.values())) > 1:
        yield f"{shop.name}: open mismatches differ: {told}"
    matched, of = map(_number, re.split(" of ", tiles["Matched"][1]))
    held = shop.rows(
        "SELECT (SELECT COUNT(*) FROM matches WHERE store = :store) AS matched,"
        " (SELECT COUNT(*) FROM matches WHERE store = :store)"
        " + (SELECT COUNT(*) FROM unmatched_customers WHERE store = :store) AS everybody"
    )[0]
    if (matched, of) != (held["matched"], held["everybody"]):
        yield f"{shop.name}: the overview tells {matched} matched of {of}; staging {dict(held)}"
    waiting = _number(tiles["Awards waiting"][0])
    if waiting:
        yield f"{shop.name}: the overview tells {waiting} awards waiting when none are"


def count_found(pages: DeskClient, **query: str) -> int:
    """What the head of the list says; 0 where it says that there is nothing."""
    found = FOUND.search(_text(pages.get("/mismatches", **query).text))
    return 0 if found is None else _number(found[1])


def count_rows(pages: DeskClient) -> int:
    """The rows of all pages of the list."""
    count, number = 0, 1
    while found := len(ROWS.findall(pages.get("/mismatches", page=str(number)).text)):
        count, number = count + found, number + 1
    return count


def _options(pages: DeskClient, name: str) -> list[dict[str, str]]:
    selects = {one[1]: one[0] for one in OPTIONS.finditer(pages.get("/mismatches").text)}
    return [{name: value} for value in VALUES.findall(selects[name])]


def _text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "|", page))


def _number(text: str) -> int:
    """A number as a page shows it, whatever parts its thousands."""
    return int(re.sub(r"\D", "", html.unescape(text)) or 0)
