"""Where the platform's clock differs from ours, its ledger is read from far enough back."""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import Engine

from tests.platforms.account import Account
from tests.platforms.applying import award, ended, run

HOUR_S: Final = 3_600.0


@pytest.mark.parametrize("ahead_s", [-47 * HOUR_S, -HOUR_S, -60.0, HOUR_S, 47 * HOUR_S])
def test_a_lost_booking_is_found_whatever_the_platform_s_clock_says(
    account: Account, staging: Engine, ahead_s: float
) -> None:
    account.switch(programme_clock_ahead_s=ahead_s)
    account.spoil_award("drop", after=True)
    account.spoil("status", method="GET", route=account.case.ledger_route, status=404)
    award_id = award(account, staging, "lost")
    assert ended(account, staging, award_id)[0] == "applying", "nobody could look at once"

    run(account, staging)

    assert ended(account, staging, award_id) == ("applied", "found in the ledger")
    assert len(account.booked()) == 1
