"""Every service is restarted in turn while shops sync and agents award."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.services import SandboxSize
from tests.cluster.shops import ENDED_AWARDS, Shops, running_shops

SIZE = SandboxSize(members=500, customers=440, seed=5, speed=3.0)
GRACE_S = 15.0


@pytest.fixture(scope="module")
def shops() -> Iterator[Shops]:
    with running_shops("rolling", 2, SIZE, settings={"awards": {"schedule": "* * * * *"}}) as found:
        states = found.wait_for_syncs({name: found.start_sync(name) for name in found.names})
        assert set(states.values()) == {"success"}
        yield found


def test_a_rolling_restart_of_everything_loses_nothing(
    shops: Shops, record_property: pytest.RecordProperty
) -> None:
    for store in shops.names:
        shops.tick(store, 400, seed=1)
    members = {store: shops.members(store, 30) for store in shops.names}
    runs = {store: shops.start_sync(store) for store in shops.names}
    awards: dict[str, str] = {}
    for number, name in enumerate(shops.keeper.names):
        store = shops.names[number % 2]
        award_id = shops.award(store, members[store][number], 5, key=f"restart-{number}")
        awards[award_id] = store
        shops.keeper.restart(name, grace_s=GRACE_S)

    states = shops.wait_for_syncs(runs)
    shops.wait(
        lambda: set(shops.award_states(list(awards)).values()) <= ENDED_AWARDS,
        "the end of all awards",
        240,
    )

    assert set(states.values()) == {"success"}
    assert set(shops.award_states(list(awards)).values()) == {"applied"}
    assert {shops.times_booked(store, one) for one, store in awards.items()} == {1}
    assert [shops.wrong_cards(store) for store in shops.names] == [[], []]
    assert shops.keeper.restarts >= len(shops.keeper.names)
    record_property(
        "tally",
        f"rolling restart of {len(shops.keeper.names)} services: {len(runs)} syncs and"
        f" {len(awards)} awards ended well",
    )
