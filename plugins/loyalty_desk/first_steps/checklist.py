"""All steps of a store's set-up in their order, and which one is next. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loyalty_desk.first_steps import gorgias_steps, installation_steps, run_steps
from loyalty_desk.first_steps.facts import Facts
from loyalty_desk.first_steps.step import NEXT, SETTLED, State, Step

STEPS: Final = (
    installation_steps.connections,
    installation_steps.tables,
    installation_steps.dags,
    run_steps.dry_run,
    run_steps.look,
    run_steps.first_run,
    gorgias_steps.connect,
    gorgias_steps.button,
    gorgias_steps.webhooks,
)


def checklist(facts: Facts) -> list[Step]:
    return [step(facts) for step in STEPS]


def next_step(steps: Sequence[Step]) -> Step | None:
    """The first one that somebody can see to now; None when there is none left to do."""
    return next((step for step in steps if step.state in NEXT), None)


def summary(steps: Sequence[Step]) -> str:
    """How far it is, in a sentence."""
    settled = sum(step.state in SETTLED for step in steps)
    if settled == len(steps):
        return "Everything is set up."
    unseen = [step.title for step in steps if step.state is State.UNSEEN]
    if settled + len(unseen) == len(steps):
        return (
            f"Done: {settled} of {len(steps)}. Look yourself whether the rest is:"
            f" {', '.join(unseen)}."
        )
    step = next_step(steps)
    told = f" Next: {step.title}." if step else ""
    return f"Done: {settled} of {len(steps)}.{told}"
