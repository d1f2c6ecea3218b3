"""Every part that pages of the desk are made of, on one page: for who changes their look."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from loyalty_desk.clock import utc_now
from loyalty_desk.first_steps.step import Button
from loyalty_desk.web.desk.needs import Harm, Need
from loyalty_desk.web.desk.tiles import MOODS, Mood, Tile
from loyalty_desk.web.desk.trends import Trend
from loyalty_desk.web.pages import HERE, PLACES, DeskRoute, airflow_of, base_of, templates
from loyalty_desk.web.rights import Administering

router = APIRouter(prefix="/desk", route_class=DeskRoute)

_PROPERTY: Final = re.compile(r"(--[\w-]+): ([^;]+);")
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
NEEDS: Final = (
    Need(
        harm=Harm.BAD,
        what="1 award may be booked or not.",
        more="What is typed looks like `loyalty-desk doctor`.",
        label="Settle it",
    ),
    Need(
        harm=Harm.LOOK,
        what="Switched off in Airflow:",
        names=[("award_points__shop", ": awards wait and are not booked")],
        button=Button(label="Switch on", calls=(), done="Nothing was done: this is a sample."),
    ),
)
TILES: Final = tuple(
    Tile(name=mood.capitalize(), value="1,234", more="of 5,678 customers", mood=mood, path="")
    for mood in Mood
)
TRENDS: Final = tuple(
    Trend(
        title=f"Of the colour {mood}",
        mood=mood,
        values=("10", "40", "20"),
        line="2,23 50,2 98,16",
        said="from 10 to 20, at most 40",
    )
    for mood in Mood
)


@router.get("/_components")
def show_components(request: Request, user: Administering) -> Response:
    """The page; what is on it belongs to no store."""
    base = base_of(request)
    colours, others = read_properties()
    frame: dict[str, Any] = {
        "base": base,
        "here": f"{base}/_components",
        "airflow": airflow_of(request),
        "places": PLACES,
        "visitor": user,
        "colours": colours,
        "others": others,
        "needs": NEEDS,
        "may_unpause": True,
        "moods": MOODS,
        "tiles": TILES,
        "trends": TRENDS,
        "now": utc_now(),
    }
    return HTMLResponse(templates().get_template("components.html.j2").render(frame))


def read_properties() -> tuple[dict[str, str], dict[str, str]]:
    """The custom properties of the style sheet: colours as they are by day, and all others."""
    sheet = (HERE / "static" / "desk.css").read_text(encoding="utf-8")
    by_day: dict[str, str] = {}
    for name, value in _PROPERTY.findall(sheet):
        by_day.setdefault(name, value)
    colours = {name: value for name, value in by_day.items() if _COLOUR.fullmatch(value)}
    return colours, {name: value for name, value in by_day.items() if name not in colours}
