"""Charts as inline SVG: text stays text, colours follow the page, and the same data draws the same.

Every number in a chart is in a table beside it, so a chart may be skipped by who cannot see it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from io import StringIO
from typing import Any, Final

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

# Stand-ins that become the page's own colours, for light and dark alike.
_COLOURS: Final = {
    "#010101": "var(--ink)",
    "#020202": "var(--muted)",
    "#030303": "var(--line)",
    "#040404": "var(--good)",
    "#050505": "var(--look)",
    "#060606": "var(--calm)",
    "#070707": "var(--bad)",
}
INK, MUTED, LINE, GOOD, LOOK, CALM, BAD = _COLOURS
_PARTS: Final = (GOOD, CALM, LOOK, BAD, MUTED, INK)
_SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,
}
_WIDTH_IN: Final = 6.4
_DRAWN: Final = 64
"""Charts of each kind that are kept: one takes 15 ms, and most are of what was so a moment ago."""

Bar = tuple[str, float, str, str]
"""Label, length, what is written at its end, colour."""


def bars(name: str, title: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars from top to bottom, each with its number. `name` is unique on the page."""
    return _bars(name, title, tuple(rows))


def trend(
    name: str, title: str, labels: Sequence[str], values: Sequence[float], colour: str
) -> Markup:
    """One line over the runs, the oldest on the left; first, last and highest are labelled."""
    return _trend(name, title, tuple(labels), tuple(values), colour)


def stacks(
    name: str, title: str, labels: Sequence[str], parts: Sequence[tuple[str, Sequence[float]]]
) -> Markup:
    """One bar a label, the oldest on the left: what is above zero upwards, what is below down.

    The parts come in the order of the legend, the last one grey: it is the rest.
    """
    drawn = tuple((label, tuple(values)) for label, values in parts)
    return _stacks(name, title, tuple(labels), drawn)


@lru_cache(maxsize=_DRAWN)
def _bars(name: str, title: str, rows: tuple[Bar, ...]) -> Markup:
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH_IN, 0.34 * len(rows) + 0.15))
        axes = figure.add_axes((0.38, 0, 0.62, 1))
        longest = max((length for _, length, _, _ in rows), default=0) or 1
        lengths, colours = [row[1] for row in rows], [row[3] for row in rows]
        axes.barh(range(len(rows)), lengths, height=0.62, color=colours)
        for place, (label, length, shown, _) in enumerate(rows):
            axes.text(length + longest * 0.015, place, shown, va="center")
            axes.text(-longest * 0.02, place, label, va="center", ha="right")
        axes.set_xlim(0, longest * 1.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks([])
        axes.set_xticks([])
        for side in ("bottom", "left"):
            axes.spines[side].set_visible(False)
        axes.axvline(0, color=LINE, linewidth=1)
        return _svg(figure, name, title)


@lru_cache(maxsize=_DRAWN)
def _trend(
    name: str, title: str, labels: tuple[str, ...], values: tuple[float, ...], colour: str
) -> Markup:
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH_IN, 1.9))
        axes = figure.add_axes((0.03, 0.17, 0.9, 0.7))
        places = range(len(values))
        top = max(values, default=0) or 1
        axes.fill_between(places, values, color=colour, alpha=0.18, linewidth=0)
        axes.plot(places, values, color=colour, linewidth=2, marker="o", markersize=4)
        last, highest = len(values) - 1, values.index(top if any(values) else values[0])
        apart = {highest} if min(highest, last - highest) > 1 else set()  # else numbers overlap
        for place in sorted({0, last} | apart):
            axes.annotate(
                f"{values[place]:,.0f}",
                (place, values[place]),
                textcoords="offset points",
                xytext=(0, 7),
                ha="center",
            )
        axes.set_ylim(min(0, *values) * 1.25, top * 1.25)
        # Only so much room at the ends that their numbers fit.
        axes.set_xlim(-0.07 * max(last, 1), 1.07 * max(last, 1))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        shown = sorted({0, len(labels) - 1})
        axes.set_xticks(shown, [labels[place] for place in shown])
        axes.get_xticklabels()[0].set_horizontalalignment("left" if len(shown) > 1 else "center")
        axes.get_xticklabels()[-1].set_horizontalalignment("right" if len(shown) > 1 else "center")
        return _svg(figure, name, title)


@lru_cache(maxsize=_DRAWN)
def _stacks(
    name: str,
    title: str,
    labels: tuple[str, ...],
    parts: tuple[tuple[str, tuple[float, ...]], ...],
) -> Markup:
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH_IN, 2.6))
        axes = figure.add_axes((0.03, 0.12, 0.94, 0.66))
        edges = [place - 0.5 for place in range(len(labels) + 1)]
        above, below = [0.0] * len(labels), [0.0] * len(labels)
        for number, (label, values) in enumerate(parts, start=1):
            is_rest = number == len(parts)
            colour = LINE if is_rest else _PARTS[(number - 1) % len(_PARTS)]
            hatch = "///" if number > len(_PARTS) and not is_rest else None
            ends = zip(values, above, below, strict=True)
            bottoms = [up if value >= 0 else down for value, up, down in ends]
            tops = [bottom + value for bottom, value in zip(bottoms, values, strict=True)]
            # One shape a part: a bar a day would be 2,000 for a year, which takes a second to draw.
            filled: dict[str, Any] = {"fill": True, "color": colour, "hatch": hatch, "linewidth": 0}
            axes.stairs(tops, edges, baseline=bottoms, label=label, **filled)
            above = [up + max(value, 0) for value, up in zip(values, above, strict=True)]
            below = [down + min(value, 0) for value, down in zip(values, below, strict=True)]
        axes.axhline(0, color=MUTED, linewidth=1)
        axes.set_ylim(1.05 * min(below, default=0) - 0.01, 1.05 * max(above, default=0) + 0.01)
        axes.set_yticks([])
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        shown = sorted({0, len(labels) - 1})
        axes.set_xticks(shown, [labels[place] for place in shown])
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.get_xticklabels()[-1].set_horizontalalignment("right")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, fontsize=9)
        return _svg(figure, name, title)


def _svg(figure: Any, name: str, title: str) -> Markup:
    target = StringIO()
    # No date and no metadata: the same numbers give the same bytes.
    figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :]
    # Its style sheet would hold for the whole page.
    unwanted = r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>"
    svg = re.sub(unwanted, "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s(?:xmlns(?::\w+)?|version|width|height)="[^"]*"(?=[^<]*viewBox)', "", svg)
    svg = re.sub(r'\sxmlns(?::\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{name}-", svg)
    svg = re.sub(r"font-family: [^;\"]*;?\s*", "", svg)  # the page says which font
    svg = re.sub(r'style="([^"]*)"', _as_attributes, svg)
    for stand_in, colour in _COLOURS.items():
        svg = svg.replace(stand_in, colour)
    opening = f'<svg class="chart" role="img" aria-label="{escape(title)}"'
    return Markup(svg.replace("<svg", opening, 1).strip())  # noqa: S704 - matplotlib escapes text


def _as_attributes(style: re.Match[str]) -> str:
    """The same look without a style sheet of its own, which a strict policy of a page forbids."""
    pairs = (one.partition(":") for one in style[1].split(";") if one.strip())
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, _, value in pairs)
