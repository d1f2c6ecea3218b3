"""Awards worth a look, each with the rule that found it. A rule says where to look, and no more.

Pure. What was taken back counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.records import Unit

FAR_ABOVE: Final = 3
"""So many times the median of all is far above."""
ENOUGH_TO_COMPARE: Final = 4
"""Of fewer agents or customers a median tells nothing."""
SEVERAL: Final = 3
NEAR: Final = 0.9
"""From this part of the approval line on, an amount is just under it."""


class Rule(StrEnum):
    AGENT = "agent_far_above"
    CUSTOMER = "customer_far_above"
    LINE = "just_under_the_line"
    AGENTS = "several_agents"


OF_AGENTS: Final = frozenset({Rule.AGENT, Rule.LINE})
"""Rules that name an agent; the others name a customer."""
RULES: Final[Mapping[Rule, str]] = {
    Rule.AGENT: f"An agent with more than {FAR_ABOVE} times the median of all agents, "
    f"of {ENOUGH_TO_COMPARE} or more.",
    Rule.CUSTOMER: f"A customer with {SEVERAL} awards or more, and more than {FAR_ABOVE} times the "
    f"median of all customers, of {ENOUGH_TO_COMPARE} or more.",
    Rule.LINE: f"An agent with {SEVERAL} awards or more of {NEAR:.0%} to 100% of what needs no "
    "approval yet.",
    Rule.AGENTS: f"A customer whom {SEVERAL} agents or more awarded.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """One per rule, unit and agent or customer. `amount` and `against` are points or hundredths.

    `against` is the median of all, or the approval line; None for several agents.
    """

    rule: Rule
    who: str
    unit: Unit
    awards: int
    amount: int
    against: int | None


def address_of(one: Outlier, elsewhere: Elsewhere) -> str | None:
    """Where it can be looked into: the agent's awards, or whoever they were for."""
    if one.rule in OF_AGENTS:
        return elsewhere.awards_of(one.who)
    return elsewhere.person(one.who)


def find_outliers(awards: pd.DataFrame, lines: Mapping[Unit, int | None]) -> list[Outlier]:
    """What the rules find among booked awards; `lines` are the approval lines, in the same parts.

    Anonymous awards are nobody's and count for agents alone.
    """
    whole = (awards["takes_back"] == 0) & (awards["taken_back"] == 0)
    stood = awards.loc[whole, ["unit", "agent", "subject", "amount"]]
    found: list[Outlier] = []
    for unit in Unit:
        of_unit = stood[stood["unit"] == unit]
        known = of_unit[of_unit["subject"] != "erased"]
        found += _far_above(Rule.AGENT, of_unit, "agent", unit, at_least=1)
        found += _far_above(Rule.CUSTOMER, known, "subject", unit, at_least=SEVERAL)
        found += _just_under(of_unit, unit, lines.get(unit))
        found += _by_several(known, unit)
    return found


def _far_above(
    rule: Rule, awards: pd.DataFrame, column: str, unit: Unit, *, at_least: int
) -> Iterator[Outlier]:
    sums = _sums(awards, column)
    middle = sums["sum"].median()
    if len(sums) < ENOUGH_TO_COMPARE or middle <= 0:
        return
    far = sums[(sums["count"] >= at_least) & (sums["sum"] > FAR_ABOVE * middle)]
    yield from _each(rule, unit, far, round(middle))


def _just_under(awards: pd.DataFrame, unit: Unit, line: int | None) -> Iterator[Outlier]:
    if not line:
        return
    near = awards[(awards["amount"] >= NEAR * line) & (awards["amount"] <= line)]
    sums = _sums(near, "agent")
    yield from _each(Rule.LINE, unit, sums[sums["count"] >= SEVERAL], line)


def _by_several(awards: pd.DataFrame, unit: Unit) -> Iterator[Outlier]:
    often = _of_those_with(SEVERAL, awards, awards)
    of_several = _of_those_with(SEVERAL, often.drop_duplicates(["subject", "agent"]), often)
    yield from _each(Rule.AGENTS, unit, _sums(of_several, "subject"), None)


def _each(rule: Rule, unit: Unit, sums: pd.DataFrame, against: int | None) -> Iterator[Outlier]:
    """An outlier for each agent or customer of the sums, by name."""
    for who, amount, count in sorted(sums.itertuples(name=None)):
        yield Outlier(
            rule=rule,
            who=who,
            unit=unit,
            awards=int(count),
            amount=int(amount),
            against=against,
        )


def _of_those_with(least: int, rows: pd.DataFrame, awards: pd.DataFrame) -> pd.DataFrame:
    """The awards of customers who are in so many of the rows."""
    counts = rows["subject"].value_counts()
    return awards[awards["subject"].isin(counts.index[counts >= least])]


def _sums(awards: pd.DataFrame, column: str) -> pd.DataFrame:
    amounts = awards.groupby(column, observed=True)["amount"]
    # Without the second one's index, as pandas compares two with a hash of each name.
    return amounts.sum().to_frame("sum").assign(count=amounts.count().to_numpy())
