"""Conformance, reading: every member once and whole, whatever the platform does to a page."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loyalty_desk.card.keys import COUPON, TOLD, CardKey, Kind
from loyalty_desk.errors import (
    ApiUnavailableError,
    BadConnectionError,
    CursorError,
    LoyaltyDeskError,
)
from loyalty_desk.platforms.base import SharedAddressError
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import MemberStatus
from tests.platforms.account import PROFILE_URL, Account, all_members, found
from tests.platforms.conftest import MEMBERS

SPELLINGS = {"member": MemberStatus.MEMBER, "guest": MemberStatus.GUEST}
HOSTILE = "<script>alert(1)</script> =SUM(A1) Zoë Weiß 李 \u200dمريم"


def test_every_member_is_listed_once(account: Account) -> None:
    listed = [member.member_id for member in all_members(account.platform())]

    held = account.control("GET", "members?limit=10000")["data"]
    assert len(listed) == len(set(listed)) == MEMBERS
    assert set(listed) == {str(one["id"]) for one in held}
    assert account.refused() == 0


def test_a_member_says_what_the_programme_holds_and_nothing_else(account: Account) -> None:
    members = {one.member_id: one for one in all_members(account.platform())}
    keys = account.capabilities.card_keys

    for held in account.control("GET", "members?limit=10000")["data"]:
        member = members[str(held["id"])]
        assert member.email == (held["email"].strip() if held["email"] else None)
        assert set(member.card) <= keys
        assert member.card["points_balance"] == points_of(held)
        assert member.card["name"] == f"{held['first_name']} {held['last_name']}"
        assert member.card.get("referral_url") == (held["referral_url"] or None)
        assert member.status == SPELLINGS.get(held["status"], MemberStatus.EXCLUDED)
        assert (member.card.get("birthday") or "")[-5:] == (held["dob"] or "")


def points_of(held: dict[str, Any]) -> int:
    return int(held["points_tally"])


def test_tiers_are_named_and_rank_as_their_thresholds_do(account: Account) -> None:
    ranks: dict[str | None, set[int]] = {}
    for member in all_members(account.platform()):
        ranks.setdefault(member.card.get("tier"), set()).add(member.tier_rank)

    assert all(len(found) == 1 for found in ranks.values())
    order = sorted(ranks, key=lambda tier: min(ranks[tier]))
    assert order == [None, "Bronze", "Silver", "Gold", "Platinum"]


def test_every_listed_member_is_found_by_id_as_the_list_has_it(account: Account) -> None:
    platform = account.platform()
    listed = all_members(platform)[:20]

    assert [platform.find_member(member.member_id) for member in listed] == listed


@pytest.mark.parametrize("spelling", ["mira+club@shop.example", "MIRA+CLUB@shop.example"])
def test_a_member_is_found_by_address(account: Account, spelling: str) -> None:
    member_id = account.add_member(email="mira+club@shop.example")
    account.add_member(email="not.mira+club@shop.example")

    assert found(account.platform(), spelling).member_id == member_id


@pytest.mark.parametrize(
    "nobody", ["nobody@shop.example", "999999999999", "mem-ffffff", "../vip_tiers", "a b", "1e5"]
)
def test_nobody_is_found_by_what_nobody_has(account: Account, nobody: str) -> None:
    assert account.platform().find_member(nobody) is None


def test_of_several_with_an_address_none_is_chosen_unless_the_platform_does(
    account: Account,
) -> None:
    """Rivo's and TRIFFT's APIs answer with one; where we see several, nobody may choose."""
    ids = {account.add_member(email="two@shop.example") for _ in range(2)}

    if account.case.name in {"rivo", "trifft"}:
        assert found(account.platform(), "two@shop.example").member_id in ids
        return
    with pytest.raises(SharedAddressError, match="several members") as told:
        account.platform().find_member("two@shop.example")
    assert set(told.value.member_ids) == ids


def test_names_come_through_as_they_are(account: Account) -> None:
    member_id = account.add_member(
        email="josé@bücher.example", first_name=HOSTILE, last_name="O\u2019Neil"
    )

    member = found(account.platform(), member_id)

    assert member.card["name"] == f"{HOSTILE} O\u2019Neil"
    assert member.email == "josé@bücher.example"


def test_what_is_not_told_is_left_out_and_never_zero(account: Account) -> None:
    blank = {"email": None, "dob": None, "referral_url": None, "tier_id": None}
    member = found(account.platform(), account.add_member(**blank))

    assert member.email is None
    assert not {"name", "tier", "birthday", "referral_url"} & set(member.card)
    assert member.card["points_balance"] == 0


def test_the_profile_link_is_built_where_one_is_known(account: Account) -> None:
    member = all_members(account.platform())[0]

    if "profile_url" in platform_class(account.case.name).guesses:
        assert member.card["profile_url"] == PROFILE_URL.format(member_id=member.member_id)
        account.connect(extra={"api": {**account.case.overrides, "profile_url": None}})
        without = account.platform()
        assert "profile_url" not in without.capabilities.card_keys
        assert "profile_url" not in found(without, member.member_id).card
    else:
        assert member.card["profile_url"].startswith("https://")


def test_every_key_that_is_promised_is_told_of_somebody(account: Account) -> None:
    told = {key for member in all_members(account.platform()) for key in member.card}

    assert told == account.capabilities.card_keys


def test_everything_that_is_told_is_what_the_table_of_the_card_says(account: Account) -> None:
    told = {key.name: key for key in TOLD}

    assert account.capabilities.card_keys <= set(told)
    for member in all_members(account.platform()):
        for name, value in member.card.items():
            assert fits(told[name], value), name


def fits(key: CardKey, value: Any) -> bool:
    """Whether a value is of the key's kind."""
    match key.kind:
        case Kind.NUMBER:
            return type(value) is int
        case Kind.TEXTS:
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case Kind.COUPONS:
            keys = {one.name: one for one in COUPON}
            return all(fits(keys[name], one[name]) for one in value for name in one)
    spellings = {Kind.DECIMAL: r"-?\d+(\.\d+)?", Kind.DATE: r"\d{4}-\d\d-\d\d"}
    return re.fullmatch(spellings.get(key.kind, r"(?s).+"), value) is not None


