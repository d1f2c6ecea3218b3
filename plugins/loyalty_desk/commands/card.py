"""`python -m loyalty_desk card`: every key of the loyalty card; and one card in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from loyalty_desk.card.keys import CARD, IF_MEMBER, CardKey, Place
from loyalty_desk.card.shown import ITEMS
from loyalty_desk.settings.stores_file import OWN_PLATFORMS

commands = typer.Typer()

HEAD = (
    "| Key | In the widget | What stands there | Customer field | Who has it | Told by |\n"
    "| --- | --- | --- | --- | --- | --- |"
)


@commands.command("card")
def print_keys() -> None:
    """Print every key of the loyalty card as a Markdown table."""
    typer.echo(card_markdown(), nl=False)


def card_markdown() -> str:
    """A line for each key, with the platforms that tell it when their accounts have no settings."""
    from loyalty_desk.platforms.registry import platform_class  # noqa: PLC0415 - slow to import

    told = {name: platform_class(name).capabilities_of({}).card_keys for name in OWN_PLATFORMS}
    return "\n".join([HEAD, *(_line(key, told) for key in CARD)]) + "\n"


def card_rows(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A card's labels and values as a terminal shows them: its title, then as the widget does."""
    shown = card.get(IF_MEMBER, card)
    places = (Place.TITLE, Place.ROW, Place.LINK)
    keys = [key for place in places for key in CARD if key.place is place and key.name in shown]
    return [(key.label, _text(shown[key.name])) for key in keys]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(item["name"] for item in value[ITEMS])
    return str(value)


def _line(key: CardKey, told: Mapping[str, frozenset[str]]) -> str:
    shown = {
        Place.ROW: key.label,
        Place.TITLE: "the title",
        Place.LINK: f"{key.label} (a link)",
        Place.LIST: f"{key.label} (a list)",
        Place.NOWHERE: "not shown",
    }[key.place]
    by = [name for name, keys in told.items() if key.name in keys]
    cells = (
        f"`{key.name}`",
        shown,
        f"{key.kind}, in {key.unit}" if key.unit else key.kind,
        key.field_type or "none",
        "everybody" if key.is_everybodys else "members",
        (", ".join(by) or "files") if key.is_told else "us",
    )
    return f"| {' | '.join(cells)} |"
