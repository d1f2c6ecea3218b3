"""Which keys an empty value clears, per platform: told to be empty is not the same as not told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

import pytest

from loyalty_desk.http.transport import Transport
from loyalty_desk.platforms import loyaltylion, rivo, smile, trifft
from loyalty_desk.platforms.base import Account
from loyalty_desk.platforms.guesses import pick, stands
from loyalty_desk.records import Member
from tests.project import PROJECT_ROOT

Row = dict[str, Any]
NO_TRANSPORT = cast("Transport", None)
ACCOUNT = Account(key="")
TIERS = {1: {"id": 1, "name": "Gold", "milestone": 10}, 2: {"id": 2, "name": "Platinum"}}


class Smile(smile.SmilePlatform):
    """Smile with two tiers."""

    def _find_tier(self, tier_id: Any) -> Mapping[str, Any]:
        return TIERS.get(tier_id, {})


@dataclass(frozen=True)
class Case:
    """A whole row of a platform, how it is read, and where it tells each field."""

    row: Row
    read: Callable[[Any], Member]
    told_at: Mapping[str, Sequence[str]]


CASES = {
    "rivo": Case(
        {
            "email": "ada@shop.example",
            "loyalty_status": "member",
            "points_tally": 0,
            "credits_tally": "5.00",
            "first_name": "Ada",
            "last_name": "Example",
            "vip_tier": {"name": "Gold", "threshold": 10},
            "next_vip_tier": {"name": "Platinum"},
            "referral_url": "https://shop.example/r/1",
            "referral_code": "ADA",
            "points_expire_at": "March 05, 2027",
            "dob": "12-24",
        },
        lambda fields: rivo.read_member({"id": "1", "attributes": fields}),
        rivo.TOLD_AT,
    ),
    "trifft": Case(
        {
            "id": "1",
            "email": "ada@shop.example",
            "points": 100,
            "pendingPoints": 1,
            "firstName": "Ada",
            "lastName": "Example",
            "tier": {"name": "Gold", "threshold": 10},
            "supportId": "S1",
            "referralCode": "ADA",
            "referralUrl": "https://shop.example/r/1",
            "birthDate": "12-24",
            "segments": ["loyal"],
            "coupons": [{"name": "5 off"}],
            "favouriteVenue": {"name": "Berlin"},
        },
        trifft.TrifftPlatform(NO_TRANSPORT, ACCOUNT)._read_member,
        {
            name: tuple(str(place) for key in keys if (place := trifft.GUESSES[key].value))
            for name, keys in trifft.TOLD_AT.items()
            if trifft.GUESSES[keys[0]].value
        },
    ),
    "smile": Case(
        {
            "id": 1,
            "email": "ada@shop.example",
            "state": "member",
            "points_balance": 100,
            "first_name": "Ada",
            "last_name": "Example",
            "vip_status": {"vip_tier_id": 1, "next_vip_tier_id": 2},
            "referral_url": "https://shop.example/r/1",
            "date_of_birth": "1004-12-24",
        },
        Smile(NO_TRANSPORT, ACCOUNT)._read_member,
        smile.TOLD_AT,
    ),
    "loyaltylion": Case(
        {
            "id": 1,
            "merchant_id": "77",
            "email": "ada@shop.example",
            "blocked": False,
            "enrolled": True,
            "points_approved": 100,
            "points_pending": 1,
            "properties": {"first_name": "Ada", "last_name": "Example"},
            "loyalty_tier_membership": {"loyalty_tier": {"name": "Gold", "number": 1}},
            "referral_url": "https://shop.example/r/1",
            "referral_id": "ADA",
            "birthday": "12-24",
            "insights_segment": "loyal",
        },
        loyaltylion.LoyaltyLionPlatform(NO_TRANSPORT, ACCOUNT)._read_member,
        loyaltylion.TOLD_AT,
    ),
}
NEVER = "\N{EN DASH}"
LISTS = {"segments"}
"""An empty list is told as one, where it says so."""


def change(row: Row, places: Iterable[str], how: Callable[[Row, str], Any]) -> Row:
    changed = deepcopy(row)
    for place in places:
        above, _, last = place.rpartition(".")
        holder = pick(changed, above) if above else changed
        if isinstance(holder, dict):
            how(holder, last)
    return changed


def value_of(member: Member, name: str) -> Any:
    return member.card.get(name, getattr(member, name, None))


PAIRS = [(platform, name) for platform, case in CASES.items() for name in case.told_at]


def can_be_text(platform: str, name: str) -> bool:
    """Whether an empty text can stand there: an id or a list is there or null."""
    return name not in {*LISTS, "coupons"} and not CASES[platform].told_at[name][0].endswith("_id")


EMPTY = [
    *((platform, name, None) for platform, name in PAIRS),
    *((platform, name, "") for platform, name in PAIRS if can_be_text(platform, name)),
]


@pytest.mark.parametrize(("platform", "name", "empty"), EMPTY)
def test_an_empty_value_clears_its_key(platform: str, name: str, empty: str | None) -> None:
    case = CASES[platform]
    spots = [place for place in case.told_at[name] if stands(case.row, place)]
    row = change(case.row, spots, lambda holder, last: holder.__setitem__(last, empty))

    member = case.read(row)

    if platform == "loyaltylion" and name in LISTS:
        assert member.card[name] == []
    else:
        assert value_of(member, name) is None
        assert name in member.cleared
    assert member.cleared <= {name}


@pytest.mark.parametrize(("platform", "name"), PAIRS)
def test_an_absent_key_clears_nothing(platform: str, name: str) -> None:
    case = CASES[platform]
    row = change(case.row, case.told_at[name], lambda holder, last: holder.pop(last, None))

    member = case.read(row)

    assert value_of(member, name) is None
    assert member.cleared == frozenset()


@pytest.mark.parametrize("platform", CASES)
def test_a_whole_row_clears_nothing_and_every_key_of_the_card_has_its_place(platform: str) -> None:
    case = CASES[platform]
    member = case.read(case.row)

    assert member.cleared == frozenset()
    assert member.card.keys() - {"profile_url"} <= case.told_at.keys()


@pytest.mark.parametrize("platform", CASES)
def test_what_clears_a_key_is_written_down(platform: str) -> None:
    page = (PROJECT_ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    section = page.partition("## Empty and absent")[2].partition("\n## ")[0]
    title, *columns = next(line for line in section.splitlines() if line.startswith("| Key"))[
        2:-2
    ].split(" | ")
    assert title == "Key"
    place = columns.index(f"`{platform}`")

    written = {
        cells[0].strip("`"): cells[1 + place]
        for line in section.splitlines()
        if line.startswith("| `") and (cells := line[2:-2].split(" | "))
    }

    for name, places in CASES[platform].told_at.items():
        assert written[name] == ", ".join(f"`{one}`" for one in places), name
    for name in written.keys() - CASES[platform].told_at.keys():
        assert written[name] == NEVER, name
