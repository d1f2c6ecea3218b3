"""The budget with real processes, a real database and a real server that counts."""

from __future__ import annotations

import pytest

from benchmarks.budget import SPEED, measure_budget_share
from sandbox.running import running_sandbox


@pytest.mark.parametrize(
    ("processes", "foreign_share"), [(1, 0.0), (2, 0.0), (2, 0.5)], ids=["one", "two", "shared"]
)
def test_the_budget_is_used_and_not_overrun(
    staging_url: str, processes: int, foreign_share: float
) -> None:
    with running_sandbox(members=1, customers=200, speed=SPEED) as sandbox:
        use = measure_budget_share(
            sandbox, staging_url, seconds=3, processes=processes, foreign_share=foreign_share
        )

    assert use.share >= 0.95
    assert use.refused_share <= (0.01 if foreign_share else 0)
