"""What everybody was awarded today: whose an award is, and on which limits it counts."""

from __future__ import annotations

from typing import Any

from loyalty_desk.awards.policy import Today
from loyalty_desk.awards.today import AwardedToday, AwardOfToday
from loyalty_desk.records import Unit

POINTS = Unit.POINTS


def award(subject: str, parts: int, **values: Any) -> AwardOfToday:
    told = {"member_id": subject, "email": None, "unit": "points", "agent": "eve", "door": "http"}
    return AwardOfToday(subject=subject, parts=parts, **{**told, "counts": True, **values})


def by_member(awards: list[AwardOfToday], addresses: dict[str, str], member_id: str) -> int:
    return AwardedToday(awards, addresses).of(member_id, POINTS, agent="nobody").by_member


def test_what_was_awarded_by_an_address_counts_for_whose_it_is() -> None:
    by_address = {"member_id": None}
    awards = [
        award("m1", 1),
        award("m1", 2, email="a@shop.example", **by_address),
        award("b@shop.example", 4, email="b@shop.example", **by_address),
        award("c@shop.example", 8, email="c@shop.example", member_id="m1"),
        award("c@shop.example", 16, email="c@shop.example", **by_address),
        award("m9", 32),
    ]
    addresses = {"m1": "a@shop.example", "m2": "b@shop.example"}

    assert by_member(awards, addresses, "m1") == 1 + 2 + 8 + 16
    assert by_member(awards, addresses, "m2") == 4


def test_what_was_refused_counts_nowhere_and_tells_whose_an_address_is() -> None:
    refused = award("c@shop.example", 8, email="c@shop.example", member_id="m1", counts=False)
    later = award("c@shop.example", 16, email="c@shop.example", member_id=None)

    assert by_member([refused, later], {}, "m1") == 16


def test_a_batch_counts_on_its_ceiling_and_on_no_agent() -> None:
    found = AwardedToday([award("m1", 1, door="batch"), award("m1", 2)], {})

    assert found.of("m1", POINTS, agent="eve") == Today(by_agent=2, by_member=3)
    assert (found.by_door("batch", POINTS), found.by_door("http", POINTS)) == (1, 2)


def test_each_unit_is_counted_alone() -> None:
    found = AwardedToday([award("m1", 1), award("m1", 200, unit="credits")], {})

    assert found.of("m1", Unit.CREDITS, agent="eve") == Today(by_agent=200, by_member=200)
    assert found.by_door("http", POINTS) == 1