def test_a_row_that_cannot_be_used_keeps_its_id(account: Account) -> None:
    member_id = account.add_member(email="ada@shop.example", points_tally=10**30)

    pages = list(account.platform().iter_member_pages())

    rejected = [one for page in pages for one in page.rejected]
    assert [one.record_id for one in rejected] == [member_id]
    assert sum(len(page.members) for page in pages) == MEMBERS


READ_FAULTS: list[dict[str, Any]] = [
    {"effect": "status", "status": 500},
    {"effect": "status", "status": 502, "count": 3},
    {"effect": "status", "status": 429},
    {"effect": "status", "status": 429, "retry_after": "1"},
    {"effect": "drop"},
    {"effect": "drop", "after": True},
    {"effect": "html"},
    {"effect": "truncate"},
    {"effect": "delay", "delay_ms": 200},
]


@pytest.mark.parametrize("fault", READ_FAULTS, ids=lambda fault: "_".join(map(str, fault.values())))
def test_a_list_survives(account: Account, fault: dict[str, Any]) -> None:
    account.spoil(**{"method": "GET", "skip": 1, **fault})

    assert len({member.member_id for member in all_members(account.platform())}) == MEMBERS


@pytest.mark.parametrize("effect", ["no_cursor", "repeat_cursor"])
def test_a_spoilt_page_is_never_the_end(account: Account, effect: str) -> None:
    account.spoil(effect, method="GET", skip=1, count=None)

    try:
        listed = all_members(account.platform())
    except CursorError:
        return
    # Where a page shows by itself how to go on, it may do so.
    assert len({member.member_id for member in listed}) == MEMBERS


