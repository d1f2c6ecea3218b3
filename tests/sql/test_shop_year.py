"""Every figure of goodwill and liability over generated years is that of the oracle."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.privacy.awards import blank_award
from loyalty_desk.staging.statements import statement
from tests.oracle.goodwill import Award
from tests.sql.shop_year import FIRST, LAST, SHOPS, ShopYear, settings_of
from tests.sql.year_checks import (
    check_budget,
    check_files,
    check_goodwill,
    check_liability,
    check_outliers,
    check_rates,
    check_views,
    check_window,
    load,
)

FORGOTTEN = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(2))
def test_every_figure_of_a_year_is_that_of_the_oracle(staging: Engine, seed: int) -> None:
    """Two stores side by side, whose members have the same ids; each seed has others."""
    names = list(SHOPS)[2 * seed : 2 * seed + 2]
    years = [ShopYear(staging, settings_of(name), seed).live() for name in names]
    for year in years:
        check_it_is_a_year(year)
        check_goodwill(year)
        check_liability(year)
        check_files(year)
        check_rates(year)
        check_budget(year)
        check_views(year)
    make_anonymous(years[0])
    forget_days(years[0])
    for year in years:
        check_window(year, FIRST, LAST)
        check_outliers(year, load(year, FIRST, LAST))
        check_liability(year)


def check_it_is_a_year(year: ShopYear) -> None:
    """A generator that no longer makes something would leave it untested."""
    everything = year.ledger.awards.values()
    booked: list[Award] = [one for one in everything if one.state == "applied"]
    assert {one.state for one in everything} == {
        *("applied", "unknown", "refused", "rejected", "applying", "waiting")
    }
    assert {one.tier for one in booked} > {None, "", "Gold"}
    assert {None, ()} < {one.tags if one.tags is None else tuple(one.tags) for one in booked}
    assert any(one.person is None for one in booked), "of somebody who was erased"
    assert any(one.takes_back for one in booked)
    ends = {one.ended for one in booked if one.ended}
    assert date(2024, 2, 29) in {at.date() for at in ends}
    assert any(at == at.replace(hour=0, minute=0, second=0, microsecond=0) for at in ends)
    assert len({one.rule for one in load(year, FIRST, LAST).outliers}) >= 3
    assert any(not row.members for rows in year.liability.days.values() for row in rows.values())
    assert len(year.liability.days) > 250
    kinds = year.bookings.told.kinds
    told = [row.told for rows in year.liability.days.values() for row in rows.values()]
    assert {kind for one in told for kind in one} == kinds
    if kinds:
        assert {} in told, "of some days the ledger was not read whole"
        assert all(any(one.get(kind) for one in told) for kind in kinds)


def make_anonymous(year: ShopYear) -> None:
    """Old awards are nobody's any more, and stay in every sum."""
    binds = {"store": year.store.name, "before_utc": FORGOTTEN.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    with year.engine.begin() as connection:
        found = connection.execute(
            statement("privacy/blank/select_old_awards"), {**binds, "most": 9_999}
        )
        old = list(found.scalars())
        for award_id in old:
            blank_award(connection, year.store.name, award_id)
    awards = year.ledger.awards
    assert {*old} == {
        key
        for key, one in awards.items()
        if one.state in {"applied", "refused", "rejected"}
        and one.person
        and one.ended
        and one.ended < FORGOTTEN
    }
    year.ledger.forget_whom(old)


def forget_days(year: ShopYear) -> None:
    """Of days that are not kept any longer nothing is claimed."""
    cut = (FORGOTTEN - timedelta(days=9)).date()
    with year.engine.begin() as connection:
        binds = {"store": year.store.name, "before_day": cut.isoformat()}
        connection.execute(statement("goodwill/liability/delete_old_days"), binds)
    year.liability.forget_before(cut)
