"""`python -m loyalty_desk erase` and `housekeeping`."""

from __future__ import annotations

from typing import Annotated

import typer

from loyalty_desk.commands.command_line import StoreName, flag, need_one_of

commands = typer.Typer()


@commands.command("erase")
def erase_person(
    *,
    store: StoreName,
    email: Annotated[str | None, typer.Option(help="An address of the person.")] = None,
    customer: Annotated[int | None, typer.Option(help="The customer's id in Gorgias.")] = None,
    member: Annotated[str | None, typer.Option(help="The member's id on the platform.")] = None,
    forget: Annotated[
        bool, flag("--forget", "Forget that the --email was erased, for somebody who joins anew.")
    ] = False,
) -> None:
    """Erase a person in one store, for good, and keep the person out from then on."""
    from loyalty_desk.privacy.person import PersonError, Who  # noqa: PLC0415
    from loyalty_desk.tasks import erase  # noqa: PLC0415 - slow to import

    need_one_of(email=email, customer=customer, member=member)
    if forget:
        if email is None:
            raise PersonError("--forget goes by --email")
        erase.forget_erasure(store, email)
        typer.echo("forgotten; the next sync reads everything, and takes the person in")
        return
    who = Who(email=email, customer_id=customer, member_id=member)
    done = erase.erase(store, who, waits=True)
    typer.echo(
        f"erased: {done.customers} customers, {done.members} members, {done.cards} cards in"
        f" Gorgias, {done.rows_deleted} rows, {done.files} files;"
        f" {done.awards} awards are anonymous"
    )


@commands.command()
def housekeeping(*, store: StoreName) -> None:
    """Remove what a store need not keep any more, by its settings of `retention`."""
    from loyalty_desk.tasks.retention import keep_house  # noqa: PLC0415 - slow to import

    for what, count in keep_house(store).items():
        typer.echo(f"{what.replace('_', ' ')}: {count}")
