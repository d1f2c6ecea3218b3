"""`python -m loyalty_desk members`: what a sync would do with a member file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import StoreName, group
from loyalty_desk.errors import MemberFileError
from loyalty_desk.settings.stores_file import stores_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_desk.sync.member_preview import MemberPreview

commands = group("members", "Files with members, for a platform that lists none.")


@commands.callback()
def _group() -> None:
    """Files with members, for a platform that lists none."""


@commands.command()
def preview(
    file: Annotated[str, typer.Argument(help="A file of this machine, or an address: s3://….")],
    *,
    store: StoreName,
) -> None:
    """Say what a sync would do with a member file; nothing is kept, and the file stays."""
    from loyalty_desk.hooks.folders import open_folder  # noqa: PLC0415 - slow to import
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.sync.member_preview import preview_file  # noqa: PLC0415

    settings = stores_file().get(store)
    path = open_folder(file)
    try:
        found = preview_file(staging_engine(), settings, path, utc_now())
    except OSError as error:
        raise MemberFileError(f"{file} cannot be read: {error.strerror}") from None
    for line in _lines(found):
        typer.echo(line)
    for reason in found.stops:
        typer.echo(f"a sync would stop: {reason}", err=True)
    if found.stops:
        raise typer.Exit(1)


def _lines(found: MemberPreview) -> Iterable[str]:
    yield f"{found.name}: {found.rows:,} rows"
    yield f"new: {found.new:,}{_some(found.new_ids, found.new)}"
    fields = ", ".join(f"{name} {count:,}" for name, count in found.changed_fields.most_common())
    yield f"changed: {found.changed:,}{' (' + fields + ')' if fields else ''}"
    for member_id, names in found.changes:
        yield f"  {member_id}: {', '.join(names)}"
    yield f"as they are: {found.same:,}"
    if found.gone is not None:
        yield f"gone, as they are not in it: {found.gone:,}{_some(found.gone_ids, found.gone)}"
    if found.repeated:
        yield f"repeated in the file, the first counts: {found.repeated:,}"
    if found.kept_out:
        yield f"kept out, as they were erased: {found.kept_out:,}"
    yield f"not usable: {found.rejected:,}"
    for one in found.bad:
        yield f"  {one.record_id or 'nobody can tell whose'}: {one.field} {one.reason}"


def _some(ids: list[str], count: int) -> str:
    """Some of the ids, and whether there are more."""
    return f" ({', '.join(ids)}{', …' if count > len(ids) else ''})" if ids else ""
