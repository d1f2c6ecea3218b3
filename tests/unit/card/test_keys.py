"""The table of the card's keys: nothing that is written elsewhere about them is out of step."""

from __future__ import annotations

import json
import re

from loyalty_desk.card.cards import SYNCED_AT, absent_card, member_card
from loyalty_desk.card.keys import CARD, COUPON, KEYS, TOLD, Kind, Place
from loyalty_desk.card.texts import LAST_AWARD, TEXT_KEYS, texts_of, with_texts
from loyalty_desk.macros.templates import ALWAYS_THERE, CARD_KEY
from loyalty_desk.records import MemberStatus, Outcome
from loyalty_desk.settings.sections import GorgiasSettings
from tests.project import PROJECT_ROOT


def doc(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def test_each_key_stands_once_and_a_macro_can_name_it() -> None:
    for table in (CARD, COUPON):
        assert len({key.name for key in table}) == len({key.label for key in table}) == len(table)
    assert all(CARD_KEY.fullmatch(f"{{{{card.{name}}}}}") for name in KEYS)
    assert len(KEYS) == len(CARD)


def test_what_we_work_out_is_in_the_table_and_everybody_has_it() -> None:
    made = {key.name for key in CARD if not key.is_told}
    card = with_texts(member_card("7", MemberStatus.MEMBER, {}))

    assert made == {*card, SYNCED_AT}
    assert {key.name for key in CARD if key.is_everybodys} == made - {"member_id"}
    assert set(with_texts(absent_card(Outcome.ERASED))) == made - {"member_id", SYNCED_AT}


def test_every_sentence_of_the_table_can_be_said() -> None:
    assert set(texts_of({"member": True})) == set(TEXT_KEYS)
    sentences = {key.name for key in CARD if key.kind is Kind.SENTENCE}
    assert sentences == {*TEXT_KEYS, LAST_AWARD}


def test_what_needs_more_than_a_row_has_its_own_place() -> None:
    assert {key.name: key.place for key in TOLD if key.place is not Place.ROW} == {
        "coupons": Place.LIST,
        "profile_url": Place.LINK,
    }


def test_the_fields_by_default_can_be_filled() -> None:
    assert all(KEYS[name].field_type for name in GorgiasSettings().custom_fields)


def test_the_example_of_the_front_page_has_keys_of_the_card_alone() -> None:
    example = json.loads(doc("README.md").partition("```json\n")[2].partition("```")[0])

    assert set(example) <= set(KEYS)


def test_the_page_on_macros_names_the_keys_that_every_card_has() -> None:
    said = re.search(r"Keys that every card has:\n(.*?)\.", doc("docs/macros.md"))

    assert said
    assert set(re.findall(r"`(\w+)`", said[1])) == set(ALWAYS_THERE)
