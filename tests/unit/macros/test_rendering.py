"""Variables as Gorgias fills them: a blank for what is not there, never an error."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.macros.rendering import render

CONTEXT: dict[str, Any] = {
    "ticket": {
        "id": 7,
        "created_datetime": "2026-03-02T15:04:05+00:00",
        "messages": [{"body_text": "first"}, {"body_text": "last"}],
        "customer": {
            "firstname": "",
            "name": "Ada <b>",
            "integrations": {"555": {"points": 0, "vip": True}},
            "data": {"loyalty": {"summary": "1,840 points"}},
        },
    }
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ticket.id}}", "7"),
        ("{{ ticket.id }}", "7"),
        ("{{ticket.customer.data.loyalty.summary}}", "1,840 points"),
        ("{{ticket.customer.integrations.555.points}}", "0"),
        ("{{ticket.customer.integrations[555].points}}", "0"),
        ("{{ticket.customer.integrations.555.vip}}", "true"),
        ("{{ticket.messages[0].body_text}}", "first"),
        ("{{ticket.messages[-1].body_text}}", "last"),
        ('{{ticket.created_datetime|datetime_format("MMM Do YY")}}', "Mar 2nd 26"),
        ("{{ticket.created_datetime|datetime_format('dddd, D MMMM YYYY HH:mm')}}",
         "Monday, 2 March 2026 15:04"),
        ('{{ ticket.created_datetime | datetime_format("h:mm A") }}', "3:04 PM"),
        ("no variable", "no variable"),
    ],
)  # fmt: skip
def test_a_value_is_printed(template: str, text: str) -> None:
    rendered = render(template, CONTEXT)

    assert (rendered.text, rendered.blanks) == (text, ())


@pytest.mark.parametrize(
    "path",
    [
        "ticket.customer.firstname",
        "ticket.customer.nothing",
        "ticket.customer.nothing.deeper",
        "ticket.customer.data",
        "ticket.id.deeper",
        "ticket.messages[9].body_text",
        "ticket.messages.word",
        "nobody",
    ],
)
def test_what_is_not_there_prints_a_blank_and_is_told(path: str) -> None:
    rendered = render(f"Hi {{{{{path}}}}}!", CONTEXT)

    assert (rendered.text, rendered.blanks) == ("Hi  !", (path,))


@pytest.mark.parametrize(
    "filter_text", ["upper", "default('x')", "datetime_format(MMM)", "datetime_format"]
)
def test_a_filter_that_is_not_documented_prints_a_blank(filter_text: str) -> None:
    rendered = render(f"{{{{ticket.created_datetime|{filter_text}}}}}", CONTEXT)

    assert rendered.blanks == ("ticket.created_datetime",)


@pytest.mark.parametrize("path", ["ticket.customer.name", "ticket.id"])
def test_what_is_no_time_cannot_be_shown_as_one(path: str) -> None:
    assert render(f'{{{{{path}|datetime_format("YYYY")}}}}', CONTEXT).blanks == (path,)


def test_values_in_html_are_escaped() -> None:
    assert render("{{ticket.customer.name}}", CONTEXT, html=True).text == "Ada &lt;b&gt;"
