"""A month of goodwill for managers: as text, and with its tables.

Holds amounts, members' ids and agents' names; of an agent's address only the name, and no other
e-mail address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine

from loyalty_desk.card.emails import short_name
from loyalty_desk.elsewhere import NOWHERE, Elsewhere
from loyalty_desk.goodwill.chosen import Chosen, read_chosen
from loyalty_desk.goodwill.ledger import Goodwill, load_goodwill
from loyalty_desk.goodwill.money import as_decimal
from loyalty_desk.goodwill.outliers import Outlier, address_of
from loyalty_desk.goodwill.spans import Span
from loyalty_desk.goodwill.table import Table
from loyalty_desk.goodwill.tables import one_sheet, tables_of
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading

NAMED_BY_ADDRESS: Final = "somebody, by an address"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodwillReport:
    """What is sent of one month of one store."""

    store: StoreSettings
    month: date
    found: Goodwill
    tables: list[Table]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was booked, and nobody wonders whether something was."""
        return not len(self.found.by_span) and not len(self.found.unknown)

    @property
    def subject(self) -> str:
        return f"Loyalty of {self.store.name}: goodwill of {self.month:%B %Y}"

    @property
    def lines(self) -> list[str]:
        """The month in sentences."""
        unit = f" {self.store.currency}" if self.store.currency else ""
        found = self.found
        booked = f"{found.points:,} points and {as_decimal(found.credits):,}{unit} of credit"
        said = [f"{found.awards:,} awards by hand, less those taken back: {booked}."]
        if found.money is not None:
            said.append(f"Together {as_decimal(found.money):,}{unit}.")
        if self.store.goodwill.budget_per_month is not None:
            budget = self.store.goodwill.budget_per_month
            said.append(f"The budget of a month is {budget:,.2f}{unit}.")
        if found.outliers:
            said.append(f"{len(found.outliers)} worth a look.")
        if len(found.unknown):
            said.append(f"{len(found.unknown)} of which nobody can tell whether they are booked.")
        return [*said, "Days are those of UTC."]


def load_goodwill_report(
    connection: Connection,
    store: StoreSettings,
    month: date,
    now: datetime,
    elsewhere: Elsewhere = NOWHERE,
) -> GoodwillReport:
    """Read a month, of which `month` is a day."""
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    chosen = Chosen(first=first, last=last, span=Span.WEEK)
    found = load_goodwill(connection, store, chosen, now)
    leads = partial(_address, chosen=chosen, elsewhere=elsewhere)
    tables = tables_of(found, agent=short_name, customer=_customer, leads=leads)
    return GoodwillReport(store=store, month=first, found=found, tables=tables)


def load_month_sheets(engine: Engine, store: StoreSettings, now: datetime) -> list[Table]:
    """This month so far, as a sheet of the report's workbook; none where nothing was booked."""
    chosen = read_chosen({}, now)
    with reading(engine) as connection:
        found = load_goodwill(connection, store, chosen, now)
    return [one_sheet(found, short_name)] if len(found.by_span) else []


def _address(one: Outlier, chosen: Chosen, elsewhere: Elsewhere) -> str | None:
    """Who has an address for a name is looked for on the page, as no link holds one here."""
    if "@" in one.who:
        return elsewhere.goodwill("outliers", **chosen.query())
    return address_of(one, elsewhere)


def _customer(who: str) -> str:
    return NAMED_BY_ADDRESS if "@" in who else who
