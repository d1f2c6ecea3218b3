"""What a button sends: reasons as people type them, and whom the page tells of."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.awards.from_button import find_reason, read_button
from tests.factories import store_settings

REASONS = store_settings().awards.reasons


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("gesture", "gesture"),
        ("Gesture", "gesture"),
        (" gestrue ", "gesture"),
        ("Late delivery", "late_delivery"),
        ("late-delivry", "late_delivery"),
        ("DAMAGED  ITEM!", "damaged_item"),
        ("damged_itme", "damaged_item"),
        ("corection", "correction"),
        ("Other", "other"),
    ],
)
def test_a_reason_is_the_one_that_is_spelled_most_alike(told: str, reason: str) -> None:
    assert read_button({"reason": told}, REASONS) == {"reason": reason} | (
        {} if told != reason else {"reason": told}
    )


def test_words_that_are_no_reason_are_kept_in_the_note() -> None:
    read = read_button({"reason": "angry on the phone", "note": "QX-88"}, REASONS)

    assert read == {"reason": "other", "note": "QX-88; reason: angry on the phone"}
    assert read_button({"reason": "whim"}, REASONS)["note"] == "reason: whim"


def test_a_note_without_room_for_them_stays_as_it_is() -> None:
    note = "x" * 495

    assert read_button({"reason": "whim", "note": note}, REASONS)["note"] == note


def test_a_store_without_the_reason_other_has_it_refused() -> None:
    assert read_button({"reason": "whim"}, ["birthday"]) == {"reason": "whim"}
    assert find_reason("birtday", ["birthday"]) == "birthday"


@pytest.mark.parametrize("told", [None, "", "  ", 7, ["gesture"], "a\x00b", "x" * 400])
def test_what_is_no_text_of_a_person_is_left_to_whoever_reads_the_request(told: Any) -> None:
    assert read_button({"reason": told}, REASONS) == {"reason": told}


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"email": "a@b.example", "shown_member_id": "7"}, {"email": "a@b.example"}),
        ({"email": "", "shown_member_id": "7"}, {"email": "", "member_id": "7"}),
        ({"shown_member_id": "7"}, {"member_id": "7"}),
        ({"member_id": "8", "shown_member_id": "7"}, {"member_id": "8"}),
        ({"email": "", "shown_member_id": ""}, {"email": ""}),
    ],
)
def test_the_card_that_is_shown_counts_where_the_page_tells_no_address(
    told: dict[str, Any], read: dict[str, Any]
) -> None:
    assert read_button(told, REASONS) == read
