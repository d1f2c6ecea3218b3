"""Awards while the triggerer is away, in a shop whose awards nothing else would start."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from loyalty_desk.awards.approval import APPROVE
from tests.cluster.conftest import SIZE
from tests.cluster.shops import Shops, running_shops

SHOP = "shop_1"
LIMIT = 100
GRACE_S = 15.0
BOOKED_WITHIN_S = 60.0
"""From when the triggerer is back and healthy."""


@pytest.fixture(scope="module")
def shops() -> Iterator[Shops]:
    awards = {"awards": {"schedule": None, "approval_above_points": LIMIT}}
    with running_shops("triggerer", 1, SIZE, settings=awards) as found:
        assert found.wait_for_syncs({SHOP: found.start_sync(SHOP)}) == {SHOP: "success"}
        yield found


def state_of(shops: Shops, award_id: str) -> str:
    return shops.award_states([award_id])[award_id]


def is_back(shops: Shops) -> bool:
    return "triggerer" not in shops.cluster.api.find_unhealthy()


def test_an_approval_that_waits_while_the_triggerer_restarts_is_answered_once(
    shops: Shops,
) -> None:
    api, dag_id = shops.cluster.api, f"award_points__{SHOP}"
    [member_id] = shops.members(SHOP, 1)
    award_id = shops.award(SHOP, member_id, LIMIT + 1, key="approved")
    shops.wait(lambda: api.find_questions(dag_id), "the question", 120)

    shops.supervisor.stop("triggerer", grace_s=GRACE_S)
    [question] = api.find_questions(dag_id)
    api.answer(question, APPROVE, {"why": "it is right"})
    shops.supervisor.resume("triggerer")

    shops.wait(lambda: state_of(shops, award_id) == "applied", "the end of the award", 180)
    runs = shops.run_states("award_points", SHOP)
    assert set(runs.values()) <= {"success", "running", "queued"}
    assert api.find_questions(dag_id) == []
    assert shops.times_booked(SHOP, award_id) == 1
    told = "SELECT COUNT(*) AS n FROM award_events WHERE award_id = :award AND state = 'approved'"
    assert shops.rows(told, award=award_id)[0]["n"] == 1


def test_an_award_queued_while_the_triggerer_is_away_is_booked_within_a_minute_of_its_return(
    shops: Shops, record_property: pytest.RecordProperty
) -> None:
    shops.wait(lambda: is_back(shops), "the triggerer", 120)
    member_id = shops.members(SHOP, 2)[1]
    shops.supervisor.stop("triggerer", grace_s=GRACE_S)
    award_id = shops.award(SHOP, member_id, 5, key="queued-meanwhile")
    shops.wait(lambda: not is_back(shops), "that it is missed", 120)
    assert state_of(shops, award_id) == "queued"

    shops.supervisor.resume("triggerer")
    shops.wait(lambda: is_back(shops), "the triggerer", 120)
    began = time.monotonic()
    shops.wait(lambda: state_of(shops, award_id) == "applied", "the award", BOOKED_WITHIN_S)

    assert shops.times_booked(SHOP, award_id) == 1
    record_property("tally", f"booked {time.monotonic() - began:.0f} s after its return")
