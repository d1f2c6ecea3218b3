"""`python -m loyalty_desk tokens`: make, list, revoke."""

from __future__ import annotations

from typing import Annotated

import typer

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import By, StoreName, group, words
from loyalty_desk.records import Opens
from loyalty_desk.settings.stores_file import stores_file

commands = group("tokens", "Tokens for the API of a store.")


@commands.command()
def make(
    *,
    store: StoreName,
    label: Annotated[str, typer.Option(parser=words, help="What it is for.")],
    opens: Annotated[
        Opens, typer.Option("--for", help="The one endpoint that it opens.")
    ] = Opens.AWARDS,
    by: By,
) -> None:
    """Make a token and show it, this once."""
    from loyalty_desk.connect.tokens import make_token  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    name, now = stores_file().get(store).name, utc_now()
    with staging_engine().begin() as connection:
        token = make_token(connection, name, now, label=label, made_by=by, opens=opens)
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
            end = f"revoked {token.revoked_at_utc} by {token.revoked_by}"
            state = end if token.revoked_at_utc else "in use"
            typer.echo(
                f"{token.token_id}  for {token.opens}, {token.label}, made {token.made_at_utc}"
                f" by {token.made_by}, {state}"
            )


@commands.command()
def revoke(
    token: Annotated[str, typer.Argument(help="The token's id, or the whole token.")],
    *,
    store: StoreName,
    by: By,
) -> None:
    """Revoke a token, at once and for good."""
    from loyalty_desk.connect.tokens import revoke_token, token_id_of  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    # A store that is no longer in the file may still have tokens in use.
    with staging_engine().begin() as connection:
        token_id = token_id_of(token)
        revoke_token(connection, store, token_id, utc_now(), revoked_by=by)
    typer.echo(f"{token_id} is revoked")
