"""The values to enter by hand: one list, for the page, the docs and the awards API."""

from __future__ import annotations

from loyalty_desk.awards.from_button import SHOWN_MEMBER_ID
from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.awards.taking_back import read_take_back
from loyalty_desk.connect import button
from tests.factories import store_settings
from tests.project import PROJECT_ROOT


def test_the_docs_list_every_value_to_enter() -> None:
    docs = (PROJECT_ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
    url = "https://<your public address>/loyalty/api/v1/awards"

    for rows in button.tables(url, store_settings().awards.reasons[0]).values():
        lines = [
            f"| {name} | {f'`{value}`' if value else 'empty'}{', editable' if editable else ''} |\n"
            for name, value, editable in rows
        ]
        assert "".join(lines) in docs


def test_every_field_is_one_that_the_awards_api_takes() -> None:
    assert {field.key for field in button.fields("gesture")} <= {*FIELDS, SHOWN_MEMBER_ID}
    taken = {field.key: "1" for field in button.TAKE_BACK_FIELDS}
    assert read_take_back(taken).ticket_id == 1


def test_the_first_reason_of_the_store_stands_there() -> None:
    assert ("Body: reason", "sorry", True) in button.settings_table("https://x", "sorry")


def test_what_an_agent_fills_in_is_a_row_of_a_form() -> None:
    for rows in button.tables("https://x", "sorry").values():
        assert ("Content type", "application/x-www-form-urlencoded", False) in rows


def test_the_hints_name_the_stores_reasons_and_whether_it_takes_away() -> None:
    own = store_settings(awards={"reasons": ["birthday", "sorry"], "allow_negative": False}).awards

    assert any("birthday, sorry" in hint for hint in button.hints(own))
    assert any("from 1 on" in hint for hint in button.hints(own))
    assert not any("from 1 on" in hint for hint in button.hints(store_settings().awards))
