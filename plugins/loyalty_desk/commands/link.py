"""`python -m loyalty_desk link`: who is whom, decided by a person."""

from __future__ import annotations

from typing import Annotated

import typer

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import By, StoreName
from loyalty_desk.settings.stores_file import installation, stores_file

commands = typer.Typer()


@commands.command("link")
def link_customer(
    *,
    store: StoreName,
    customer: Annotated[int, typer.Option(help="The customer's id in Gorgias.")],
    member: Annotated[
        str | None,
        typer.Option(help="The member's id on the platform; left out: remove the link."),
    ] = None,
    by: By,
) -> None:
    """Decide that a customer is a member, or take it back."""
    from loyalty_desk.hooks.journal import try_to_keep_journal  # noqa: PLC0415 - only here
    from loyalty_desk.mismatches import decisions  # noqa: PLC0415
    from loyalty_desk.staging.engine import open_engine  # noqa: PLC0415

    name = stores_file().get(store).name
    engine = open_engine(installation().resolved_staging_url())
    with engine.begin() as connection:
        if member is None:
            decisions.unlink(connection, name, customer, by, utc_now())
        else:
            pair = decisions.Pair(customer, member)
            decisions.link(connection, name, [pair], by, utc_now())
    try_to_keep_journal(engine)
    typer.echo("kept; the card follows within seconds, and the next sync uses it")
