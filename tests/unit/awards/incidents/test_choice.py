"""What a manager fills in: which tickets, and what each member is to have."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.awards.incidents.choice import FIELDS, Choice, Incident, read_incident
from loyalty_desk.awards.requests import AwardFieldsError
from loyalty_desk.records import Unit
from loyalty_desk.settings.award_settings import AwardSettings

WHOLE = {
    "incident": "late-parcels",
    "tag": "late",
    "amount": "100",
    "reason": "late_delivery",
    "note": "Sorry for the wait",
}


def read(time_zone: str = "UTC", **fields: Any) -> Incident:
    return read_incident(
        {**WHOLE, **fields}, AwardSettings(), tuple(Unit), agent="Ada", time_zone=time_zone
    )


def problems(**fields: Any) -> dict[str, str]:
    with pytest.raises(AwardFieldsError) as caught:
        read(**fields)
    return caught.value.problems


def test_an_incident_says_which_tickets_and_what_each_has() -> None:
    found = read(view_id="12", channel="chat")

    assert found.name == "late-parcels"
    assert found.choice == Choice(tag="late", view_id=12, channel="chat")
    assert (found.gift.amount, found.gift.unit, found.gift.agent) == (100, Unit.POINTS, "ada")
    award = found.award_for("m7", 41, 2)
    assert (award.member_id, award.ticket_id, award.amount) == ("m7", 41, 100)
    assert award.idempotency_key == "incident:late-parcels:2:m7"


def test_an_incident_has_one_name_however_it_is_written() -> None:
    assert read(incident="Late-Parcels ").name == "late-parcels"


@pytest.mark.parametrize(
    ("zone", "begin", "end"),
    [
        ("UTC", "2026-10-24T00:00:00.000000Z", "2026-10-26T00:00:00.000000Z"),
        ("Europe/Oslo", "2026-10-23T22:00:00.000000Z", "2026-10-25T23:00:00.000000Z"),
    ],
)
def test_days_are_whole_ones_of_the_store_s_zone_also_when_clocks_change(
    zone: str, begin: str, end: str
) -> None:
    choice = read(zone, first_day="2026-10-24", last_day="2026-10-25").choice

    assert (choice.from_utc, choice.until_utc) == (begin, end)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"incident": ""}, "incident"),
        ({"incident": "late parcels"}, "incident"),
        ({"incident": "-late"}, "incident"),
        ({"incident": "a" * 61}, "incident"),
        ({"tag": ""}, "tag"),
        ({"view_id": "abc"}, "view_id"),
        ({"view_id": "0"}, "view_id"),
        ({"first_day": "yesterday"}, "first_day"),
        ({"last_day": "9999-12-31"}, "last_day"),
        ({"first_day": "2026-11-02", "last_day": "2026-11-01"}, "last_day"),
        ({"amount": "-5"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"amount": "1.5"}, "amount"),
        ({"reason": "because"}, "reason"),
        ({"note": "ld:1"}, "note"),
        ({"email": "eve@shop.example"}, "(other)"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(fields: dict[str, str], named: str) -> None:
    assert list(problems(**fields)) == [named]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(problems(incident="?", view_id="x", amount="0", reason="")) == {
        *("incident", "view_id", "amount", "reason")
    }
    assert {"incident", "tag", "amount"} <= set(FIELDS)
