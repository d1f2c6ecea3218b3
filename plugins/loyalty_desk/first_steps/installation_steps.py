"""What has to be there before a run: connections, tables, DAGs that are switched on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from loyalty_desk.connect.families import SYNC, dag_of, switch_on, when_paused
from loyalty_desk.doctor.database import DATABASE, MIGRATE
from loyalty_desk.doctor.finding import not_checked
from loyalty_desk.first_steps.facts import Account, Facts, SeenRun
from loyalty_desk.first_steps.step import Form, May, State, Step, unpause
from loyalty_desk.hooks.dag_switches import Switch
from loyalty_desk.records import RunState


class _Use(NamedTuple):
    """That an account was asked. `said` is what a test said, and empty where a run asked."""

    works: bool
    at: datetime
    said: str


def connections(facts: Facts) -> Step:
    """Are both connections there, and did they work when they were last used?"""
    missing = [one for one in facts.accounts if one.is_missing]
    broken = [one for one in facts.accounts if one.trouble and not one.is_missing]
    names = " and ".join(one.conn_id for one in missing + broken or facts.accounts)
    base = Step(
        key="connections",
        title="Connections",
        whom=f"Ask whoever may edit connections in Airflow, for {names}.",
    )
    if broken:
        told = ", ".join(f"{one.title} ({one.conn_id})" for one in broken)
        return replace(
            base,
            state=State.WRONG,
            found=f"Airflow has a connection that cannot be used as it is filled in: {told}.",
            detail=" ".join(f"{one.conn_id}: {one.trouble}." for one in broken),
            todo="Correct it in Airflow under Admin, Connections.",
        )
    if missing and facts.switches is None:
        return replace(
            base,
            state=State.UNSEEN,
            found="Airflow's own database did not tell which connections there are.",
            todo="See that it answers:",
            commands=("airflow db check",),
        )
    if missing:
        told = " and ".join(f"{one.title} ({one.conn_id})" for one in missing)
        return replace(
            base,
            state=State.TO_DO,
            found=f"Airflow has no connection for {told} yet.",
            todo="In Airflow, under Admin, Connections, Add Connection: "
            + "; ".join(f"name {one.conn_id}, type {_type(one)}" for one in missing)
            + ".",
            commands=tuple(one.add for one in missing),
        )
    return _tried(facts, base, Form(label="Test both", action="test"))


def _tried(facts: Facts, base: Step, form: Form) -> Step:
    seen = {one.conn_id: use for one in facts.accounts if (use := _seen(facts, one))}
    refused = {conn_id: use for conn_id, use in seen.items() if not use.works}
    oldest = min(seen.values(), key=lambda use: use.at, default=None)
    is_whole = len(seen) == len(facts.accounts)
    base = replace(
        base,
        form=form,
        commands=tuple(f"airflow connections test {one.conn_id}" for one in facts.accounts),
    )
    if refused:
        return replace(
            base,
            state=State.WRONG,
            found="A connection did not work when it was last tried,"
            f" {facts.moment(min(use.at for use in refused.values()))}.",
            detail=" ".join(f"{conn_id}: {use.said}" for conn_id, use in refused.items()),
            todo="Correct it in Airflow under Admin, Connections, then test again.",
        )
    failed = _failed_since(facts, oldest.at if oldest and is_whole else None)
    if failed is not None:
        return replace(
            base,
            state=State.UNSEEN,
            found=f"The run of {facts.moment(failed.started_at)} failed, and nothing newer shows"
            " that both accounts let us in.",
            detail=failed.failure or "",
            todo="Test them: one read of each account, nothing is written.",
        )
    if oldest is None or not is_whole:
        return replace(
            base,
            state=State.TO_DO,
            found="Both are filled in. Nobody has tried yet whether they work.",
            todo="Test them: one read of each account, nothing is written.",
        )
    when = "they were last tested" if oldest.said else "a run last succeeded"
    return replace(
        base,
        state=State.DONE,
        found=f"Both accounts let us in when {when}, {facts.moment(oldest.at)}.",
        todo="Test them again after each change.",
    )


def _failed_since(facts: Facts, since: datetime | None) -> SeenRun | None:
    """The newest run that failed, if it began after that: a key may have been revoked meanwhile."""
    known = facts.remembered
    if known is None:
        return None
    failed = [
        run
        for runs in (known.dry, known.real)
        if (run := runs.get(RunState.FAILED)) is not None
        and (since is None or run.started_at > since)
    ]
    return max(failed, key=lambda run: run.started_at, default=None)


def _seen(facts: Facts, account: Account) -> _Use | None:
    """When it was last seen whether it works; None if it never was."""
    known = facts.remembered
    if known is None:
        return None
    uses = [
        _Use(works=True, at=run.started_at, said="")
        for runs in (known.dry, known.real)
        if (run := runs.get(RunState.SUCCEEDED)) is not None
        and run.record is not None
        and getattr(run.record, account.counter)
    ]
    if (tried := known.tries.get(account.conn_id)) is not None:
        uses.append(_Use(works=tried.works, at=tried.at, said=tried.sentence))
    return max(uses, key=lambda use: use.at, default=None)


def _type(account: Account) -> str:
    return "HTTP" if account.conn_type == "http" else account.title


def tables(facts: Facts) -> Step:
    """Does the staging database have the tables of this version?"""
    base = Step(
        key="tables",
        title="Tables",
        whom="Ask whoever runs Airflow: it takes one command on the server.",
    )
    if facts.remembered is not None:
        return replace(
            base,
            state=State.DONE,
            found="The database has the tables of this version.",
            todo="After each upgrade:",
            commands=(MIGRATE,),
        )
    if not facts.has_tables:
        return replace(
            base,
            state=State.TO_DO,
            found="The database of Loyalty Desk has no tables yet.",
            todo="Make them by one command:",
            commands=(MIGRATE,),
        )
    told = facts.database or (not_checked(DATABASE, "it could not be read a moment ago"),)
    return replace(
        base,
        state=State.WRONG,
        found="The database of Loyalty Desk cannot be used as it is.",
        detail=" ".join(f"The {one.check}: {one.what}." for one in told),
        todo=" ".join(f"{one.remedy}." for one in told if one.remedy),
        commands=tuple(command for one in told for command in one.commands),
        in_compose=tuple(command for one in told for command in one.in_compose),
    )


def dags(facts: Facts) -> Step:
    """Has Airflow loaded the store's DAGs, and are they switched on?"""
    store, switches = facts.store, facts.switches
    base = Step(
        key="dags",
        title="DAGs switched on",
        takes=May.UNPAUSE,
        whom=f"Ask whoever may edit the DAG {dag_of(SYNC, store.name)} in Airflow.",
    )
    if switches is None:
        return replace(
            base,
            state=State.UNSEEN,
            found="Airflow's own database did not tell which DAGs are switched on.",
            todo="Look in Airflow under Dags, or ask:",
            commands=("airflow dags list --columns dag_id,is_paused",),
        )
    unknown = [one for one, switch in switches.items() if switch is Switch.UNKNOWN]
    paused = [one for one, switch in switches.items() if switch is Switch.PAUSED]
    if facts.remembered is not None and facts.remembered.is_disconnected:
        found = "The store is disconnected: its DAGs are switched off with it."
        return replace(base, state=State.NOT_NEEDED, found=found)
    if unknown:
        return replace(
            base,
            state=State.WRONG,
            found=f"Airflow does not know {_count(unknown, len(switches))}: {', '.join(unknown)}.",
            todo="Give it a minute after a start. Then see that the DAG file is in the DAGs folder"
            " and loads:",
            buttons=(unpause(paused, "Switch on the others"),) if paused else (),
            commands=("airflow dags list-import-errors",),
        )
    if paused:
        return replace(
            base,
            state=State.TO_DO,
            found=f"In Airflow {_count(paused, len(switches))} are paused, so"
            f" {'; '.join(when_paused(one) for one in paused)}.",
            todo=_before_switching_on(facts),
            buttons=(unpause(paused, "Switch on"),),
            commands=(switch_on(paused),),
        )
    return replace(base, state=State.DONE, found=f"All {len(switches)} are on.")


def _before_switching_on(facts: Facts) -> str:
    store = facts.store
    if store.schedule is None:
        return "Switch them on. The sync of this store then still runs by hand only."
    return (
        f"Switch them on. The sync then also runs by itself, at {store.schedule} (cron,"
        f" {facts.time_zone}), and writes cards: to look first, leave schedule: null in the stores"
        " file until you have."
    )


def _count(dag_ids: list[str], of: int) -> str:
    return f"all {of} DAGs" if len(dag_ids) == of else f"{len(dag_ids)} of {of} DAGs"
