"""Conformance, the card: what we make of a platform's answers is what the oracle makes of them."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

import orjson
import pytest

from loyalty_desk.platforms import loyaltylion, rivo, smile, trifft
from loyalty_desk.platforms.places import Places
from loyalty_desk.staging.intake_rows import member_row
from loyalty_desk.staging.row_types import MemberRow
from tests.oracle.cards import Card, differences
from tests.oracle.oracle import Oracle
from tests.platforms.account import PROFILE_URL, Account, all_members
from tests.platforms.cases import CASES

NOW = "2026-01-31T09:30:00.000000Z"
EVERYBODY = 10_000
TICKED = 300
"""More than there are places of an answer, each in three ways."""
PLAIN = [case for case in CASES if not case.variant]
"""The oracle knows one style of names."""
Rows = dict[str, MemberRow]


@pytest.fixture
def oracle(account: Account) -> Oracle:
    return Oracle(account.case.name, None if account.case.name == "rivo" else PROFILE_URL)


def taken_in(account: Account, known: Rows) -> Rows:
    """What staging makes of everybody, given what it knows."""
    return {
        member.member_id: member_row("acme", member, known.get(member.member_id), NOW)
        for member in all_members(account.platform())
    }


def wrong(account: Account, oracle: Oracle, rows: Rows) -> list[str]:
    """Each field of each member that the two make something else of."""
    cards: dict[str, Card] = {one: orjson.loads(row.card) for one, row in rows.items()}
    answers = account.control("GET", f"answers?limit={EVERYBODY}")
    return list(differences(oracle.member_cards(answers), cards, "member"))


def tick(account: Account, seed: int) -> list[str]:
    body = {"members": TICKED, "seed": seed, "answers": True, "paired": False}
    return list(account.control("POST", "tick", body)["places"])


@pytest.mark.parametrize("case", PLAIN, indirect=True, ids=str)
def test_whatever_an_answer_says_otherwise_or_no_more_shows_on_the_card(
    account: Account, oracle: Oracle
) -> None:
    rows = taken_in(account, {})
    assert wrong(account, oracle, rows) == []

    for seed in (1, 2):
        assert len(set(tick(account, seed))) > 40
        rows = taken_in(account, rows)
        assert wrong(account, oracle, rows) == []


def of_next_tier(patch: pytest.MonkeyPatch) -> None:
    read = rivo.read_object
    wrong_place = {"next_vip_tier": "vip_tier"}
    patch.setattr(rivo, "read_object", lambda row, name: read(row, wrong_place.get(name, name)))


def of_coupons(patch: pytest.MonkeyPatch) -> None:
    read = Places.coupons
    patch.setattr(Places, "coupons", lambda at: (read(at) or [])[:-1])


def of_segments(patch: pytest.MonkeyPatch) -> None:
    read, before = Places.names, [["VIP"]]

    def of_the_one_before(at: Places, key: str, name_key: str) -> list[str] | None:
        before.append(read(at, key, name_key) or [])
        return before[-2]

    patch.setattr(Places, "names", of_the_one_before)


def of_profile_link(patch: pytest.MonkeyPatch) -> None:
    stale = PROFILE_URL.replace("admin", "old-admin")
    patch.setattr(trifft.TrifftPlatform, "_profile_url", lambda _, one: stale.format(member_id=one))


def of_link_to_the_shop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rivo, "PROFILE_URL", PROFILE_URL)


MISREAD: dict[str, tuple[str, str, Callable[[pytest.MonkeyPatch], None]]] = {
    "a wrong next tier": ("rivo", "next_tier", of_next_tier),
    "a missing coupon": ("trifft", "coupons", of_coupons),
    "a segment of somebody else": ("trifft", "segments", of_segments),
    "a stale profile link": ("trifft", "profile_url", of_profile_link),
    "another profile link": ("rivo", "profile_url", of_link_to_the_shop),
}


@pytest.mark.parametrize(
    ("case", "name", "spoil"),
    [(case, *found[1:]) for found in MISREAD.values() for case in PLAIN if case.name == found[0]],
    indirect=["case"],
    ids=MISREAD,
)
def test_a_field_that_we_misread_is_named_with_its_member(
    account: Account,
    oracle: Oracle,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    spoil: Callable[[pytest.MonkeyPatch], None],
) -> None:
    spoil(monkeypatch)

    named = wrong(account, oracle, taken_in(account, {}))

    assert named
    assert {line.partition(":")[0].partition(", ")[2] for line in named} == {name}
    assert all(line.startswith("member ") for line in named)


NULLS = [
    *((rivo.TOLD_AT, "rivo", "tier"), (rivo.TOLD_AT, "rivo", "next_tier")),
    *((trifft.TOLD_AT, "trifft", "coupons"), (smile.TOLD_AT, "smile", "birthday")),
    (loyaltylion.TOLD_AT, "loyaltylion", "referral_code"),
]


@pytest.mark.parametrize(
    ("case", "told_at", "name"),
    [(case, table, name) for table, of, name in NULLS for case in PLAIN if case.name == of],
    indirect=["case"],
    ids=[f"{of}-{name}" for _, of, name in NULLS],
)
def test_a_null_that_we_do_not_take_for_one_is_named_with_its_member(
    account: Account,
    oracle: Oracle,
    monkeypatch: pytest.MonkeyPatch,
    told_at: MutableMapping[str, Any],
    name: str,
) -> None:
    monkeypatch.setitem(told_at, name, ())
    rows = taken_in(account, {})
    assert wrong(account, oracle, rows) == []

    tick(account, 1)

    named = wrong(account, oracle, taken_in(account, rows))
    assert {line.partition(":")[0].partition(", ")[2] for line in named} >= {name}
    assert {line.partition(":")[0].partition(", ")[2] for line in named} <= {name, "summary"}
    assert all(line.startswith("member ") for line in named)
