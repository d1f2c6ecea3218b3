"""Each rule finds what it says, and not what is at its edge."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from loyalty_desk.goodwill.outliers import RULES, Outlier, Rule, find_outliers
from loyalty_desk.records import Unit

LINE = {Unit.POINTS: 1_000, Unit.CREDITS: None}


def award(
    agent: str = "ada", subject: str = "m1", amount: int = 10, **values: Any
) -> dict[str, Any]:
    return {
        "agent": agent,
        "subject": subject,
        "amount": amount,
        "unit": "points",
        "takes_back": 0,
        "taken_back": 0,
        **values,
    }


def found(rule: Rule, *rows: dict[str, Any]) -> list[Outlier]:
    return [one for one in find_outliers(pd.DataFrame(rows), LINE) if one.rule is rule]


def three_others(name: str) -> list[dict[str, Any]]:
    people = [{name: f"{name} {number}"} for number in range(3)]
    return [award(**{"agent": f"a{n}", "subject": f"s{n}", **one}) for n, one in enumerate(people)]


@pytest.mark.parametrize(("amount", "is_found"), [(30, False), (31, True)])
def test_an_agent_far_above_the_median(*, amount: int, is_found: bool) -> None:
    rows = [*three_others("agent"), award("eve", "m9", amount)]

    outliers = found(Rule.AGENT, *rows)

    assert [(one.who, one.amount, one.against) for one in outliers] == (
        [("eve", amount, 10)] if is_found else []
    )


def test_three_agents_are_too_few_to_compare() -> None:
    assert found(Rule.AGENT, award("a"), award("b"), award("eve", amount=10_000)) == []


@pytest.mark.parametrize(("awards", "is_found"), [(2, False), (3, True)])
def test_a_customer_far_above_the_median_with_several_awards(
    *, awards: int, is_found: bool
) -> None:
    rows = [award("eve", "m9", 500) for _ in range(awards)]

    outliers = found(Rule.CUSTOMER, *three_others("subject"), *rows)

    assert [(one.who, one.awards) for one in outliers] == ([("m9", 3)] if is_found else [])


@pytest.mark.parametrize(
    ("amounts", "is_found"),
    [
        ((900, 950, 1_000), True),
        ((899, 950, 1_000), False),
        ((950, 1_000, 1_001), False),
        ((950, 950), False),
    ],
)
def test_amounts_just_under_the_approval_line(*, amounts: tuple[int, ...], is_found: bool) -> None:
    outliers = found(Rule.LINE, *(award("eve", f"m{a}", a) for a in amounts))

    assert [(one.who, one.against) for one in outliers] == ([("eve", 1_000)] if is_found else [])


def test_without_a_line_nothing_is_under_it() -> None:
    rows = [award("eve", f"m{n}", 950, unit="credits") for n in range(4)]

    assert found(Rule.LINE, *rows) == []


@pytest.mark.parametrize(("agents", "is_found"), [("ab", False), ("abb", False), ("abc", True)])
def test_a_customer_whom_several_agents_awarded(*, agents: str, is_found: bool) -> None:
    outliers = found(Rule.AGENTS, *(award(agent, "m9", 5) for agent in agents))

    assert [(one.who, one.awards, one.amount) for one in outliers] == (
        [("m9", 3, 15)] if is_found else []
    )


def test_what_was_taken_back_and_who_is_anonymous_counts_for_nobody() -> None:
    taken_back = [award(agent, "m9", taken_back=1) for agent in "abc"]
    taking_back = [award(agent, "m9", takes_back=1) for agent in "abc"]
    anonymous = [award(agent, "erased") for agent in "abc"]

    assert found(Rule.AGENTS, *taken_back, *taking_back, *anonymous) == []


def test_every_rule_is_told_in_a_sentence() -> None:
    assert set(RULES) == set(Rule)
    assert all(rule.endswith(".") for rule in RULES.values())
