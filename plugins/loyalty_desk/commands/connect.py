"""`python -m loyalty_desk connect` and `disconnect`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from loyalty_desk.commands.command_line import By, StoreName, flag

commands = typer.Typer()


@commands.command("connect")
def connect_store(
    *,
    store: StoreName,
    plan: Annotated[bool, flag("--plan", "Show what it would do; change nothing.")] = False,
    probe: Annotated[
        bool,
        flag(
            "--probe",
            "Find out what Gorgias does not document, on a customer made for it, and keep it.",
        ),
    ] = False,
    adopt_widget: Annotated[
        int | None,
        typer.Option(
            metavar="ID",
            help="Keep the button of this widget, made by hand, on every widget that we make.",
        ),
    ] = None,
    by: By,
) -> None:
    """Make and repair what agents see in Gorgias; run it as often as you like."""
    from loyalty_desk.connect import tables  # noqa: PLC0415 - slow to import
    from loyalty_desk.connect.checks import require_working  # noqa: PLC0415
    from loyalty_desk.tasks import connect  # noqa: PLC0415 - slow to import

    checks = connect.check(store)
    _say(tables.checks_table(checks))
    require_working(checks)
    if probe and not plan:
        _say(tables.findings_table(connect.probe(store)))
    if adopt_widget is not None and not plan:
        connect.adopt(store, adopt_widget)
    done = connect.furnish(store, writes=not plan, by=by)
    _say(tables.actions_table(done.actions, done=not plan))
    _say(tables.actions_summary(done.actions, done=not plan))
    if done.next_step:
        _say(done.next_step)


@commands.command("disconnect")
def disconnect_store(
    *,
    store: StoreName,
    clear_cards: Annotated[
        bool, flag("--clear-cards", "Take the card off every customer as well.")
    ] = False,
    waiting_awards: Annotated[
        Literal["refuse", "park"],
        typer.Option(help="When awards wait: refuse to disconnect, or leave them in the queue."),
    ] = "refuse",
    by: By,
) -> None:
    """Remove what connect made, revoke the store's tokens and pause its DAGs."""
    from loyalty_desk.connect import tables  # noqa: PLC0415 - slow to import
    from loyalty_desk.connect.disconnect import Waiting  # noqa: PLC0415
    from loyalty_desk.tasks import connect  # noqa: PLC0415 - slow to import

    parked = connect.close(store, waiting=Waiting(waiting_awards), by=by, waits=True)
    if parked:
        _say(f"{parked} awards stay in the queue")
    left = connect.remove_shown(store)
    if clear_cards:
        _say(f"{connect.clear_cards(store)} cards are cleared")
    left += connect.finish(store, by=by, cards_stay=not clear_cards)
    _say(tables.left_table(left))
    _say(f"store {store} is disconnected; `connect` takes it into service again")


def _say(text: str) -> None:
    typer.echo(f"{text}\n")
