"""The values to enter by hand: one list, for the page, the docs and the awards API."""

from __future__ import annotations

from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.connect import button
from loyalty_desk.settings.project import PROJECT_ROOT
from tests.factories import store_settings


def test_the_docs_list_every_value_to_enter() -> None:
    docs = (PROJECT_ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
    url = "https://<your Airflow>/loyalty/api/v1/awards"

    for name, value, editable in button.settings_table(url, store_settings().awards.reasons[0]):
        shown = f"`{value}`" if value else "empty"
        assert f"| {name} | {shown}{', editable' if editable else ''} |\n" in docs


def test_every_field_is_one_that_the_awards_api_takes() -> None:
    assert {field.key for field in button.fields("gesture")} <= set(FIELDS)


def test_the_first_reason_of_the_store_stands_there() -> None:
    assert ("Body: reason", "sorry", True) in button.settings_table("https://x", "sorry")
