"""What the commands of `python -m loyalty_desk` share."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable
from typing import Any

Run = Callable[[argparse.Namespace], int]
AddVerb = Callable[[str, str, Run], argparse.ArgumentParser]


def add_verbs(commands: Any, noun: str, text: str) -> AddVerb:
    """Add a command with verbs of its own; returns what adds one verb, which takes `--store`."""
    parser = commands.add_parser(noun, help=text, description=text)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def add(verb: str, about: str, run: Run) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(verb, help=about, description=about)
        added.add_argument("--store", required=True, help="the store's name in the stores file")
        added.set_defaults(run=run)
        return added

    return add


def add_by(parser: argparse.ArgumentParser, who: str) -> None:
    """Add `--by`, kept in the audit."""
    parser.add_argument("--by", default=getpass.getuser(), type=words, help=f"{who}; default: you")


def words(text: str) -> str:
    """An argument that must say something, in one line."""
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("must say something, in one line that can be shown")
    return text.strip()


def count(text: str) -> int:
    """An argument that is a whole number from 1."""
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 100000")
    return int(text)
