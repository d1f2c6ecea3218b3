"""Staging of members: what is kept, what counts as a change, who is looked at again."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, Engine, Row, select

from loyalty_desk.card import cards
from loyalty_desk.clock import utc_text
from loyalty_desk.platforms.rivo import read_member
from loyalty_desk.records import Member, MemberStatus
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_members
from loyalty_desk.staging.intake_batch import StagedCounts
from tests.factories import LATER, NOW, STORE, member

ERASED = MemberStatus.ERASED


def put(staging: Engine, *members: Member, later: bool = False, **options: Any) -> StagedCounts:
    with staging.begin() as connection:
        return stage_members(
            connection, STORE, members, LATER if later else NOW, **{"first_load": False, **options}
        )


def staged(staging: Engine, member_id: str = "m1") -> Row[Any]:
    with staging.connect() as connection:
        return connection.execute(
            select(schema.members).where(schema.members.c.member_id == member_id)
        ).one()


def card(staging: Engine, member_id: str = "m1") -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(staged(staging, member_id).card)
    return found


def take_touched(staging: Engine) -> set[tuple[str, str]]:
    with staging.begin() as connection:
        found = connection.execute(schema.touched.select()).all()
        connection.execute(schema.touched.delete())
    return {(row.kind, row.value) for row in found}


def forget(connection: Connection, member_id: str) -> None:
    connection.execute(
        schema.members.update()
        .where(schema.members.c.member_id == member_id)
        .values(gone_at_utc=utc_text(NOW))
    )


def test_what_was_asked_for_earlier_does_not_replace_what_was_asked_for_later(
    staging: Engine,
) -> None:
    put(staging, member(card={"points_balance": 1}))
    put(staging, member(card={"points_balance": 3}), later=True)

    put(staging, member(card={"points_balance": 2}))  # a page of a long read, asked for before

    assert card(staging)["points_balance"] == 3


def test_a_read_that_asked_at_the_same_time_replaces(staging: Engine) -> None:
    put(staging, member(card={"points_balance": 1}))
    put(staging, member(card={"points_balance": 2}))
    assert card(staging)["points_balance"] == 2


def test_a_new_member_is_staged_with_its_key_its_card_and_its_fingerprint(staging: Engine) -> None:
    assert put(staging, member(email=" M1@Shop.Example ", phone="+49 30 1")) == StagedCounts(1, 1)

    row = staged(staging)
    assert (row.email, row.email_key) == (" M1@Shop.Example ", "m1@shop.example")
    assert (row.email_state, row.status, row.phone) == ("valid", "member", "+49 30 1")
    assert (row.points_balance, row.tier_rank) == (100, 2)
    assert (row.changed_at_utc, row.gone_at_utc) == (utc_text(NOW), None)
    wanted = cards.member_card("m1", MemberStatus.MEMBER, member().card)
    assert orjson.loads(row.card) == wanted
    assert row.card_fingerprint == cards.fingerprint(wanted)
    assert take_touched(staging) == {("member", "m1"), ("email_key", "m1@shop.example")}


@pytest.mark.parametrize("first_load", [True, False])
def test_both_ways_of_loading_stage_the_same(staging: Engine, first_load: bool) -> None:  # noqa: FBT001 - a parameter of the test
    people = [
        member("m1"),
        member("m2", email=None, external_id="77"),
        member("m3", email="nobody", status=MemberStatus.EXCLUDED),
        member("m4", status=ERASED),
        member("m1", tier_rank=3),
    ]

    assert put(staging, *people, first_load=first_load) == StagedCounts(4, 4)

    with staging.connect() as connection:
        rows = connection.execute(select(schema.members).order_by("member_id")).all()
    assert [(row.member_id, row.email_key, row.email_state, row.tier_rank) for row in rows] == [
        ("m1", "m1@shop.example", "valid", 3),
        ("m2", None, "missing", 2),
        ("m3", None, "invalid", 2),
        ("m4", None, "missing", 0),
    ]
    assert bool(take_touched(staging)) is not first_load


def test_the_same_member_again_changes_and_touches_nothing(staging: Engine) -> None:
    put(staging, member())
    take_touched(staging)

    assert put(staging, member(), later=True) == StagedCounts(1, 0)

    assert staged(staging).changed_at_utc == utc_text(NOW)
    assert take_touched(staging) == set()


def test_an_empty_batch_is_nothing(staging: Engine) -> None:
    assert put(staging) == put(staging, first_load=True) == StagedCounts(0, 0)


def test_a_changed_balance_touches_only_the_card(staging: Engine) -> None:
    put(staging, member())
    take_touched(staging)

    changed = member(card={**member().card, "points_balance": 140})
    assert put(staging, changed, later=True) == StagedCounts(1, 1)

    row = staged(staging)
    assert (row.points_balance, row.changed_at_utc) == (140, utc_text(LATER))
    assert card(staging)["summary"] == "140 points, Gold"
    assert take_touched(staging) == {("card", "m1")}


def test_another_email_touches_the_old_key_and_the_new_one(staging: Engine) -> None:
    put(staging, member())
    take_touched(staging)

    put(staging, member(email="new@shop.example"))

    assert take_touched(staging) == {
        ("member", "m1"),
        ("email_key", "m1@shop.example"),
        ("email_key", "new@shop.example"),
    }


def test_what_the_platform_does_not_tell_wipes_nothing(staging: Engine) -> None:
    put(staging, member(phone="+49 30 1", external_id="77"))

    told = {"tier": None, "points_balance": 90}
    put(staging, member(email=None, phone=None, external_id=None, card=told), later=True)

    row = staged(staging)
    assert (row.email, row.email_key) == ("m1@shop.example", "m1@shop.example")
    assert (row.phone, row.external_id, row.points_balance) == ("+49 30 1", "77", 90)
    assert card(staging) == cards.member_card(
        "m1", MemberStatus.MEMBER, {**member().card, "points_balance": 90}
    )


GOLD = {
    "email": "m1@shop.example",
    "loyalty_status": "member",
    "points_tally": 0,
    "vip_tier": {"name": "Gold"},
    "next_vip_tier": {"name": "Platinum"},
    "points_expire_at": "March 05, 2027",
    "referral_url": "https://shop.example/r/1",
    "dob": "12-24",
}


def rivo(**attributes: Any) -> Member:
    return read_member({"id": "1", "attributes": {**GOLD, **attributes}})


@pytest.mark.parametrize(
    ("told", "without", "says"),
    [
        ({"vip_tier": None}, "tier", "0 points"),
        ({"next_vip_tier": None, "vip_tier": {"name": "Platinum"}}, "next_tier", "0 points, Plat"),
        ({"points_expire_at": None}, "points_expire_on", "0 points, Gold"),
        ({"referral_url": ""}, "referral_url", "0 points, Gold"),
        ({"dob": None}, "birthday", "0 points, Gold"),
        ({"points_tally": None}, "points_balance", "Gold"),
    ],
)
def test_what_a_whole_record_tells_to_be_empty_is_cleared(
    staging: Engine, told: dict[str, Any], without: str, says: str
) -> None:
    put(staging, rivo())
    assert without in card(staging, "1")

    put(staging, rivo(**told), later=True)

    assert without not in card(staging, "1")
    assert card(staging, "1")["summary"].startswith(says)
    if without == "points_balance":  # unknown, and no zero
        assert staged(staging, "1").points_balance is None
        assert "0" not in card(staging, "1")["summary"]


def test_an_address_that_is_not_http_takes_the_known_ones_place_and_reaches_no_card(
    staging: Engine,
) -> None:
    put(staging, rivo())

    put(staging, rivo(referral_url="javascript:alert(1)", points_tally=7), later=True)

    assert "referral_url" not in card(staging, "1")
    assert card(staging, "1")["points_balance"] == 7


def test_an_address_that_an_older_version_staged_goes_with_the_next_read(staging: Engine) -> None:
    put(staging, rivo())
    old = {**card(staging, "1"), "referral_url": "javascript:alert(1)"}
    with staging.begin() as connection:
        connection.execute(schema.members.update().values(card=cards.card_json(old)))

    put(staging, rivo(referral_url="javascript:alert(1)"), later=True)

    assert "referral_url" not in card(staging, "1")


def test_what_a_record_does_not_have_is_kept(staging: Engine) -> None:
    put(staging, rivo())

    bare = {"id": "1", "attributes": {"loyalty_status": "member", "dob": None}}
    put(staging, read_member(bare), later=True)

    kept = card(staging, "1")
    assert "birthday" not in kept
    assert (kept["tier"], kept["points_balance"], kept["next_tier"]) == ("Gold", 0, "Platinum")
    assert staged(staging, "1").email_key == "m1@shop.example"


def test_less_of_the_same_is_no_change(staging: Engine) -> None:
    put(staging, member())

    assert put(staging, member(email=None, card={"points_balance": 100}), later=True).changed == 0


def test_a_blank_email_wipes_nothing_either(staging: Engine) -> None:
    put(staging, member())

    assert put(staging, member(email=" ")).changed == 0


def test_an_invalid_email_takes_the_place_of_a_valid_one(staging: Engine) -> None:
    put(staging, member())

    put(staging, member(email="m1@shop"))

    row = staged(staging)
    assert (row.email, row.email_key, row.email_state) == ("m1@shop", None, "invalid")


def test_a_null_in_the_first_record_is_not_part_of_the_card(staging: Engine) -> None:
    put(staging, member(card={"points_balance": None, "tier": "Gold"}))

    assert staged(staging).points_balance is None
    assert "points_balance" not in card(staging)


def test_excluded_is_taken_as_it_is_told(staging: Engine) -> None:
    put(staging, member())
    take_touched(staging)

    put(staging, member(status=MemberStatus.EXCLUDED))

    assert staged(staging).status == "excluded"
    assert ("email_key", "m1@shop.example") in take_touched(staging)


def test_an_erased_member_leaves_no_personal_data_behind(staging: Engine) -> None:
    put(staging, member(phone="+49 30 1", external_id="77"))
    take_touched(staging)

    put(staging, member(status=ERASED, phone="+49 30 1"), later=True)

    row = staged(staging)
    assert (row.status, row.email_state) == ("erased", "missing")
    assert {row.email, row.email_key, row.phone, row.external_id, row.points_balance} == {None}
    assert card(staging).keys() == {"member", "status", "summary"}
    assert card(staging)["member"] is False
    # Whoever was matched by the address has to lose the card.
    assert take_touched(staging) == {("member", "m1"), ("email_key", "m1@shop.example")}
    assert put(staging, member(status=ERASED), later=True).changed == 0


def test_an_erased_member_who_joins_again_starts_with_nothing_known(staging: Engine) -> None:
    put(staging, member(status=ERASED))

    put(staging, member(card={"points_balance": 5}))

    assert card(staging) == cards.member_card("m1", MemberStatus.MEMBER, {"points_balance": 5})


def test_a_member_seen_again_is_not_gone_any_more(staging: Engine) -> None:
    put(staging, member())
    with staging.begin() as connection:
        forget(connection, "m1")
    take_touched(staging)

    assert put(staging, member(), later=True).changed == 1

    assert staged(staging).gone_at_utc is None
    assert take_touched(staging) == {("member", "m1"), ("email_key", "m1@shop.example")}


def test_the_last_of_two_records_of_a_member_counts(staging: Engine) -> None:
    assert put(staging, member(tier_rank=1), member(tier_rank=2)) == StagedCounts(1, 1)

    assert staged(staging).tier_rank == 2


def test_stores_do_not_see_each_other(staging: Engine) -> None:
    put(staging, member())
    with staging.begin() as connection:
        stage_members(connection, "other", [member(tier_rank=9)], NOW, first_load=True)

    with staging.connect() as connection:
        rows = connection.execute(select(schema.members.c.store, schema.members.c.tier_rank)).all()
    assert sorted(tuple(row) for row in rows) == [("acme", 2), ("other", 9)]


def test_what_no_database_can_hold_does_not_stop_the_batch(staging: Engine) -> None:
    awkward = "Ada\x00 \ud83d"

    put(staging, member(email="a\x00da@shop.example", phone=awkward, card={"name": awkward}))

    assert (staged(staging).email_key, staged(staging).phone) == ("ada@shop.example", "Ada ")
    assert card(staging)["name"] == "Ada "


@pytest.mark.parametrize(
    "letter", ["\x1b", "\x07", "\x00", "\x7f", "\x9b", "\b", "\u202e", "\ufeff"]
)
def test_no_control_and_nothing_that_turns_text_around_reaches_a_card(
    staging: Engine, letter: str
) -> None:
    awkward, tier = f"Ada{letter} Example", {"name": f"10 %{letter}"}

    put(staging, member(phone=awkward, card={"name": awkward, "coupons": [tier]}))

    assert card(staging)["name"] == staged(staging).phone == "Ada Example"
    assert card(staging)["coupons"] == [{"name": "10 %"}]
    assert card(staging)["summary"].isprintable()


@pytest.mark.parametrize(
    "name", ["\u5c71\u7530\u3000\u592a\u90ce", "Ali\u200cReza", "\u05d0\u05d3\u05d4\u200f"]
)
def test_a_name_is_kept_as_people_write_it(staging: Engine, name: str) -> None:
    put(staging, member(card={"name": name}))

    assert card(staging)["name"] == name


def test_a_batch_of_thousands_is_compared_in_pieces(staging: Engine) -> None:
    people = [member(f"m{number}") for number in range(2500)]
    put(staging, *people, first_load=True)

    people[1700] = member("m1700", tier_rank=3)

    assert put(staging, *people, member("m9999"), later=True) == StagedCounts(2501, 2)
