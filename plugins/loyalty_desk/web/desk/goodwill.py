"""Goodwill: what points and credits by hand cost, what is worth a look, what all points come to.

Shows nothing of anybody that the page of awards does not show to the same visitor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from loyalty_desk.card.emails import masked_name
from loyalty_desk.clock import utc_now
from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.goodwill.chosen import Chosen, read_chosen
from loyalty_desk.goodwill.money import as_decimal
from loyalty_desk.goodwill.spans import Span
from loyalty_desk.hooks.elsewhere import elsewhere_of
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.pages import DeskRoute, base_of, page
from loyalty_desk.web.rights import Seeing, Visitor

if TYPE_CHECKING:
    from loyalty_desk.goodwill.ledger import Goodwill
    from loyalty_desk.goodwill.table import Table

router = APIRouter(prefix="/desk/{store}/goodwill", route_class=DeskRoute)

WORKBOOK: Final = "goodwill.xlsx"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BARS: Final = 12
MOST_ROWS: Final = 100
"""Of a table on the page; its file has all."""
BY_DAY: Final = frozenset({"time", "budget", "liability", "movement", "movement_money"})


@router.get("")
def show_goodwill(request: Request, visitor: Seeing) -> Response:
    """Everything for what the address chooses: charts, and the table under each."""
    here = f"{base_of(request)}/{visitor.store.name}"
    found, tables = _load(request, visitor, Elsewhere(desk=here))
    is_anything_booked = not found.by_span.empty
    return page(
        request,
        "goodwill.html.j2",
        visitor,
        place="Goodwill",
        found=found,
        chosen=found.chosen,
        query=found.chosen.query(),
        money=None if found.money is None else as_decimal(found.money),
        credits=as_decimal(found.credits),
        burndown=found.burndown,
        left=found.burndown and as_decimal(found.burndown.left[-1][1]),
        is_anything_booked=is_anything_booked,
        tables=[
            (table, *_chart(table, found)) for table in tables if table.rows or is_anything_booked
        ],
        agents=[(one, one) for one in found.agents if visitor.sees_addresses or "@" not in one],
        reasons=[(one, one.replace("_", " ")) for one in found.reasons],
        tiers=[(one, one) for one in found.tiers],
        tags=[(one, one) for one in found.tags],
        spans=[(span.value, span.value.capitalize()) for span in Span],
        workbook=WORKBOOK,
        by_day=BY_DAY,
        most_rows=MOST_ROWS,
    )


@router.get("/{file}")
def send(request: Request, visitor: Seeing, file: str) -> Response:
    """What is seen as a workbook, or one of its tables as CSV."""
    from loyalty_desk.report.sheets import csv_of, workbook_of  # noqa: PLC0415 - as below

    _, tables = _load(request, visitor, elsewhere_of(visitor.store))
    if file == WORKBOOK:
        return _as_file(workbook_of(tables), file, XLSX)
    for table in tables:
        if file == f"{table.key}.csv":
            return _as_file(csv_of(table).encode(), file, "text/csv")
    raise WebError(404, "There is no such file.")


def _load(request: Request, visitor: Visitor, elsewhere: Elsewhere) -> tuple[Goodwill, list[Table]]:
    from loyalty_desk.goodwill.kept import load_kept  # noqa: PLC0415 - pandas takes 0.4 s
    from loyalty_desk.goodwill.ledger import load_goodwill  # noqa: PLC0415 - as above
    from loyalty_desk.goodwill.outliers import Outlier, address_of  # noqa: PLC0415 - as above
    from loyalty_desk.goodwill.tables import tables_of  # noqa: PLC0415 - as above

    def leads(one: Outlier) -> str | None:
        """No link holds an address that the visitor is not to see."""
        is_seen = visitor.sees_addresses or "@" not in one.who
        return address_of(one, elsewhere) if is_seen else None

    now = utc_now()
    chosen: Chosen = read_chosen(request.query_params, now)
    with reading(staging_engine()) as connection:
        found = load_goodwill(connection, visitor.store, chosen, now, read=load_kept)
    named = str if visitor.sees_addresses else masked_name
    return found, tables_of(found, agent=named, customer=named, leads=leads)


def _as_file(content: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _chart(table: Table, found: Goodwill) -> tuple[str, Markup | None]:
    """What a chart of a table shows, and the chart, where there is something to show: money, or
    points where none is made of them.
    """
    from loyalty_desk.report import charts  # noqa: PLC0415 - matplotlib takes a second

    if table.key.startswith("movement"):
        return _movement_chart(table)
    measure = "Points" if found.money is None else "Money"
    titles = [column.title for column in table.columns]
    if table.key in {"budget", "liability"}:
        measure = "Left" if table.key == "budget" else "Points"
    if measure not in titles:
        return measure, None
    place = titles.index(measure)
    shown = [(str(row[0]), float(row[place])) for row in table.rows if row[place] is not None]
    name, title = f"goodwill-{table.key}", f"{table.title}: {measure.lower()}"
    if table.key in BY_DAY:
        if len(shown) < 2:
            return measure, None
        labels, values = [label for label, _ in shown], [value for _, value in shown]
        colour = charts.GOOD if table.key == "budget" else charts.CALM
        return measure, charts.trend(name, title, labels, values, colour)
    largest = sorted(shown, key=lambda one: -one[1])[:MOST_BARS]
    if not any(value > 0 for _, value in largest):
        return measure, None
    bars = [(label, max(value, 0.0), f"{value:,.0f}", charts.CALM) for label, value in largest]
    return measure, charts.bars(name, title, bars)


def _movement_chart(table: Table) -> tuple[str, Markup | None]:
    """What moved, one bar a day, of parts that add up to it."""
    from loyalty_desk.report import charts  # noqa: PLC0415 - as above

    measure = "Points" if table.key == "movement" else "Money"
    shown = [row for row in table.rows if row[1] is not None]
    if len(shown) < 2:
        return measure, None
    parts = [
        (column.title, [float(row[place] or 0) for row in shown])
        for place, column in enumerate(table.columns[2:], start=2)
    ]
    days = [str(row[0]) for row in shown]
    return measure, charts.stacks(f"goodwill-{table.key}", table.title, days, parts)
