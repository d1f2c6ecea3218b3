"""Every picture of the README and the docs: its page, its window, and what it shows in words.

The pages show it with the words of this list; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tests.pictures import deeds

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "images"
MOST_BYTES: Final = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture. `page` is its address, with what `story.Told` knows in braces.

    It is as wide as the window, in pixels, and as high as the page or the part of it that `part`
    selects, at most `most_height`. `deed` is what somebody does on the page before.
    """

    name: str
    shows: str
    page: str
    part: str = "body"
    width: int = 1200
    most_height: int = 1000
    scheme: Literal["light", "dark"] = "light"
    deed: Callable[[Page], None] = deeds.nothing


PICTURES: Final = (
    Picture(
        name="setup",
        shows="The check-list: what is done, what is next, and its button",
        page="{new_store}/setup",
    ),
    Picture(
        name="overview",
        shows="The overview: what needs a person now, how the store stands, and the last runs",
        page="{desk}",
    ),
    Picture(
        name="phone",
        shows="The overview on a phone, in the dark: the same, below each other",
        page="{desk}",
        width=390,
        most_height=1100,
        scheme="dark",
    ),
    Picture(
        name="mismatches",
        shows="The list of mismatches on the desk: who, why, since when, tickets, who it may be",
        page="{desk}/mismatches?suggested=1",
    ),
    Picture(
        name="history",
        shows="What was written to a customer's card: when, each field from what to what, and why",
        page="{desk}/customers/{customer}",
        part="section[aria-labelledby=history]",
    ),
    Picture(
        name="approval",
        shows="An award that waits: who asks for whom, what it leads to, and two buttons",
        page="{desk}/awards/{award}",
        most_height=1200,
    ),
    Picture(
        name="incident",
        shows="What an incident would do, before anybody is asked: to how many, and what it costs",
        page="{desk}/awards/incident",
        most_height=1200,
        deed=deeds.preview_incident,
    ),
    Picture(
        name="goodwill",
        shows="What points by hand cost in four weeks: the sums, the month's budget, and charts",
        page="{desk}/goodwill?from={first_day}&to={today}&by=week",
        most_height=1300,
    ),
    Picture(
        name="report",
        shows="The first screen of a run's report",
        page="{desk}/runs/{run}/report.html",
        width=1000,
        most_height=900,
    ),
    Picture(
        name="ticket",
        shows="A ticket with the loyalty card beside it, buttons that add points and take them"
        " back, and a macro that says what was booked",
        page="{ticket}",
        width=1400,
        most_height=1250,
        deed=deeds.apologise,
    ),
)
