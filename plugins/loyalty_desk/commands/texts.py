"""`python -m loyalty_desk texts`: check."""

from __future__ import annotations

import typer

from loyalty_desk.commands.command_line import StoreName, group
from loyalty_desk.settings.stores_file import stores_file

commands = group("texts", "What shoppers are told on a card.")


@commands.command()
def check(*, store: StoreName) -> None:
    """Try the texts of a store, and show how they come out in each language that it offers."""
    from loyalty_desk.texts.of_store import texts_of  # noqa: PLC0415 - slow to import
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
    typer.echo(f"{len(texts.by_language)} languages, {len(texts.problems)} texts that are not used")
    if texts.problems:
        raise typer.Exit(1)
