"""The version of a write is above that of every write before, whatever a clock says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from loyalty_desk.clock import utc_text
from loyalty_desk.gorgias.destinations import version_after
from tests.factories import NOW

TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("last", "version"),
    [
        pytest.param(None, NOW, id="the first write"),
        pytest.param(NOW - timedelta(days=1), NOW, id="a clock that goes on"),
        pytest.param(NOW, NOW + TICK, id="two writes at once"),
        pytest.param(NOW + timedelta(hours=1), NOW + timedelta(hours=1) + TICK, id="put back"),
    ],
)
def test_each_version_is_above_the_last(last: datetime | None, version: datetime) -> None:
    before = None if last is None else utc_text(last)

    assert version_after(before, NOW) == utc_text(version)