def test_who_changes_during_the_list_is_not_lost(account: Account) -> None:
    pages = account.platform().iter_member_pages()
    ids = {member.member_id for member in next(pages).members}
    account.control("POST", "tick", {"members": 30, "seed": 4, "paired": False})
    ids |= {member.member_id for page in pages for member in page.members}

    assert len(ids) == MEMBERS


def test_what_changed_is_listed_alone(account: Account) -> None:
    if not account.capabilities.lists_changes:
        pytest.skip("this platform cannot tell what changed")
    before = datetime.now(UTC) - timedelta(seconds=1)
    changed = account.control("POST", "tick", {"members": 7, "seed": 2, "paired": False})

    platform = account.platform()
    listed = all_members(platform, changed_since=before)

    assert {member.member_id for member in listed} == {str(one) for one in changed["member_ids"]}
    assert all_members(platform, changed_since=datetime.now(UTC) + timedelta(hours=1)) == []
    long_ago = all_members(platform, changed_since=datetime(2001, 1, 1, tzinfo=UTC))
    assert len({member.member_id for member in long_ago}) == MEMBERS


def test_an_outage_is_not_an_empty_programme(account: Account) -> None:
    account.spoil("status", status=503, count=None)

    with pytest.raises(ApiUnavailableError):
        all_members(account.platform(max_wait_s=5))


def test_lookups_give_up_early(account: Account) -> None:
    platform = account.for_lookups()
    account.spoil("status", status=503, count=None)

    with pytest.raises(ApiUnavailableError):
        platform.find_member("nobody@shop.example")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_names_the_connection_and_the_remedy(account: Account, status: int) -> None:
    account.spoil("status", status=status, count=None)

    for call in (account.platform().check, lambda: all_members(account.platform())):
        with pytest.raises(BadConnectionError, match=f"{account.case.name}_acme"):
            call()


def test_a_wrong_key_is_refused(account: Account) -> None:
    account.connect(password="of-somebody-else")

    with pytest.raises(BadConnectionError, match="correct its credentials"):
        account.platform().check()


@pytest.mark.parametrize("status", [400, 404, 422])
def test_any_other_refusal_is_permanent_and_says_what_was_asked(
    account: Account, status: int
) -> None:
    account.spoil("status", status=status, count=None)
    platform = account.platform()

    with pytest.raises(LoyaltyDeskError, match=rf"{platform.title} answered {status} to GET"):
        all_members(platform)


def test_as_fast_as_the_pace_allows_is_not_too_fast(account: Account) -> None:
    platform = account.platform()

    for _ in range(70):
        platform.check()

    assert account.refused() == 0


def test_a_full_bucket_is_waited_for(account: Account) -> None:
    account.control("POST", "load", {"fill": 1000, "share": 0, "seconds": 0})

    assert len(all_members(account.platform())) == MEMBERS


def test_nothing_personal_or_secret_is_logged_or_raised(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        account.add_member(email="mira+club@shop.example")
        platform = account.platform(max_wait_s=1)
        said = []
        for rule in ({"status": 500}, {"status": 400}, {"status": 403}):
            account.spoil("status", **rule, count=None)
            for who in ("mira+club@shop.example", "5", "a b"):
                try:
                    platform.find_member(who)
                except LoyaltyDeskError as error:
                    said.append(str(error))
            account.control("DELETE", "faults")

    text = caplog.text + "\n".join(said)
    assert said
    for secret in ("mira", "%40", "a%20b", *account.secrets()):
        assert secret not in text


def test_an_address_that_is_told_to_be_empty_is_told_apart_from_none_at_all(
    account: Account,
) -> None:
    platform = account.platform()

    assert "email" in found(platform, account.add_member(email=None)).cleared
    assert all("email" not in one.cleared for one in all_members(platform) if one.email)
