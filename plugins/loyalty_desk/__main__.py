"""`python -m loyalty_desk`: what an engineer does outside of Airflow's pages."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from loyalty_desk.commands import (
    awards,
    card,
    connect,
    doctor,
    expectations,
    installation,
    link,
    macros,
    members,
    platforms,
    privacy,
    serve,
    sync,
    texts,
    tokens,
)
from loyalty_desk.errors import LoyaltyDeskError, explain_at_once

app = typer.Typer(
    help="What an engineer does outside of Airflow's pages.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # Typer's own may show what variables hold, a secret too.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for part in (
    installation,
    serve,
    doctor,
    card,
    expectations,
    sync,
    link,
    connect,
    awards,
    members,
    macros,
    texts,
    platforms,
    tokens,
    privacy,
):
    app.add_typer(part.commands)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what it should, 1 with one line of why when not."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # ten lines a command
    # Connections are read from Airflow's database too, as by `airflow connections test`; without it
    # Airflow looks for them in the environment and in secrets managers alone.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        app(arguments, prog_name=_called())
    except LoyaltyDeskError as error:
        typer.echo(f"loyalty_desk: {explain_at_once(error)}", err=True)
        return 1
    except SystemExit as end:  # typer ends every command with one
        if end.code not in (0, 1):
            raise
        return int(end.code)
    return 0


def _called() -> str:
    """How the command was called: by its name, or as a module."""
    name = Path(sys.argv[0]).name
    return name if name == "loyalty-desk" else "python -m loyalty_desk"


if __name__ == "__main__":
    sys.exit(main())
