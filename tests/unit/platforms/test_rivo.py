from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.errors import CursorError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import Account, Platform
from loyalty_desk.platforms.rivo import RivoPlatform, read_member
from loyalty_desk.records import MemberStatus
from tests.factories import NOW
from tests.scripted import ScriptedTransport

ID = 6400000000123


def row(member_id: Any = ID, **values: Any) -> dict[str, Any]:
    fields = {
        "id": member_id,
        "email": "mira@shop.example",
        "first_name": "Mira",
        "last_name": "Holm",
        "loyalty_status": "member",
        "points_tally": 820,
        "credits_tally": "12.50",
        "dob": "03-19",
        "referral_url": "https://shop.example?referral_code=AbC123",
        "referral_code": "AbC123",
        "points_expire_at": "March 05, 2026",
        "vip_tier": {"id": 77, "name": "Gold", "threshold": 500},
        "next_vip_tier": None,
        **values,
    }
    return {"id": member_id, "type": "customer", "attributes": fields}


@pytest.fixture
def api() -> ScriptedTransport:
    return ScriptedTransport("Rivo")


@pytest.fixture
def platform(api: ScriptedTransport) -> Platform:
    return RivoPlatform(api, Account(key="a key"))


def test_a_member_has_every_card_key_that_rivo_tells() -> None:
    found = read_member(row())

    assert found.member_id == found.external_id == str(ID)
    assert found.status == MemberStatus.MEMBER
    assert found.tier_rank == 501
    assert found.card == {
        "points_balance": 820,
        "credits_balance": "12.5",
        "name": "Mira Holm",
        "tier": "Gold",
        "referral_url": "https://shop.example?referral_code=AbC123",
        "referral_code": "AbC123",
        "points_expire_on": "2026-03-05",
        "birthday": "03-19",
        "profile_url": f"https://www.shopify.com/admin/customers/{ID}",
    }


def test_what_rivo_does_not_tell_is_left_out_and_never_zero() -> None:
    unknown = dict.fromkeys(
        ["points_tally", "credits_tally", "dob", "referral_code", "points_expire_at", "vip_tier"]
    )
    found = read_member(row(**unknown, referral_url="", first_name=None, last_name=""))

    assert set(found.card) == {"profile_url"}
    assert found.tier_rank == 0


def test_zero_is_known() -> None:
    card = read_member(row(points_tally=0, credits_tally="0.0")).card

    assert (card["points_balance"], card["credits_balance"]) == (0, "0")


@pytest.mark.parametrize(
    ("told", "digits", "shown"),
    [
        (0.30000000000000004, 2, "0.3"),
        (5.551115123125783e-17, 2, "0"),
        ("12.50", 2, "12.5"),
        ("12.345", 2, "12.35"),
        ("-0.001", 2, "0"),
        (1200.4, 0, "1200"),
        ("1.2345", 3, "1.235"),
    ],
)
def test_money_is_rounded_to_its_digits(told: Any, digits: int, shown: str) -> None:
    assert read_member(row(credits_tally=told), digits).card["credits_balance"] == shown


@pytest.mark.parametrize(("digits", "shown"), [(2, "12.35"), (0, "12"), (3, "12.345")])
def test_the_accounts_currency_says_how_many_digits(
    api: ScriptedTransport, digits: int, shown: str
) -> None:
    api.will_answer({"data": row(credits_tally="12.345")})

    found = RivoPlatform(api, Account(key="a key", money_digits=digits)).find_member(str(ID))

    assert found is not None
    assert found.card["credits_balance"] == shown


def test_the_printed_name_of_the_points_is_read_too() -> None:
    fields = row(loyalty_points_tally=7)
    del fields["attributes"]["points_tally"]

    assert read_member(fields).card["points_balance"] == 7


