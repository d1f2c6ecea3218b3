"""`python -m loyalty_desk tokens`: make, list, revoke."""

from __future__ import annotations

import argparse
import sys

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import add_by, add_verbs, words
from loyalty_desk.records import Opens
from loyalty_desk.settings.stores_file import stores_file


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `tokens` with its own commands."""
    add = add_verbs(commands, "tokens", "tokens for the HTTP doors of a store")
    make = add("make", "make a token and show it, this once", _make)
    make.add_argument("--label", required=True, type=words, help="what it is for")
    make.add_argument(
        "--for",
        dest="opens",
        choices=[door.value for door in Opens],
        default=Opens.AWARDS.value,
        help="the one door that it opens; default: awards",
    )
    add_by(make, "who makes it")
    add("list", "list the tokens of a store, not their secrets", _list)
    revoke = add("revoke", "revoke a token, at once and for good", _revoke)
    revoke.add_argument("token", help="the token's id, or the whole token")
    add_by(revoke, "who revokes it")


def _make(options: argparse.Namespace) -> int:
    from loyalty_desk.connect.tokens import make_token  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    store = stores_file().get(options.store).name
    with staging_engine().begin() as connection:
        token = make_token(
            connection,
            store,
            utc_now(),
            label=options.label,
            made_by=options.by,
            opens=Opens(options.opens),
        )
    sys.stderr.write("keep it like a password; it cannot be shown again\n")
    sys.stdout.write(f"{token}\n")
    return 0


def _list(options: argparse.Namespace) -> int:
    from loyalty_desk.connect.tokens import list_tokens  # noqa: PLC0415
    from loyalty_desk.staging.engine import reading  # noqa: PLC0415 - slow to import
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415

    store = stores_file().get(options.store).name
    with reading(staging_engine()) as connection:
        for token in list_tokens(connection, store):
            end = f"revoked {token.revoked_at_utc} by {token.revoked_by}"
            state = end if token.revoked_at_utc else "in use"
            sys.stdout.write(
                f"{token.token_id}  for {token.opens}, {token.label}, made {token.made_at_utc}"
                f" by {token.made_by}, {state}\n"
            )
    return 0


def _revoke(options: argparse.Namespace) -> int:
    from loyalty_desk.connect.tokens import revoke_token, token_id_of  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    # A store that is no longer in the file may still have tokens in use.
    with staging_engine().begin() as connection:
        token_id = token_id_of(options.token)
        revoke_token(connection, options.store, token_id, utc_now(), revoked_by=options.by)
    sys.stdout.write(f"{token_id} is revoked\n")
    return 0
