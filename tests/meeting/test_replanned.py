"""A run that met somebody who is gone, and is planned once more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loyalty_desk.tasks import sync
from tests.factories import STORE
from tests.meeting.shop import GRACE, IVY, Shop


def deletion(shop: Shop) -> None:
    shop.sandbox.control("gorgias", "DELETE", f"customers/{shop.customer_ids[GRACE]}")


def merge(shop: Shop) -> None:
    into = {"into": shop.customer_ids[IVY]}
    path = f"customers/{shop.customer_ids[GRACE]}/merge"
    shop.sandbox.control("gorgias", "POST", path, into)


@pytest.mark.parametrize("departure", [deletion, merge], ids=lambda way: way.__name__)
def test_a_run_that_met_a_merged_or_deleted_customer_can_be_planned_again(
    shop: Shop, departure: Callable[[Shop], None]
) -> None:
    def clear_the_match(shop: Shop) -> None:
        """What a person does in Airflow, to have these tasks run once more."""
        for stage in ("match", "check_match", "plan", "check_plan", "push"):
            sync.STAGES[stage](STORE, f"run-{shop.runs}")

    shop.sync({"check_plan": departure, "push": clear_the_match})
