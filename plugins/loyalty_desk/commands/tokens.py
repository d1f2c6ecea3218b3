"""`python -m loyalty_desk tokens`: make, list, replace, revoke."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.commands.command_line import By, StoreName, group, words
from loyalty_desk.records import Opens
from loyalty_desk.settings.stores_file import stores_file

if TYPE_CHECKING:
    from sqlalchemy import Row

commands = group("tokens", "Tokens for the API of a store.")
MOST_DIGITS = 9
MOST_HOURS = 90 * 24


def read_ceiling(text: str) -> tuple[str, int]:
    """Read `NAME=NUMBER`."""
    from loyalty_desk.awards.ceilings import OWN_CEILINGS  # noqa: PLC0415 - slow to import

    name, _, number = text.partition("=")
    if name.strip() not in OWN_CEILINGS:
        raise typer.BadParameter(f"must be NAME=NUMBER with one of {', '.join(OWN_CEILINGS)}")
    if not number.strip().isascii() or not number.strip().isdigit() or len(number) > MOST_DIGITS:
        raise typer.BadParameter("must end with a whole number, 0 or more")
    return name.strip(), int(number)


@commands.command()
def make(
    *,
    store: StoreName,
    label: Annotated[str, typer.Option(parser=words, help="What it is for.")],
    opens: Annotated[
        Opens, typer.Option("--for", help="The one endpoint that it opens.")
    ] = Opens.AWARDS,
    by: By,
    owner: Annotated[
        str | None,
        typer.Option(
            parser=words, help="Who answers for it, and approves nothing of it; default: --by."
        ),
    ] = None,
    ceiling: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="A limit of its own, such as max_points_per_award=100. May be repeated.",
        ),
    ] = None,
) -> None:
    """Make a token and show it, this once."""
    from loyalty_desk.connect.tokens import make_token  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    name, now = stores_file().get(store).name, utc_now()
    own = dict(map(read_ceiling, ceiling or ()))
    with staging_engine().begin() as connection:
        token = make_token(
            connection,
            name,
            now,
            label=label,
            made_by=by,
            opens=opens,
            owner=owner,
            ceilings=own,
        )
    typer.echo("keep it like a password; it cannot be shown again", err=True)
    typer.echo(token)


@commands.command("list")
def list_made(*, store: StoreName) -> None:
    """List the tokens of a store, not their secrets."""
    from loyalty_desk.connect.tokens import list_tokens  # noqa: PLC0415
    from loyalty_desk.staging.engine import reading  # noqa: PLC0415 - slow to import
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415

    name = stores_file().get(store).name
    with reading(staging_engine()) as connection:
        for token in list_tokens(connection, name):
            typer.echo(
                f"{token.token_id}  for {token.opens}, {token.label}, made {token.made_at_utc}"
                f" by {token.made_by}, {_state_of(token)}{_more_of(token)}"
            )


def _state_of(token: Row[Any]) -> str:
    from loyalty_desk.connect.tokens import is_over  # noqa: PLC0415 - slow to import

    if token.revoked_at_utc:
        return f"revoked {token.revoked_at_utc} by {token.revoked_by}"
    if token.ends_at_utc:
        return f"{'ended' if is_over(token, utc_now()) else 'in use until'} {token.ends_at_utc}"
    return "in use"


def _more_of(token: Row[Any]) -> str:
    """The owner, if that is another, and the token's own limits."""
    owner = "" if token.owned_by == token.made_by else f", owned by {token.owned_by}"
    own: dict[str, int] = json.loads(token.ceilings or "{}")
    return owner + "".join(f", {name}={most}" for name, most in own.items())


@commands.command()
def replace(
    token: Annotated[str, typer.Argument(help="The id of the old token, or the whole token.")],
    *,
    store: StoreName,
    hours: Annotated[
        int, typer.Option(min=1, max=MOST_HOURS, help="How long the old one still holds.")
    ] = 24,
    by: By,
) -> None:
    """Make a token like an old one and show it, this once; both hold for a time."""
    from loyalty_desk.connect.tokens import replace_token, token_id_of  # noqa: PLC0415
    from loyalty_desk.hooks.journal import try_to_keep_journal  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    name, now, token_id = stores_file().get(store).name, utc_now(), token_id_of(token)
    ends_at, engine = now + timedelta(hours=hours), staging_engine()
    with engine.begin() as connection:
        new = replace_token(connection, name, token_id, now, made_by=by, ends_at=ends_at)
    typer.echo(
        f"{token_id} holds until {utc_text(ends_at)}; keep the new one like a password, it cannot"
        " be shown again",
        err=True,
    )
    typer.echo(new)
    try_to_keep_journal(engine)


@commands.command()
def revoke(
    token: Annotated[str, typer.Argument(help="The token's id, or the whole token.")],
    *,
    store: StoreName,
    by: By,
) -> None:
    """Revoke a token, at once and for good."""
    from loyalty_desk.connect.tokens import revoke_token, token_id_of  # noqa: PLC0415
    from loyalty_desk.hooks.journal import try_to_keep_journal  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    # A store that is no longer in the file may still have tokens in use.
    engine = staging_engine()
    with engine.begin() as connection:
        token_id = token_id_of(token)
        revoke_token(connection, store, token_id, utc_now(), revoked_by=by)
    try_to_keep_journal(engine)
    typer.echo(f"{token_id} is revoked")
