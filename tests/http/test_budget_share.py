"""The budget with real processes, a real database and a real server that counts."""

from __future__ import annotations

import pytest

from benchmarks.budget import measure_budget_share
from sandbox.running import running_sandbox

SPEED = 10.0
"""20 requests a second: what a busy machine can do as well."""


pytestmark = pytest.mark.alone


@pytest.mark.parametrize("foreign_share", [0.0, 0.5], ids=["alone", "with_another_tool"])
def test_two_processes_use_the_budget_and_do_not_overrun_it(
    staging_url: str, foreign_share: float
) -> None:
    with running_sandbox(members=1, customers=200, speed=SPEED) as sandbox:
        use = measure_budget_share(
            sandbox,
            staging_url,
            seconds=5,
            processes=2,
            foreign_share=foreign_share,
            speed=SPEED,
        )

    # The goal of 0.95 is held by the benchmark and, without chance, by the unit tests; so short a
    # run on a busy machine loses a few requests of its first burst.
    assert use.share >= 0.9
    assert use.refused_share <= (0.01 if foreign_share else 0)


def test_machines_whose_clocks_differ_by_a_second_share_it_all_the_same(staging_url: str) -> None:
    with running_sandbox(members=1, customers=200, speed=SPEED) as sandbox:
        use = measure_budget_share(
            sandbox, staging_url, seconds=5, processes=2, speed=SPEED, clocks_differ_s=1.0
        )
    assert use.share >= 0.9
    assert use.refused_share <= 0.01
