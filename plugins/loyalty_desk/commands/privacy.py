"""`python -m loyalty_desk erase`, `person export` and `housekeeping`."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import StoreName, flag, group, need_one_of
from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.stores_file import stores_file

commands = typer.Typer()
person = group("person", "What is kept of one person.")
commands.add_typer(person)


class Form(StrEnum):
    """What an export is to be."""

    JSON = "json"
    HTML = "html"


Email = Annotated[str | None, typer.Option(help="An address of the person.")]
Customer = Annotated[int | None, typer.Option(help="The customer's id in Gorgias.")]
MemberId = Annotated[str | None, typer.Option("--member", help="The member's id on the platform.")]


@commands.command("erase")
def erase_person(
    *,
    store: StoreName,
    email: Email = None,
    customer: Customer = None,
    member: MemberId = None,
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


@person.command("export")
def export_person(
    *,
    store: StoreName,
    email: Email = None,
    customer: Customer = None,
    member: MemberId = None,
    form: Annotated[
        Form, typer.Option("--form", help="For machines, or a page for people.")
    ] = Form.JSON,
    file: Annotated[
        Path | None, typer.Option(help="Where to, in place of the screen; must not exist yet.")
    ] = None,
) -> None:
    """Collect everything that is kept of a person in one store, from which source."""
    from loyalty_desk.hooks.folders import folders_of  # noqa: PLC0415 - slow to import
    from loyalty_desk.privacy import export  # noqa: PLC0415
    from loyalty_desk.privacy.export_page import as_page  # noqa: PLC0415
    from loyalty_desk.privacy.person import Who  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415

    need_one_of(email=email, customer=customer, member=member)
    name = stores_file().get(store).name
    who = Who(email=email, customer_id=customer, member_id=member)
    found = export.export_person(staging_engine(), name, who, folders_of(name), utc_now())
    text = as_page(found) if form is Form.HTML else found.as_json()
    if file is None:
        typer.echo(text)
        return
    write_for_us(file, text)
    rows = sum(len(part.rows) for part in found.parts)
    typer.echo(f"{file} holds {rows} rows of {len(found.parts)} tables; give it to nobody else")


def write_for_us(file: Path, text: str) -> None:
    """Write what nobody else on this machine may read; raises SettingsError."""
    try:
        with os.fdopen(
            os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as made:
            made.write(text)
    except OSError as error:
        raise SettingsError(f"cannot write {file}: {error.strerror}") from None


@commands.command()
def housekeeping(*, store: StoreName) -> None:
    """Remove what a store need not keep any more, by its settings of `retention`."""
    from loyalty_desk.tasks.retention import keep_house  # noqa: PLC0415 - slow to import

    for what, count in keep_house(store).items():
        typer.echo(f"{what.replace('_', ' ')}: {count}")
