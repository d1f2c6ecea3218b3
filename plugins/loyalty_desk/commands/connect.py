"""`python -m loyalty_desk connect` and `disconnect`."""

from __future__ import annotations

import argparse
import sys

from loyalty_desk.commands.command_line import add_by


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    about = "make and repair what agents see in Gorgias; run it as often as you like"
    connect = commands.add_parser("connect", help=about, description=about)
    connect.add_argument("--store", required=True, help="the store's name in the stores file")
    connect.add_argument(
        "--plan", action="store_true", help="show what it would do; change nothing"
    )
    connect.add_argument(
        "--probe",
        action="store_true",
        help="find out what Gorgias does not document, on a customer made for it, and keep it",
    )
    connect.add_argument(
        "--adopt-widget",
        type=int,
        metavar="ID",
        help="keep the button of this widget, made by hand, on every widget that we make",
    )
    add_by(connect, "who does it")
    connect.set_defaults(run=_connect)

    about = "remove what connect made, revoke the store's tokens and pause its DAGs"
    disconnect = commands.add_parser("disconnect", help=about, description=about)
    disconnect.add_argument("--store", required=True, help="the store's name in the stores file")
    disconnect.add_argument(
        "--clear-cards", action="store_true", help="take the card off every customer as well"
    )
    disconnect.add_argument(
        "--waiting-awards",
        choices=["refuse", "park"],
        default="refuse",
        help="when awards wait: refuse to disconnect, or leave them in the queue; default: refuse",
    )
    add_by(disconnect, "who does it")
    disconnect.set_defaults(run=_disconnect)


def _connect(options: argparse.Namespace) -> int:
    from loyalty_desk.connect import tables  # noqa: PLC0415 - slow to import
    from loyalty_desk.connect.checks import require_working  # noqa: PLC0415
    from loyalty_desk.tasks import connect as stages  # noqa: PLC0415 - slow to import

    checks = stages.check(options.store)
    _say(tables.checks_table(checks))
    require_working(checks)
    if options.probe and not options.plan:
        _say(tables.findings_table(stages.probe(options.store)))
    if options.adopt_widget is not None and not options.plan:
        stages.adopt(options.store, options.adopt_widget)
    done = stages.furnish(options.store, writes=not options.plan, by=options.by)
    _say(tables.actions_table(done.actions, done=not options.plan))
    _say(tables.actions_summary(done.actions, done=not options.plan))
    if done.page is not None:
        _say(f"How to go on, with the button's values: {done.page}")
    return 0


def _disconnect(options: argparse.Namespace) -> int:
    from loyalty_desk.connect import tables  # noqa: PLC0415 - slow to import
    from loyalty_desk.connect.disconnect import Waiting  # noqa: PLC0415
    from loyalty_desk.tasks import connect as stages  # noqa: PLC0415 - slow to import

    store = options.store
    parked = stages.close(store, waiting=Waiting(options.waiting_awards), by=options.by)
    if parked:
        _say(f"{parked} awards stay in the queue")
    left = stages.remove_shown(store)
    if options.clear_cards:
        _say(f"{stages.clear_cards(store)} cards are cleared")
    left += stages.finish(store, by=options.by, cards_stay=not options.clear_cards)
    _say(tables.left_table(left))
    _say(f"store {store} is disconnected; `connect` takes it into service again")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
