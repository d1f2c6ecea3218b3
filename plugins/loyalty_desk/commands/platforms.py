"""`python -m loyalty_desk platform`: what a live account can do, and what to correct."""

from __future__ import annotations

from typing import Annotated

import typer

from loyalty_desk.commands.command_line import By, StoreName, group

commands = group("platform", "What the loyalty platforms can do.")


@commands.command()
def check(
    *,
    store: StoreName,
    member: Annotated[
        str | None,
        typer.Option(
            help="Id or address of a member to look at; default: whoever is listed first."
        ),
    ] = None,
) -> None:
    """Try what is not documented against the store's account, with reads alone."""
    from tabulate import tabulate  # noqa: PLC0415 - only where a table is printed

    from loyalty_desk.hooks.connections import loyalty_platform, platform_account  # noqa: PLC0415
    from loyalty_desk.platforms.check import Verdict, check_guesses  # noqa: PLC0415
    from loyalty_desk.settings.stores_file import stores_file  # noqa: PLC0415

    settings = stores_file().get(store)
    platform = loyalty_platform(settings, max_wait_s=90.0)
    platform.check()
    findings = check_guesses(platform, platform_account(settings).options, member)
    rows = [(one.key, one.value, one.verdict.value, one.detail) for one in findings]
    heads = ("key under api", "now", "", "seen")
    if rows:
        typer.echo(tabulate(rows, heads, maxcolwidths=[None, 40, None, 70], missingval="null"))
    can = platform.capabilities
    typer.echo(
        f"\n{platform.title}, store {settings.name}: lists members: {_yes(can.lists_members)};"
        f" tells changes: {_yes(can.lists_changes)}; finds a booking again:"
        f" {_yes(can.reads_ledger)}; webhooks: {_yes(can.sends_webhooks)}\n"
        f"the card can have: {', '.join(sorted(can.card_keys))}"
    )
    failed = [one.key for one in findings if one.verdict is Verdict.FAILS]
    if failed:
        typer.echo(
            f'correct {", ".join(failed)} under "api" in the extra of Airflow connection'
            f" {settings.platform_conn_id!r}, or set what the account does not have to null"
        )
        raise typer.Exit(1)


@commands.command()
def change(
    *,
    store: StoreName,
    by: By,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without this it says what it would do.")
    ] = False,
) -> None:
    """Carry a store over to the platform that the stores file names by now."""
    from loyalty_desk.tasks import platform_change  # noqa: PLC0415 - slow to import

    done = platform_change.change(store, by=by, applies=apply)
    for line in platform_change.lines(done, applied=apply):
        typer.echo(line)


@commands.command()
def guesses() -> None:
    """Print each platform's table of what is not documented, as Markdown."""
    from loyalty_desk.platforms.check import guesses_markdown  # noqa: PLC0415
    from loyalty_desk.platforms.registry import platform_class  # noqa: PLC0415
    from loyalty_desk.settings.stores_file import OWN_PLATFORMS  # noqa: PLC0415 - only here

    kinds = [platform_class(name) for name in OWN_PLATFORMS]
    parts = ["\n".join(guesses_markdown(one.title, one.guesses)) for one in kinds if one.guesses]
    typer.echo("\n\n".join(parts))


def _yes(is_so: bool) -> str:  # noqa: FBT001 - a word for it
    return "yes" if is_so else "no"
