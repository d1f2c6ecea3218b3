"""A member at a real Rivo stand-in is found, or surely is nobody."""

from __future__ import annotations

import pytest

from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import Platform
from sandbox.running import Sandbox
from tests.http.rivo.booking import PLUS_EMAIL, requests_made


@pytest.mark.parametrize("spelling", [PLUS_EMAIL, PLUS_EMAIL.upper()])
def test_a_member_is_found_by_email_and_by_id(
    platform: Platform, member_id: str, spelling: str
) -> None:
    found = platform.find_member(spelling)

    assert found is not None
    assert (found.member_id, found.email) == (member_id, PLUS_EMAIL)
    assert platform.find_member(member_id) == found


def test_every_listed_member_is_found_by_its_id_as_the_list_has_it(platform: Platform) -> None:
    listed = next(platform.iter_member_pages()).members[:20]

    assert [platform.find_member(one.member_id) for one in listed] == listed


@pytest.mark.parametrize(
    "identifier",
    ["nobody@shop.example", "mira club@shop.example", "a/../b?c#d%@shop.example", "999999999"],
)
def test_somebody_unknown_is_none(platform: Platform, member_id: str, identifier: str) -> None:
    assert platform.find_member(identifier) is None


@pytest.mark.parametrize("text", ["", " ", ".", "..", "mira", "²", "٣", "../points_events"])
def test_what_is_neither_an_id_nor_an_email_is_never_asked_for(
    sandbox: Sandbox, platform: Platform, text: str
) -> None:
    assert platform.find_member(text) is None
    assert requests_made(sandbox) == 0


def test_a_member_that_cannot_be_read_is_not_taken_for_nobody(
    sandbox: Sandbox, platform: Platform, member_id: str
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_guest_spelling": "paused"})
    sandbox.control("rivo", "PATCH", f"members/{member_id}", {"status": "guest"})

    with pytest.raises(BadFieldError, match="loyalty_status"):
        platform.find_member(PLUS_EMAIL)
