"""`python -m loyalty_desk macros`: list, preview."""

from __future__ import annotations

from typing import Annotated

import typer

from loyalty_desk.commands.command_line import StoreName, flag, group
from loyalty_desk.settings.stores_file import installation, stores_file

commands = group("macros", "Ready answers for agents.")


@commands.command("list")
def list_macros(*, store: StoreName) -> None:
    """List the macros, where they find the card, and what they may use of it."""
    from loyalty_desk.card.keys import MOVEMENTS_TEXT  # noqa: PLC0415 - only here
    from loyalty_desk.macros.templates import (  # noqa: PLC0415
        ALWAYS_THERE,
        MAY_BE_BLANK,
        card_path,
        macros_of,
    )

    settings = stores_file().get(store)
    for macro in macros_of(installation().macros_dir, settings):
        typer.echo(f"{macro.key}: {macro.name}")
    typer.echo(f"they find the card under {card_path(settings)}")
    typer.echo(f"every card has {', '.join(ALWAYS_THERE)}")
    if settings.lookup.activity:
        typer.echo(f"and {MOVEMENTS_TEXT}, as lookup.activity is on")
    typer.echo(f"under may_be_blank they may also use {', '.join(MAY_BE_BLANK)}")


@commands.command()
def preview(
    *,
    store: StoreName,
    email: Annotated[str, typer.Option(help="The customer's address in Gorgias.")],
    html: Annotated[bool, flag("--html", "The HTML in place of the plain text.")] = False,
) -> None:
    """Show each macro as Gorgias would print it for a customer."""
    from loyalty_desk.macros.preview import preview  # noqa: PLC0415 - slow to import
    from loyalty_desk.macros.templates import macros_of  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.staging.stores import in_force  # noqa: PLC0415

    engine = staging_engine()
    settings = in_force(stores_file().get(store), engine)
    macros = macros_of(installation().macros_dir, settings)
    previews = preview(settings, engine, email, macros, html=html)
    for one in previews:
        typer.echo(f"=== {one.name}\n\n{one.text}\n")
        for line in one.problems:
            typer.echo(f"BLANK {line}")
        for line in one.remarks:
            typer.echo(f"note: {line}")
    blanks = sum(len(one.problems) for one in previews)
    typer.echo(f"{len(previews)} macros, {blanks} blanks")
    if blanks:
        raise typer.Exit(1)
