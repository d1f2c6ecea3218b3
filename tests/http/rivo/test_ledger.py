"""Awards are found again in the ledger of a real Rivo stand-in."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.errors import ApiUnavailableError, CursorError
from loyalty_desk.platforms import rivo
from loyalty_desk.platforms.base import Account, Platform
from sandbox.running import Sandbox
from tests.http.rivo.booking import NOTE, order, requests_made, spoil
from tests.scripted import ScriptedTransport


@pytest.mark.parametrize("told", [True, False], ids=["next_since_id", "last_row"])
def test_the_ledger_is_read_over_all_its_pages(
    sandbox: Sandbox,
    platform: Platform,
    member_id: str,
    monkeypatch: pytest.MonkeyPatch,
    told: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_next_since_id_present": told})
    monkeypatch.setattr(rivo, "PAGE_SIZE", 2)
    markers = [f"ld:{number}" for number in range(5)]
    ids = [platform.award(order(member_id, note="", marker=marker)) for marker in markers]
    before = requests_made(sandbox)

    entries = list(platform.iter_ledger(member_id))

    notes = [f"[{marker}]" for marker in markers]
    assert [(one.entry_id, one.marker_text) for one in entries] == list(
        zip(ids, notes, strict=True)
    )
    assert requests_made(sandbox) - before == (3 if told else 4)


def test_the_ledger_holds_one_member_only_and_all_of_its_entries(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    other = next(platform.iter_member_pages()).members[0].member_id
    platform.award(order(other))
    shown = sandbox.control("rivo", "GET", f"ledger?member_id={other}")["data"]

    entries = list(platform.iter_ledger(other))

    assert [one.entry_id for one in entries] == [str(one["id"]) for one in shown]
    assert [one.marker_text for one in entries] == [one["internal_note"] for one in shown]
    assert len(entries) == 4
    assert list(platform.iter_ledger(member_id)) == []
    assert list(platform.iter_ledger("999999999")) == []


def test_revoked_and_hidden_entries_are_marked(sandbox: Sandbox, platform: Platform) -> None:
    seen = set()
    for member in next(platform.iter_member_pages()).members[:30]:
        shown = sandbox.control("rivo", "GET", f"ledger?member_id={member.member_id}")["data"]
        marked = [one.is_revoked for one in platform.iter_ledger(member.member_id)]
        assert marked == [one["revoked"] or one["hidden"] for one in shown]
        seen |= {(one["revoked"], one["hidden"]) for one in shown}

    assert seen == {(False, False), (True, False), (False, True)}


def test_a_repeated_cursor_of_the_ledger_is_never_the_end(
    sandbox: Sandbox, platform: Platform, member_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivo, "PAGE_SIZE", 1)
    for _ in range(2):
        platform.award(order(member_id))
    spoil(sandbox, "repeat_cursor", method="GET")

    with pytest.raises(CursorError, match="/points_events"):
        list(platform.iter_ledger(member_id))


@pytest.mark.parametrize(
    "row",
    [
        "row",
        {"id": [90, 810], "attributes": {}},
        {"id": 810},
        {"id": 810, "attributes": {"internal_note": 5}},
    ],
    ids=["text", "no_id", "no_attributes", "no_note"],
)
def test_an_entry_that_cannot_be_read_is_never_left_out(row: Any) -> None:
    api = ScriptedTransport("Rivo")
    api.will_answer({"data": [row], "links": {"next_since_id": None}})

    with pytest.raises(ApiUnavailableError, match=r"GET /points_events with an entry"):
        list(rivo.RivoPlatform(api, Account(key="a key")).iter_ledger("5"))


def test_a_reading_of_the_ledger_survives_a_bad_moment(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    platform.award(order(member_id))
    for fault in ({"effect": "drop"}, {"effect": "truncate"}, {"effect": "status"}):
        spoil(sandbox, method="GET", **fault)

    assert [one.marker_text for one in platform.iter_ledger(member_id)] == [NOTE]
