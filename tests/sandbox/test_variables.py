"""Variables in texts: paths, filters, and the blank space for what is not available."""

from typing import Any

import pytest

from sandbox.gorgias.moments import read_moment, write_moment
from sandbox.gorgias.variables import Reading, render, render_parts, render_url

CONTEXT: dict[str, Any] = {
    "ticket": {
        "id": 40001,
        "created_datetime": "2026-03-05T09:07:08.123456+00:00",
        "spam": False,
        "messages": [{"body_text": "first"}, {"body_text": "last"}],
        "customer": {
            "name": "",
            "data": None,
            "email": "mira+x@example.test",
            "integrations": {"555": {"points": 1840, "perks": ["tea", "mug"], "off": {"a": 1}}},
        },
    }
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ticket.id}}", "40001"),
        ("{{ticket.customer.email}}", "mira+x@example.test"),
        ("{{ticket.spam}}", "false"),
        ("{{ticket.messages[0].body_text}}, {{ticket.messages[-1].body_text}}", "first, last"),
        ("{{ticket.customer.integrations.555.points}}", "1840"),
        ("{{ticket.customer.integrations[555].points}}", "1840"),
        ("{{ticket.customer.integrations['555'].points}}", "1840"),
        ("{{ticket.customer.integrations.555.perks}}", "tea, mug"),
        ("{{ticket.customer.integrations.555.off}}", '{"a": 1}'),
        ('{{ticket.created_datetime|datetime_format("MMM Do YY")}}', "Mar 5th 26"),
        ("no variable }} {{", "no variable }} {{"),
    ],
)
def test_a_path_leads_to_its_value(text: str, shown: str) -> None:
    assert render(text, CONTEXT) == shown


@pytest.mark.parametrize(
    "text",
    [
        "{{ticket.nothing}}", "{{ticket.customer.data.loyalty.points}}", "{{ticket.customer.name}}",
        "{{ticket.messages[2].body_text}}", "{{ticket.id.more}}", "{{ticket.id|upper}}", "{{}}",
        "{{ticket.customer.integrations[556].points}}", "{{ticket.id|default('x')}}", "{{1 + 1}}",
        '{{ticket.id|datetime_format("YYYY")}}', "{{ticket..id}}", "{{.ticket.id}}",
    ],
)  # fmt: skip
def test_what_is_not_available_is_one_blank_space(text: str) -> None:
    assert render(f"You have {text} points", CONTEXT) == "You have   points"


def test_one_with_spaces_inside_is_text_unless_they_are_allowed() -> None:
    text = "{{ ticket.id }} of {{ticket.id}}"

    assert render(text, CONTEXT) == "{{ ticket.id }} of 40001"
    assert render(text, CONTEXT, Reading(spaced=True)) == "40001 of 40001"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("{{ticket.id}}", "40001"),
        ("{{ticket.customer.name}}", " "),
        ("{{ticket.customer.data}}", " "),
        ("{{ticket.customer.data.loyalty.points}}", " "),
        ("{{ticket.nothing}}", "{{ticket.nothing}}"),
        ("{{order.id}}", "{{order.id}}"),
        ("{{ticket.customer.integrations[556].points}}",) * 2,
        ("{{1 + 1}}", "{{1 + 1}}"),
        ("{{}}", "{{}}"),
    ],
)
def test_in_a_body_what_the_page_does_not_have_stays_and_what_is_empty_is_a_blank(
    text: str, sent: str
) -> None:
    assert render(text, CONTEXT, Reading(keeps_unknown=True)) == sent


def test_parts_tell_which_variables_were_blank() -> None:
    parts = render_parts("{{ticket.id}} has {{ticket.nothing}}", CONTEXT)

    assert [(part.text, part.variable, part.is_blank) for part in parts] == [
        ("40001", "ticket.id", False), (" has ", None, False), (" ", "ticket.nothing", True),
    ]  # fmt: skip


def test_values_in_an_address_are_escaped_unless_it_begins_with_one() -> None:
    context = CONTEXT | {"base": "https://shop.example/a?b=c"}

    assert render_url("http://x.test/?e={{ticket.customer.email}}", context) == (
        "http://x.test/?e=mira%2Bx%40example.test"
    )
    assert render_url("{{base}}", context) == "https://shop.example/a?b=c"


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("MMMM D, YYYY", "March 5, 2026"), ("DD/MM/YY", "05/03/26"), ("dddd Do", "Thursday 5th"),
        ("ddd HH:mm:ss", "Thu 09:07:08"), ("h:mm A", "9:07 AM"), ("hh a", "09 am"),
        ("[Day] D [of] MMM", "Day 5 of Mar"), ("LL", "March 5, 2026"),
        ("L LT", "03/05/2026 9:07 AM"), ("Z", "+00:00"), ("", ""),
    ],
)  # fmt: skip
def test_dates_follow_the_patterns_of_moment(pattern: str, shown: str) -> None:
    moment = read_moment(CONTEXT["ticket"]["created_datetime"])

    assert moment is not None
    assert write_moment(moment, pattern) == shown
