"""`python -m loyalty_desk macros`: list, preview."""

from __future__ import annotations

import argparse
import sys

from loyalty_desk.commands.command_line import add_verbs
from loyalty_desk.settings.stores_file import installation, stores_file


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `macros` with its own commands."""
    add = add_verbs(commands, "macros", "ready answers for agents")
    add("list", "list the macros, where they find the card, and what they may use of it", _list)
    preview = add("preview", "show each macro as Gorgias would print it for a customer", _preview)
    preview.add_argument("--email", required=True, help="the customer's address in Gorgias")
    preview.add_argument("--html", action="store_true", help="the HTML in place of the plain text")


def _list(options: argparse.Namespace) -> int:
    from loyalty_desk.macros.templates import (  # noqa: PLC0415 - only here
        ALWAYS_THERE,
        MAY_BE_BLANK,
        card_path,
        load_macros,
    )

    store = stores_file().get(options.store)
    for macro in load_macros(installation().macros_dir):
        sys.stdout.write(f"{macro.key}: {macro.name}\n")
    sys.stdout.write(f"they find the card under {card_path(store)}\n")
    sys.stdout.write(f"every card has {', '.join(ALWAYS_THERE)}\n")
    sys.stdout.write(f"under may_be_blank they may also use {', '.join(MAY_BE_BLANK)}\n")
    return 0


def _preview(options: argparse.Namespace) -> int:
    from loyalty_desk.macros.preview import preview  # noqa: PLC0415 - slow to import
    from loyalty_desk.macros.templates import load_macros  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.staging.stores import in_force  # noqa: PLC0415

    engine = staging_engine()
    store = in_force(stores_file().get(options.store), engine)
    macros = load_macros(installation().macros_dir)
    previews = preview(store, engine, options.email, macros, html=options.html)
    for one in previews:
        sys.stdout.write(f"=== {one.name}\n\n{one.text}\n\n")
        for line in one.problems:
            sys.stdout.write(f"BLANK {line}\n")
        for line in one.remarks:
            sys.stdout.write(f"note: {line}\n")
    blanks = sum(len(one.problems) for one in previews)
    sys.stdout.write(f"{len(previews)} macros, {blanks} blanks\n")
    return 1 if blanks else 0
