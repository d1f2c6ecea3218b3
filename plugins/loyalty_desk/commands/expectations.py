"""`python -m loyalty_desk expectations`: every check of a store; tries its own files."""

from __future__ import annotations

import typer

from loyalty_desk.commands.command_line import StoreName
from loyalty_desk.settings.stores_file import installation, stores_file

commands = typer.Typer()


@commands.command()
def expectations(*, store: StoreName) -> None:
    """List what is checked after each step of a store's sync, and try your own files on it."""
    from loyalty_desk.quality.gx import see_that_gx_takes  # noqa: PLC0415 - GX takes seconds
    from loyalty_desk.quality.own import installed_checks  # noqa: PLC0415
    from loyalty_desk.quality.steps import Step  # noqa: PLC0415
    from loyalty_desk.quality.suites import suite  # noqa: PLC0415

    settings = stores_file().get(store)
    yours = 0
    for step, own in installed_checks(store, Step).items():
        see_that_gx_takes(own)
        yours += len(own)
        for check in (*suite(step, settings), *own):
            typer.echo(f"{step} {check.severity} {check.name}: {check.says}")
    typer.echo(f"{yours} of your own, from {installation().expectations_dir}")
