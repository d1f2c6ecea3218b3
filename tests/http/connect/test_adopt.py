"""A button made by hand is kept as it is, and one that may ask nobody is named."""

from __future__ import annotations

import pytest

from loyalty_desk.connect.button import CONTENT_TYPE
from loyalty_desk.gorgias.objects import Kind
from tests.http.connect.account import Desk, Gorgias


@pytest.mark.parametrize("kind", ["application/json", CONTENT_TYPE])
def test_adopting_a_button_that_sends_json_says_what_to_look_for(
    desk: Desk, gorgias: Gorgias, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    desk("connect")
    widget = gorgias.one(Kind.WIDGET, context="ticket")
    card = widget["template"]["widgets"][0]
    custom = card["meta"].setdefault("custom", {})
    custom["buttons"] = [{"label": "Add", "action": {"body": {"contentType": kind}}}]
    gorgias.change(Kind.WIDGET, widget["id"], template=widget["template"])

    assert desk("connect", "--adopt-widget", widget["id"]) == 0

    assert ("sends JSON" in caplog.text) is (kind != CONTENT_TYPE)