@pytest.mark.parametrize(
    ("spelling", "status"),
    [
        ("member", MemberStatus.MEMBER),
        ("Member", MemberStatus.MEMBER),
        ("guest", MemberStatus.GUEST),
        ("candidate", MemberStatus.GUEST),
        ("excluded", MemberStatus.EXCLUDED),
    ],
)
def test_statuses_are_known_by_their_spelling(spelling: str, status: MemberStatus) -> None:
    assert read_member(row(loyalty_status=spelling)).status == status


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("loyalty_status", "paused"),
        ("loyalty_status", None),
        ("points_tally", "many"),
        ("points_tally", 1.5),
        ("points_tally", True),
        ("points_tally", "NaN"),
        ("points_tally", 10**30),
        ("points_tally", "1_000"),
        ("points_tally", "1,000"),
        ("points_tally", "1 000"),
        ("points_tally", 1e300),
        ("credits_tally", "\u0661"),
        ("credits_tally", "1,5"),
        ("credits_tally", "Infinity"),
        ("credits_tally", []),
        ("email", 5),
        ("vip_tier", "Gold"),
        ("next_vip_tier", []),
    ],
)
def test_a_bad_field_is_named(field: str, value: Any) -> None:
    with pytest.raises(BadFieldError) as caught:
        read_member(row(**{field: value}))

    assert caught.value.field == field


@pytest.mark.parametrize("member_id", [None, "abc", -1, True, [1, 2]])
def test_a_bad_id_is_rejected(member_id: Any) -> None:
    with pytest.raises(BadFieldError, match="id"):
        read_member(row(member_id))


def test_tiers_rank_by_threshold_and_the_lowest_is_above_none() -> None:
    thresholds = [None, 0, 500, "1000.5", 10**12]
    ranks = [read_member(row(vip_tier={"name": "x", "threshold": t})).tier_rank for t in thresholds]

    assert ranks == [1, 1, 501, 1001, 2**31 - 1]


def test_pages_are_followed_by_next_since_id(api: ScriptedTransport, platform: Platform) -> None:
    api.will_answer({"data": [row(5)], "links": {"since_id": 0, "next_since_id": 5}})
    api.will_answer({"data": [row(9)], "links": {"since_id": 5, "next_since_id": None}})

    pages = list(platform.iter_member_pages())

    assert [[one.member_id for one in page.members] for page in pages] == [["5"], ["9"]]
    assert api.queries == [
        {"pagination[since_id]": 0, "pagination[limit]": 250},
        {"pagination[since_id]": 5, "pagination[limit]": 250},
    ]


def test_without_next_since_id_the_last_row_leads_on_until_an_empty_page(
    api: ScriptedTransport, platform: Platform
) -> None:
    for rows in ([row(5), row("8")], [row(9)], []):
        api.will_answer({"data": rows, "links": {"self": "x"}})

    pages = list(platform.iter_member_pages())

    assert [[one.member_id for one in page.members] for page in pages] == [["5", "8"], ["9"], []]
    assert [query["pagination[since_id]"] for query in api.queries] == [0, 8, 9]


@pytest.mark.parametrize(
    "body",
    [
        {"data": [], "links": {"next_since_id": 10}},
        {"data": [], "links": {"next_since_id": 3}},
        {"data": [], "links": {"next_since_id": "x"}},
        {"data": [], "links": {"next_since_id": True}},
        {"data": [row(4)]},
        {"data": [row(None)]},
        {"data": ["row"]},
        {"links": {"next_since_id": None}},
        [],
        None,
    ],
)
def test_a_cursor_that_does_not_rise_stops_the_scan(
    api: ScriptedTransport, platform: Platform, body: Any
) -> None:
    api.will_answer({"data": [row(10)], "links": {"next_since_id": 10}})
    api.will_answer(body)

    with pytest.raises(CursorError):
        list(platform.iter_member_pages())


@pytest.mark.parametrize("bad", [None, {"id": "x"}, {"id": True}, {}])
def test_an_entry_without_an_id_leads_to_no_end_of_the_ledger(
    api: ScriptedTransport, platform: Platform, bad: Any
) -> None:
    api.will_answer({"data": [bad]})

    with pytest.raises(CursorError, match="leads nowhere"):
        platform.find_ledger_end(NOW)


def test_a_bad_row_is_set_aside_and_the_page_goes_on(
    api: ScriptedTransport, platform: Platform
) -> None:
    bad = row(6, loyalty_status="?")
    api.will_answer({"data": [row(5), bad, 7], "links": {"next_since_id": None}})

    page = next(iter(platform.iter_member_pages()))

    assert len(page.members) == 1
    assert [(one.source, one.record_id, one.field) for one in page.rejected] == [
        ("members", "6", "loyalty_status"),
        ("members", None, "(row)"),
    ]


def test_check_reads_one_row(api: ScriptedTransport, platform: Platform) -> None:
    api.will_answer({"data": []})

    platform.check()

    assert api.queries == [{"pagination[since_id]": 0, "pagination[limit]": 1}]
