"""A run that met somebody who is gone, and is planned once more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.meeting.shop import GRACE, Shop


def deletion(shop: Shop) -> None:
    shop.sandbox.control("gorgias", "DELETE", f"customers/{shop.customer_ids[GRACE]}")


@pytest.mark.parametrize("departure", [deletion, Shop.merge_grace_into_ivy])
def test_a_run_that_met_a_merged_or_deleted_customer_can_be_planned_again(
    shop: Shop, departure: Callable[[Shop], None]
) -> None:
    shop.sync({"check_plan": departure, "push": Shop.plan_again})
