"""What agents see and use, and what tells us of changes: connect, the button, webhooks."""

from __future__ import annotations

from dataclasses import replace

from loyalty_desk.connect.families import dag_of
from loyalty_desk.first_steps.facts import Facts, Remembered
from loyalty_desk.first_steps.step import Link, May, State, Step, trigger
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.hooks.dag_switches import Switch
from loyalty_desk.records import RunState

CONNECT = "gorgias_connect"


def connect(facts: Facts) -> Step:
    """Did connect make the widgets, macros and the integration?"""
    store, known = facts.store.name, facts.remembered
    dag_id = dag_of(CONNECT, store)
    base = _base(facts, key="connect", title="Connect: widgets and macros")
    if known is None:
        return _unseen(base)
    is_on = facts.switches is None or facts.switches[dag_id] is Switch.ON
    again = replace(
        base,
        buttons=(trigger(dag_id, "Connect"),) if is_on else (),
        commands=(
            f"loyalty-desk connect --store {store} --plan",
            f"loyalty-desk connect --store {store}",
        ),
    )
    if known.is_disconnected:
        found = "The store is disconnected: nothing of it runs until it is connected again."
        return replace(again, state=State.WRONG, found=found, todo="Connect it again.")
    if known.made:
        return replace(
            base,
            state=State.DONE,
            found=f"Made in Gorgias: {_made(known)}.",
            todo="Whether they still stand there as they should is told by:",
            commands=again.commands[:1],
            links=(Link(label="See them by name", path="/setup#made", takes=May.SET_UP),),
        )
    if facts.address_trouble:
        return _no_address(base, facts)
    return replace(
        again,
        state=State.TO_DO if RunState.SUCCEEDED in known.real else State.LATER,
        found="Agents see nothing yet: no widget, no macro, nothing that asks for a card.",
        todo="Connect. It first asks both accounts, and changes nothing where something is"
        " wrong. Then open a member's ticket in Gorgias and see the card.",
    )


def button(facts: Facts) -> Step:
    """Is the button that awards points in the widget?"""
    known = facts.remembered
    base = _base(facts, key="button", title="Button to award points")
    if known is None:
        return _unseen(base)
    links = (
        Link(label="Tokens", path="/setup#tokens", takes=May.SET_UP),
        Link(label="What to enter in Gorgias", path="/setup#button", takes=May.SET_UP),
    )
    if known.newest_award is not None:
        found = f"An award came from a ticket, the last one {facts.moment(known.newest_award)}."
        return replace(base, state=State.DONE, found=found)
    if known.has_adopted:
        found = "Connect keeps the button that was made by hand. Nobody has awarded with it yet."
        return replace(base, state=State.DONE, found=found)
    if facts.address_trouble:
        return _no_address(base, facts)
    if known.has_token:
        return replace(
            base,
            state=State.UNSEEN,
            found="A token for it is there. Whether the button is, only Gorgias shows.",
            todo="Open a test member's ticket in Gorgias and press it. As soon as an award comes"
            " from a ticket, this step is done.",
            links=links,
        )
    return replace(
        base,
        state=State.TO_DO if known.made else State.LATER,
        found="No token for it yet, so no button can award.",
        todo="Make a token that opens awards, then add the button to the widget by hand: Gorgias"
        " does not let a program make it.",
        links=links,
    )


def webhooks(facts: Facts) -> Step:
    """Does the platform tell of changes at once?"""
    store, known, title = facts.store, facts.remembered, facts.platform
    base = _base(facts, key="webhooks", title=f"Webhooks from {title}")
    by_sync = "changes show after the next sync"
    if not facts.could_sign_webhooks:
        found = f"{title} has none that can be verified; {by_sync}."
        return replace(base, state=State.NOT_NEEDED, found=found)
    if known is None:
        return _unseen(base)
    if known.newest_webhook is not None:
        at = facts.moment(known.newest_webhook)
        found = f"One came, signed as it should be: the last about {at}."
        return replace(base, state=State.DONE, found=found)
    if facts.signs_webhooks is None:
        found = f"Whether they can be verified stands in the connection {store.platform_conn_id}."
        todo = "See to the step Connections first."
        is_missing = any(one.is_missing for one in facts.accounts)
        state = State.LATER if is_missing else State.UNSEEN
        return replace(base, state=state, found=found, todo=todo)
    return _not_yet(facts, base, by_sync)


def _not_yet(facts: Facts, base: Step, by_sync: str) -> Step:
    """The step while no webhook has come that could be verified."""
    store, title, known = facts.store, facts.platform, facts.remembered
    has_written = known is not None and RunState.SUCCEEDED in known.real
    if not facts.signs_webhooks:
        return replace(
            base,
            state=State.TO_DO if has_written else State.LATER,
            found=f"The connection {store.platform_conn_id} holds no webhook secret; {by_sync}.",
            todo=f"Register a webhook in {title}{_at(facts)}, and put its secret into the"
            " connection, under Extra Fields.",
        )
    if facts.address_trouble:
        return _no_address(base, facts)
    return replace(
        base,
        state=State.UNSEEN,
        found=f"The connection holds the secret, and none has come yet. Whether it is registered,"
        f" {title} alone shows.",
        todo=f"Look there: it goes to{_at(facts).removeprefix(' for')}. Then change a test member's"
        " points; this step is done as soon as a webhook comes.",
    )


def _base(facts: Facts, *, key: str, title: str) -> Step:
    conn_id = facts.store.gorgias_conn_id
    return Step(
        key=key,
        title=title,
        whom=f"Ask whoever may edit the connection {conn_id} in Airflow.",
    )


def _unseen(base: Step) -> Step:
    found = "It stands in the database of Loyalty Desk, which cannot be read."
    todo = "See to the step Tables first."
    return replace(base, state=State.UNSEEN, found=found, todo=todo)


def _no_address(base: Step, facts: Facts) -> Step:
    return replace(
        base,
        state=State.WRONG,
        found="Others cannot reach this installation: it does not know a usable address of its"
        " own.",
        detail=f"{facts.address_trouble}.",
        todo="Set the address, then start Airflow's services again.",
    )


def _at(facts: Facts) -> str:
    """Where webhooks go, if the installation knows its address."""
    if facts.address is None:
        return ""
    path = f"/loyalty/api/v1/webhooks/{facts.store.platform}/{facts.store.name}"
    return f" for {facts.address}{path}"


def _made(known: Remembered) -> str:
    words = {
        Kind.WIDGET: "widget",
        Kind.MACRO: "macro",
        Kind.INTEGRATION: "integration",
        Kind.TAG: "tag",
        Kind.CUSTOM_FIELD: "customer field",
        Kind.VIEW: "view",
    }
    told = [(known.made[kind], word) for kind, word in words.items() if kind in known.made]
    return ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in told)
