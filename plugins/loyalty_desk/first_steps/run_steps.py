"""The first runs: a dry one, a look at its report, then one that writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from loyalty_desk.connect.families import SYNC, dag_of
from loyalty_desk.first_steps.facts import Facts, Remembered, SeenRun
from loyalty_desk.first_steps.step import Button, Form, Link, May, State, Step, trigger
from loyalty_desk.hooks.dag_switches import Switch
from loyalty_desk.records import RunState
from loyalty_desk.report.formats import count

FEW = 10
"""Cards that a careful first run writes."""


def dry_run(facts: Facts) -> Step:
    """Was there a run that wrote nothing?"""
    store, known = facts.store.name, facts.remembered
    base = _base(facts, key="dry-run", title="First dry run")
    if known is None:
        return _unseen(base)
    if (done := known.dry.get(RunState.SUCCEEDED)) is not None:
        return replace(base, state=State.DONE, found=_planned(facts, done))
    if RunState.SUCCEEDED in known.real:
        found = "Cards have been written without one."
        return replace(base, state=State.NOT_NEEDED, found=found)
    again = replace(
        base,
        buttons=_buttons(facts, trigger(dag_of(SYNC, store), "Start a dry run", dry_run=True)),
        commands=(
            f"airflow dags trigger {dag_of(SYNC, store)} --conf '{{\"dry_run\": true}}'",
            f"loyalty-desk sync --store {store} --dry-run",
        ),
    )
    unfinished = _unfinished(facts, base, known.dry, again)
    if unfinished is not None:
        return unfinished
    return replace(
        again,
        state=State.TO_DO if _is_ready(facts) else State.LATER,
        found="No run has read the accounts yet.",
        todo=f"Start one. It reads everything, pairs people, and writes nothing.{_paused(facts)}",
    )


def look(facts: Facts) -> Step:
    """Did somebody say that the report of the dry run is right?"""
    known = facts.remembered
    base = _base(facts, key="look", title="Look at the report")
    if known is None:
        return _unseen(base)
    done = known.dry.get(RunState.SUCCEEDED)
    links = (Link(label="Open the report", path=_report(done)),) if done else ()
    if known.looked is not None and _is_looked_at(known):
        at = facts.moment(known.looked.at)
        found = f"{known.looked.by} looked at it and found it right, {at}."
        return replace(base, state=State.DONE, found=found, links=links)
    if RunState.SUCCEEDED in known.real:
        what = "at this report" if done else "before"
        found = f"Cards have been written already; nobody said here that they looked {what}."
        return replace(base, state=State.NOT_NEEDED, found=found, links=links)
    if done is None:
        found = "The dry run makes the report: who was paired, who was not, what would be written."
        return replace(base, state=State.LATER, found=found)
    return replace(
        base,
        state=State.TO_DO,
        found=f"The report of {facts.moment(done.started_at)} waits for who knows the customers.",
        todo="Read who was paired and who was not, and how many cards would be written. Is it"
        " right? Then say so, and the next step is yours or your engineer's.",
        links=links,
        form=Form(label="It is right", action="looked", run_id=done.run_id),
    )


def first_run(facts: Facts) -> Step:
    """Was there a run that wrote cards?"""
    store, known = facts.store.name, facts.remembered
    base = _base(facts, key="first-run", title="First real run")
    if known is None:
        return _unseen(base)
    if (done := known.real.get(RunState.SUCCEEDED)) is not None:
        by_hand = "" if facts.store.schedule else " The store has no schedule: syncs run by hand."
        found = f"{_pushed(facts, done)}{by_hand}"
        return replace(base, state=State.DONE, found=found, buttons=_rest(facts, known, done))
    sync = dag_of(SYNC, store)
    again = replace(
        base,
        buttons=_buttons(
            facts,
            trigger(sync, f"Write {FEW} cards", limit=FEW),
            _all_cards(facts),
        ),
        commands=(
            f"airflow dags trigger {sync} --conf '{{\"limit\": {FEW}}}'",
            f"airflow dags trigger {sync}",
        ),
    )
    unfinished = _unfinished(facts, base, known.real, again)
    if unfinished is not None:
        return unfinished
    return replace(
        again,
        state=State.TO_DO if _is_looked_at(known) and _is_ready(facts) else State.LATER,
        found="No card has been written to Gorgias yet.",
        todo=f"Write the {FEW} most urgent cards, open one of these customers in Gorgias, then"
        f" write all.{_paused(facts)}",
    )


def _rest(facts: Facts, known: Remembered, done: SeenRun) -> tuple[Button, ...]:
    """What writes the cards that the newest run left, unless a run is at it."""
    if not done.left_some:
        return ()
    going = known.real.get(RunState.RUNNING)
    if going is not None and going.started_at > done.started_at:
        return ()
    return _buttons(facts, _all_cards(facts))


def _all_cards(facts: Facts) -> Button:
    return trigger(dag_of(SYNC, facts.store.name), "Write all cards")


def _base(facts: Facts, *, key: str, title: str) -> Step:
    dag_id = dag_of(SYNC, facts.store.name)
    return Step(
        key=key,
        title=title,
        takes=May.SETTLE,
        whom=f"Ask whoever may trigger the DAG {dag_id} in Airflow.",
    )


def _unseen(base: Step) -> Step:
    found = "It stands in the database of Loyalty Desk, which cannot be read."
    todo = "See to the step Tables first."
    return replace(base, state=State.UNSEEN, found=found, todo=todo)


def _unfinished(
    facts: Facts, base: Step, runs: Mapping[RunState, SeenRun], again: Step
) -> Step | None:
    """The step while a run goes on, or after the newest one failed; None when there is none."""
    newest: SeenRun | None = max(runs.values(), key=lambda run: run.started_at, default=None)
    if newest is None:
        return None
    link = (Link(label="See how far it is", path=""),)
    if newest.state is RunState.RUNNING:
        found = f"A run goes on since {facts.moment(newest.started_at)}."
        return replace(base, state=State.RUNNING, found=found, links=link)
    why = newest.failure or "Another run took its place."
    return replace(
        again,
        state=State.WRONG,
        found=f"The run of {facts.moment(newest.started_at)} stopped. {why}",
        todo="Mend what it names, then start it again.",
    )


def _is_looked_at(known: Remembered) -> bool:
    """Whether somebody found the newest report right; what was said of an earlier one is past."""
    done = known.dry.get(RunState.SUCCEEDED)
    return done is not None and known.looked is not None and known.looked.run_id == done.run_id


def _is_ready(facts: Facts) -> bool:
    """Whether a run could be started and would go on."""
    return not any(account.trouble for account in facts.accounts) and not _paused(facts)


def _paused(facts: Facts) -> str:
    """What to say where the sync is switched off: a run of it would only wait."""
    if facts.switches is None:
        return ""
    switch = facts.switches[dag_of(SYNC, facts.store.name)]
    return "" if switch is Switch.ON else " Switch its DAG on first: until then a run only waits."


def _buttons(facts: Facts, *buttons: Button) -> tuple[Button, ...]:
    return buttons if _is_ready(facts) else ()


def _report(run: SeenRun) -> str:
    return f"/runs/{run.run_id}/report.html"


def _planned(facts: Facts, run: SeenRun) -> str:
    record = run.record
    if record is None:
        return f"It was done {facts.moment(run.started_at)}."
    return (
        f"{facts.moment(run.started_at)}: {count(record.customers_matched)} of"
        f" {count(record.customers_total)} customers were paired with a member, and"
        f" {count(record.planned)} cards would be written."
    )


def _pushed(facts: Facts, run: SeenRun) -> str:
    record = run.record
    if record is None:
        return f"It was done {facts.moment(run.started_at)}."
    left = f", {count(record.left)} are left for the next run" if record.left else ""
    most = f", and was to write {run.limit} at most" if run.limit is not None else ""
    at = facts.moment(run.started_at)
    return f"The newest, {at}, wrote {count(record.pushed)} cards{left}{most}."
