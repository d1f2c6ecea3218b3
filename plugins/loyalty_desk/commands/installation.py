"""`python -m loyalty_desk` migrate, backup, restored, stores, pools, gauges, settings, tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import By, flag
from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.stores_file import installation, stores_file

commands = typer.Typer()


@commands.command("migrate")
def migrate_staging() -> None:
    """Make or update the tables of the staging database."""
    from loyalty_desk.staging.engine import migrate, open_engine  # noqa: PLC0415 - only here

    engine = open_engine(installation().resolved_staging_url())
    migrate(engine)
    typer.echo(f"staging database is up to date: {engine.url.render_as_string()}")


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to; must not exist yet.")],
) -> None:
    """Copy the staging database, if it is in SQLite."""
    from loyalty_desk.staging.backup import back_up  # noqa: PLC0415 - only here

    back_up(installation().resolved_staging_url(), file)
    typer.echo(f"{file} holds everything; keep it as safe as the database itself")


@commands.command()
def restored(
    *,
    by: By,
    despite_gaps: Annotated[
        bool,
        flag(
            "--despite-gaps", "Go on though nobody can tell what was erased on the days it names."
        ),
    ] = False,
    journal: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The journal, for a backup of before there was one."),
    ] = None,
) -> None:
    """Go on after a restore from a backup, before Airflow is started."""
    from loyalty_desk.hooks.journal import try_to_keep_journal  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.tasks.catching_up import catch_up  # noqa: PLC0415 - only here
    from loyalty_desk.tasks.restored import take_up  # noqa: PLC0415

    engine = staging_engine()
    done = catch_up(engine, utc_now(), by=by, despite_gaps=despite_gaps, journal_id=journal)
    for line in done.lines():
        typer.echo(line)
    waiting = take_up(engine, utc_now(), by=by)
    try_to_keep_journal(engine)
    for store, count in waiting.items():
        typer.echo(f"{store}: {count} awards are looked for before they are sent")
    typer.echo("the next sync of every store reads everything")
    typer.echo("start Airflow five minutes after it was stopped, or later: see docs/backup.md")


@commands.command()
def stores() -> None:
    """List the stores and what is wrong in their settings."""
    found = stores_file()
    for name, store in found.stores.items():
        connections = f"{store.platform_conn_id}, {store.gorgias_conn_id}"
        zone = store.time_zone or "the Gorgias account's time zone"
        when = f"{store.schedule} ({zone})" if store.schedule else "by hand"
        typer.echo(f"{name}: {store.platform}, {when}, {connections}")
    for problem in found.problems.values():
        typer.echo(problem, err=True)
    if found.problems:
        raise typer.Exit(1)


@commands.command()
def pools() -> None:
    """Print the pools of the queues for `airflow pools import`."""
    found = stores_file()
    if "" in found.problems:
        raise SettingsError(found.problems[""])
    typer.echo(found.queues.pools_json())


@commands.command()
def gauges() -> None:
    """Print every metric as a Markdown table."""
    from loyalty_desk.watching.gauges import gauges_markdown  # noqa: PLC0415 - only here

    typer.echo(gauges_markdown(), nl=False)


@commands.command()
def settings() -> None:
    """Print every setting as Markdown tables."""
    from loyalty_desk.commands.settings_reference import settings_markdown  # noqa: PLC0415 - only here

    typer.echo(settings_markdown(), nl=False)


@commands.command()
def tables() -> None:
    """Print every staging table as Markdown."""
    from loyalty_desk.commands.tables_reference import tables_markdown  # noqa: PLC0415 - only here

    typer.echo(tables_markdown(), nl=False)
