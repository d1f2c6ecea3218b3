"""What TRIFFT alone does: cents, credit delay, known ids, tokens, and tables that are wrong."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.ledger import TAKEN_BACK
from loyalty_desk.errors import ApiError, BadConnectionError, NotFoundError
from loyalty_desk.platforms.base import SharedAddressError
from loyalty_desk.platforms.check import Verdict, check_guesses
from loyalty_desk.platforms.places import Places, read_coupon
from loyalty_desk.platforms.trifft_guesses import GUESSES
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.platforms.account import MARKER, Account, all_members, found, order
from tests.platforms.cases import CASES, TRIFFT_OTHERWISE
from tests.platforms.test_guessed_ledger import award, ended, run


@pytest.fixture
def account(sandbox: Sandbox, set_connection: SetConnection, installed: None) -> Account:
    case = next(case for case in CASES if case.name == "trifft")
    connected = Account(case, sandbox, set_connection)
    connected.connect()
    return connected


def test_the_other_style_differs_in_every_name() -> None:
    same = {"answer.data", "word.guest", "word.excluded", "member.shop_id"}
    named = {key for key, guess in GUESSES.items() if key.startswith(("path", "member", "entry"))}
    assert named - same <= set(TRIFFT_OTHERWISE)
    for key, value in TRIFFT_OTHERWISE.items():
        assert value != GUESSES[key].value


def test_coupons_segments_and_places_are_told_and_money_is_not_cents(account: Account) -> None:
    members = all_members(account.platform())
    (coupon,) = next(one.card["coupons"] for one in members if one.card["coupons"])
    segments = {name for one in members for name in one.card["segments"]}

    assert (coupon["name"], coupon["value"]) == ("5 off", "5")
    assert len(coupon["expires_on"]) == len("2026-01-31")
    assert segments == {"Registered in last 7 days", "Without Transaction", "Newsletter"}
    assert {one.card.get("favorite_location") for one in members} == {None, "Lakeside Store"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"p": 10}, {"value": "10 %"}),
        ({"p": "12.5", "value": 0}, {"value": "12.5 %"}),
        ({"value": 500, "usable": False}, {"value": "5", "usable": False}),
        ({"usable": "soon"}, {}),
    ],
)
def test_a_coupon_may_be_a_percentage_and_may_not_be_usable(
    row: dict[str, Any], told: dict[str, Any]
) -> None:
    named = {"coupon.percent": "p", "coupon.usable": "usable"}
    answers = {key: guess.value for key, guess in GUESSES.items()} | named

    assert read_coupon(Places({"name": "Tea", **row}, answers)) == {"name": "Tea", **told}


def test_who_has_no_coupon_any_more_has_an_empty_list_and_not_an_unknown_one(
    account: Account,
) -> None:
    without = next(one for one in all_members(account.platform()) if not one.card["coupons"])

    assert without.card["coupons"] == []


def test_a_search_by_address_that_finds_several_names_them(account: Account) -> None:
    by_search = {**account.options["api"], "path.member_by_email": "/member?email={email}"}
    account.connect(extra={"api": by_search})
    listed = next(account.platform().iter_member_pages()).members

    with pytest.raises(SharedAddressError) as told:
        account.platform().find_member("ida@shop.example")

    assert set(told.value.member_ids) <= {one.member_id for one in listed}
    assert len(told.value.member_ids) > 1


def test_an_award_is_a_transaction_of_nothing_with_our_own_id(account: Account) -> None:
    member = found(account.platform(), account.add_member(email="ida@shop.example"))

    account.platform().award(order(member, "50", message="Thank you"))

    (booked,) = account.booked()
    assert (booked["foreign_id"], booked["points"], booked["external_note"]) == (
        MARKER,
        50,
        "Thank you",
    )


def test_points_that_are_credited_later_are_pending_and_not_lost(
    account: Account, staging: Engine
) -> None:
    account.switch(trifft_credit_delay=True)
    award_id = award(account, staging, "k1")
    member = found(account.platform(), "k1@shop.example")

    assert ended(account, staging, award_id)[0] == "applied"
    assert (member.card["points_balance"], member.card["points_pending"]) == (5, 5)

    account.spoil_award("drop", after=True)
    lost_id = award(account, staging, "k2")
    run(account, staging)
    assert ended(account, staging, lost_id) == ("applied", "found in the ledger, credited later")
    assert len(account.booked()) == 2


def test_a_transaction_that_was_taken_back_is_not_applied(
    account: Account, staging: Engine
) -> None:
    award_id = award(account, staging, "k1")  # by which the ledger is known to show bookings
    account.spoil_award("drop", after=True)
    account.spoil("status", status=404, method="GET", route=account.case.ledger_route)
    lost_id = award(account, staging, "k2")
    account.control("POST", f"ledger/{account.booked()[1]['id']}/revoke")

    run(account, staging)

    assert ended(account, staging, award_id)[0] == "applied"
    assert ended(account, staging, lost_id) == ("unknown", TAKEN_BACK)
    assert len(account.booked()) == 2


@pytest.mark.parametrize("mode", ["book", "merge", "refuse"])
def test_an_id_that_trifft_knows_is_not_paid_twice_whatever_it_does_then(
    account: Account, staging: Engine, mode: str
) -> None:
    award(account, staging, "k1")  # by which the ledger is known to show bookings
    account.switch(trifft_repeated_transaction=mode, trifft_entry_visible_after_s=1e6)
    account.spoil_award("drop", after=True)
    award_id = award(account, staging, "k2")
    run(account, staging)  # the ledger hides it for longer than it may
    account.switch(trifft_entry_visible_after_s=0)
    run(account, staging)

    # Only where TRIFFT books the same id twice, against all that `visible_after_s` promises, is it.
    state, _ = ended(account, staging, award_id)
    of_it = [one for one in account.booked() if one["foreign_id"] == f"ld:{award_id}"]
    assert len(of_it) == (2 if mode == "book" else 1)
    assert state == ("unknown" if mode == "refuse" else "applied")


@pytest.mark.parametrize(
    "switches", [{"trifft_zero_amount_allowed": False}, {"trifft_negative_points_allowed": False}]
)
@pytest.mark.parametrize("in_200", [False, True])
def test_what_an_account_does_not_allow_is_a_refusal(
    account: Account,
    switches: dict[str, Any],
    in_200: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    account.switch(**switches, trifft_refusal_in_200=in_200)
    member = found(account.platform(), account.add_member(email="ida@shop.example"))

    with pytest.raises(ApiError, match="answered 400"):
        account.platform().award(order(member, "-5"))
    assert account.booked() == []


def test_a_404_inside_of_a_200_is_one(account: Account) -> None:
    account.switch(trifft_refusal_in_200=True)
    member = found(account.platform(), account.add_member(email="ida@shop.example"))
    account.control("DELETE", f"members/{member.member_id}")

    with pytest.raises(NotFoundError):
        account.platform().award(order(member))


def test_a_token_that_only_reads_cannot_award(account: Account) -> None:
    account.connect(password=account.ready["read_only_key"])
    member = all_members(account.platform())[0]

    with pytest.raises(BadConnectionError, match="the role or scopes of its user"):
        account.platform().award(order(member))


@pytest.mark.parametrize(("age_days", "warns"), [(30, False), (3 * 365 - 30, True), (1200, True)])
def test_a_token_that_ends_soon_is_told_of(
    account: Account,
    age_days: int,
    warns: bool,  # noqa: FBT001 - a parameter of the test
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = (datetime.now(UTC) - timedelta(days=age_days)).date().isoformat()
    account.connect(extra={"key_created_on": made})

    account.platform().check()

    assert ("'trifft_acme' ends on" in caplog.text) is warns
    assert caplog.records == [] or caplog.records[-1].levelno == logging.WARNING


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"api": {"member.pionts": "x"}}, "api.member.pionts is no key of this platform; did you"),
        ({"api": {"member.points": 5}}, "api.member.points must be text"),
        ({"api": {"member.id": None}}, "api.member.id cannot be null"),
        ({"api": {"member.points": "a b"}}, "must be names with dots"),
        ({"api": {"path.members": "members"}}, "must be a path that starts with /"),
        ({"api": {"path.member": "/member/x"}}, "must hold {member_id}"),
        ({"api": {"profile_url": "javascript:x({member_id})"}}, "starts with https:// or http://"),
        ({"api": {"profile_url": "admin.example/{member_id}"}}, "starts with https:// or http://"),
        ({"api": {"path.member": "/member/{id}"}}, "unknown placeholder; allowed are {member_id}"),
        ({"api": {"page.first": "1"}}, "must be a whole number"),
        ({"api": []}, "api must be a JSON object"),
        ({"key_created_on": "last year"}, "key_created_on must be a day such as"),
    ],
)
def test_a_wrong_override_names_key_and_remedy(
    account: Account, extra: dict[str, Any], said: str
) -> None:
    account.connect(extra=extra)

    if extra == {"api": []}:
        extra["api"] = []  # an empty list is nothing to override
        account.connect(extra={"api": [5]})
    with pytest.raises(BadConnectionError) as caught:
        account.platform()
    assert said in str(caught.value)
    assert "'trifft_acme'" in str(caught.value)


def findings(account: Account, **overrides: Any) -> dict[str, tuple[Verdict, str]]:
    extra = {"api": overrides}
    account.connect(extra=extra)
    return {one.key: (one.verdict, one.detail) for one in check_guesses(account.platform(), extra)}


def test_the_check_says_what_works_and_writes_nothing(account: Account) -> None:
    said = findings(account)

    assert {key for key, (verdict, _) in said.items() if verdict is Verdict.FAILS} == set()
    for key in ("path.members", "path.member", "path.member_by_email", "path.transactions"):
        assert said[key][0] is Verdict.WORKS
    assert said["member.points"] == (Verdict.WORKS, "a number in member")
    assert said["path.transaction"][0] is Verdict.NOT_TRIED
    assert account.booked() == []


def test_the_check_says_what_stands_there_instead(account: Account) -> None:
    said = findings(
        account, **{"member.points": "wallet.points", "path.transactions": "/x/{member_id}"}
    )

    verdict, detail = said["member.points"]
    assert verdict is Verdict.LOOK
    assert "not in member, which has: id, email, firstName, lastName, points" in detail
    assert said["path.transactions"][0] is Verdict.FAILS
    assert "404" in said["path.transactions"][1]
    assert said["entry.own_id"][0] is Verdict.NOT_TRIED


def test_the_check_tells_no_value_of_a_member(account: Account) -> None:
    member = all_members(account.platform())[0]
    text = str(findings(account))

    assert member.email not in text
    assert member.card["name"] not in text


def test_one_request_too_many_is_waited_out(account: Account) -> None:
    account.control("POST", "load", {"fill": 60, "share": 0, "seconds": 0})

    account.platform().check()  # refused for a minute of sandbox time, then let in
    assert account.refused() >= 1
