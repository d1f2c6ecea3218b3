"""`python -m loyalty_desk texts`: check."""

from __future__ import annotations

import typer

from loyalty_desk.commands.command_line import StoreName, group
from loyalty_desk.settings.stores_file import stores_file

commands = group("texts", "What shoppers are told on a card.")


@commands.command()
def check(*, store: StoreName) -> None:
    """Try the texts of a store, and show how they come out in each language that it offers."""
    from loyalty_desk.texts.files import ENDING  # noqa: PLC0415 - slow to import
    from loyalty_desk.texts.of_store import texts_of, unread_of  # noqa: PLC0415
    from loyalty_desk.texts.samples import SAMPLES  # noqa: PLC0415

    settings = stores_file().get(store)
    texts = texts_of(settings)
    for language in settings.texts.offered:
        if language in texts.by_language:
            typer.echo(f"=== {language}")
            said = texts.by_language[language]
            lines = (line for card in SAMPLES for line in said.sentences(card).values() if line)
            typer.echo("\n".join(dict.fromkeys(lines)))
    for problem in texts.problems:
        typer.echo(f"NOT USED {problem}")
    unread = unread_of(settings)
    for problem in unread:
        typer.echo(f"NOT READ {problem}")
    typer.echo(f"{len(texts.by_language)} languages, {len(texts.problems)} texts that are not used")
    # A language that is not offered may be another store's; a wrong ending is right for nobody.
    if texts.problems or any(one.file.suffix != ENDING for one in unread):
        raise typer.Exit(1)
