"""On each platform, and in files, a time is a date, and a day that does not exist is not shown."""

from __future__ import annotations

import pytest

from loyalty_desk.records import Member
from loyalty_desk.sync.member_columns import Columns
from tests.unit.platforms.test_cleared import CASES

BORN_AT = {
    "rivo": "dob",
    "trifft": "birthDate",
    "smile": "date_of_birth",
    "loyaltylion": "birthday",
}
DAYS = [
    ("1990-03-19T00:00:00Z", "1990-03-19"),
    ("1990-03-19", "1990-03-19"),
    ("03-19", "03-19"),
    ("1990-02-30", None),
    ("02-30", None),
]
FILE = Columns(
    source="columns.yaml",
    columns={
        "member_id": "Id",
        "email": "Mail",
        "birthday": "Born",
        "points_expire_on": "Until",
    },
)


def in_file(born: str, until: str) -> Member:
    return FILE.read_member({"Id": "1", "Mail": "", "Born": born, "Until": until})


@pytest.mark.parametrize(("told", "shown"), DAYS)
@pytest.mark.parametrize("platform", BORN_AT)
def test_a_birthday_is_a_day_that_exists(platform: str, told: str, shown: str | None) -> None:
    case = CASES[platform]

    member = case.read({**case.row, BORN_AT[platform]: told})

    assert member.card.get("birthday") == shown
    assert ("birthday" in member.cleared) == (shown is None)


@pytest.mark.parametrize(("told", "shown"), DAYS)
def test_a_birthday_in_a_file_is_a_day_that_exists(told: str, shown: str | None) -> None:
    assert in_file(told, "").card.get("birthday") == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("2027-03-05T00:00:00Z", "2027-03-05"),
        ("2027-02-30T00:00:00Z", None),
        ("2027-02-30", None),
        ("05.03.2027", "2027-03-05"),
    ],
)
def test_an_expiry_is_a_day_that_exists(told: str, shown: str | None) -> None:
    rivo, trifft = CASES["rivo"], CASES["trifft"]

    member = rivo.read({**rivo.row, "points_expire_at": told})
    coupons = [{"name": "5 off", "expiresAt": told}]
    [coupon] = trifft.read({**trifft.row, "coupons": coupons}).card["coupons"]

    assert member.card.get("points_expire_on") == shown
    assert coupon.get("expires_on") == shown
    assert in_file("", told).card.get("points_expire_on") == shown
