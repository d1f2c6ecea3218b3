"""The page that connect writes: what it made, and the button's values to enter by hand.

It holds ids and names of settings, no token and nobody's data, and asks nothing of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loyalty_desk.clock import utc_text
from loyalty_desk.connect import button, vips
from loyalty_desk.connect.compare import Action, Verb
from loyalty_desk.connect.wanted import Blueprint
from loyalty_desk.folders import whole
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.macros.templates import card_path
from loyalty_desk.platforms.registry import platform_class

_TEMPLATES: Final = Path(__file__).with_name("templates")


def write_page(
    path: Path, blueprint: Blueprint, actions: Sequence[Action], awards_url: str, now: datetime
) -> None:
    """Write the page, whole or not at all."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    store = blueprint.store
    text = environment.get_template("connect.html.j2").render(
        store=store.name,
        made_at=utc_text(now)[:16].replace("T", " "),
        objects=[action for action in actions if action.verb not in _GONE],
        ticket_widget=_first_id(actions, Kind.WIDGET),
        has_button=bool(blueprint.button),
        buttons=button.tables(awards_url, store.awards.reasons[0]),
        hints=button.hints(store.awards),
        card_path=card_path(store, _first_id(actions, Kind.INTEGRATION)),
        is_path_confirmed=bool(store.gorgias.macro_card_path),
        reads_place=store.widgets_read_place,
        is_widget_confirmed="widget_reads" in store.gorgias.model_fields_set,
        link_is_missing="profile_url" not in blueprint.card_keys,
        link_can_be_set="profile_url" in platform_class(store.platform).guesses,
        platform=platform_class(store.platform).title,
        vip_tag=store.routing_tag,
        vip_view=vips.view_name(store),
        vip_rules=[(vips.rule_words(rule), rule.priority) for rule in store.routing.rules],
        vip_code=vips.rule_code(store),
    )
    with whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


_GONE: Final = frozenset({Verb.REMOVE_DOUBLE, Verb.REMOVE_UNWANTED, Verb.DO_WITHOUT})


def _first_id(actions: Sequence[Action], kind: Kind) -> int | None:
    return next((one.gorgias_id for one in actions if one.kind is kind), None)
