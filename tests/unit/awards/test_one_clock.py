"""Leases, waits and days of awards go by one clock, and not by that of whoever looks."""

from __future__ import annotations

from tests.project import PACKAGE

BY_STAGING_CLOCK = (
    *sorted((PACKAGE / "awards").glob("*.py")),
    *(PACKAGE / one / "awards.py" for one in ("commands", "tasks", "web/desk")),
    PACKAGE / "web" / "awards_api.py",
    PACKAGE / "web" / "desk" / "new_award.py",
    PACKAGE / "staging" / "run_lock.py",
    PACKAGE / "orchestration" / "triggers.py",
)


def test_nothing_of_awards_goes_by_the_clock_of_its_machine() -> None:
    by_their_own = [path.name for path in BY_STAGING_CLOCK if "utc_now" in path.read_text()]

    assert by_their_own == []
