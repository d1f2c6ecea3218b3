"""What the commands of `python -m loyalty_desk` share."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from loyalty_desk.plain_text import clean_prose


def group(name: str, text: str) -> typer.Typer:
    """A command with commands of its own."""
    return typer.Typer(name=name, help=text, no_args_is_help=True)


def flag(name: str, text: str) -> Any:
    """A flag without a value; if it had no name here, typer would add its opposite."""
    return typer.Option(name, help=text)


def you(text: str, **more: Any) -> Any:
    """A flag for a person's name, by default that of whoever runs the command."""
    return typer.Option(
        default_factory=os_user, show_default=False, help=f"{text}; default: you.", **more
    )


def os_user() -> str:
    """Who runs the command, whatever its flags say."""
    return getpass.getuser()


def words(text: str) -> str:
    """An argument that must say something, in one line."""
    said = clean_prose(text)
    if not said:
        raise typer.BadParameter("must say something, in one line that can be shown")
    return said


def need_one_of(**options: object) -> None:
    """See that exactly one of the options was given."""
    if sum(value not in (None, False) for value in options.values()) != 1:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in options)
        raise typer.BadParameter(f"give one of {names}")


StoreName = Annotated[str, typer.Option("--store", help="The store's name in the stores file.")]
By = Annotated[str, you("Who does it, kept in the audit", parser=words, metavar="NAME")]
