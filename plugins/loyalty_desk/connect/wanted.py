"""What a connected account holds for a store: each object as it should be. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from loyalty_desk.card.keys import ACTIVITY_TEXT
from loyalty_desk.connect.compare import Wanted
from loyalty_desk.connect.widgets import Button, is_ours, shows, template
from loyalty_desk.gorgias.asking import ASK_AGAIN_TAG
from loyalty_desk.gorgias.client import field_definition
from loyalty_desk.gorgias.fields import field_external_id, field_label, field_type
from loyalty_desk.gorgias.made import LOOKUP_KEY
from loyalty_desk.gorgias.objects import Body, Kind
from loyalty_desk.macros.templates import Macro, external_id_of, gorgias_body
from loyalty_desk.settings.stores_file import StoreSettings

CONTEXTS: Final = ("ticket", "customer")
"""A widget shows on one kind of page only."""
TRIGGERS: Final = ("ticket-created", "ticket-message-created", "ticket-updated")
"""A tag added or removed updates a ticket. A lookup writes nothing to Gorgias, so no loop."""
LOOKUP_FORM: Final = {
    "email": "{{ticket.customer.email}}",
    "customer_id": "{{ticket.customer.id}}",
    "ticket_id": "{{ticket.id}}",
}
ROUTING_FORM: Final = {
    "ticket_status": "{{ticket.status}}",
    "ticket_priority": "{{ticket.priority}}",
}
"""Sent besides by a store with rules, so that a priority that somebody chose stays."""
TAG_COLOR: Final = "#7C5CFC"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What the objects of a store are made from.

    `lookup_url` is where Gorgias reaches our lookup, `card_keys` what the platform tells,
    `button` what a person made by hand and had us adopt, `fields` the keys of the card that become
    customer fields, with the choices of those that are dropdowns. `sign` is by what agents tell the
    store's widgets and macros from those of another store in the account; None where there is none.
    """

    store: StoreSettings
    lookup_url: str
    card_keys: Collection[str]
    macros: Sequence[Macro]
    button: Button
    fields: Mapping[str, Sequence[str] | None]
    sign: str | None


def wanted_tags(blueprint: Blueprint) -> list[Wanted]:
    """The tags that macros and routing add, and the one by which widgets are brought up to date.

    One that was there before is used, and is not ours.
    """
    names = {tag for macro in blueprint.macros for tag in macro.tags}
    if not blueprint.store.widgets_read_place and blueprint.store.gorgias.ask_again_share:
        names.add(ASK_AGAIN_TAG)
    if blueprint.store.routing.rules:
        names.add(blueprint.store.routing_tag)
    return [
        Wanted(
            kind=Kind.TAG,
            key=name,
            body={"name": name, "decoration": {"color": TAG_COLOR}},
            repaired=frozenset({"name"}),
            is_ours=_has("name", name),
        )
        for name in sorted(names)
    ]


def wanted_fields(blueprint: Blueprint) -> list[Wanted]:
    """The customer fields, for a store that writes cards there.

    What a field holds is settled when it is made: values stand in it by then, and its choices grow.
    """
    store = blueprint.store
    return [
        Wanted(
            kind=Kind.CUSTOM_FIELD,
            key=key,
            body={
                "object_type": "Customer",
                "label": field_label(store, key),
                "external_id": field_external_id(store, key),
                "definition": field_definition(field_type(key), choices or ()),
            },
            repaired=frozenset({"label", "external_id"}),
            settled=frozenset({"definition"}),
            is_ours=_has("external_id", field_external_id(store, key)),
        )
        for key, choices in blueprint.fields.items()
    ]


def wanted_integration(blueprint: Blueprint, authorization: str) -> Wanted:
    """The HTTP integration that calls our lookup with a token of its own."""
    # Accounts have an integration with this name; by another, one that staging lost is not found.
    name = f"Loyalty look-up ({blueprint.store.name})"
    http = {
        "url": blueprint.lookup_url,
        "method": "POST",
        "headers": {"Authorization": authorization},
        "form": LOOKUP_FORM | (ROUTING_FORM if blueprint.store.routing.rules else {}),
        "request_content_type": JSON,
        "response_content_type": JSON,
        "triggers": dict.fromkeys(TRIGGERS, True),
    }

    def has_our_key(row: Body) -> bool:
        return row.get("name") == name and url_of(row) == blueprint.lookup_url

    return Wanted(
        kind=Kind.INTEGRATION,
        key=LOOKUP_KEY,
        body={
            "name": name,
            "type": "http",
            "description": "Made by Loyalty Desk: the loyalty card beside each ticket.",
            "http": http,
        },
        repaired=frozenset({"name", "http"}),
        is_ours=has_our_key,
    )


def wanted_widgets(
    blueprint: Blueprint, integration_id: int | None, buttons: Mapping[str, Button]
) -> list[Wanted]:
    """One widget a context; `buttons` are those that stand there now, by context."""
    store = blueprint.store
    title = f"{_programme(blueprint)}: {{{{summary}}}}".removeprefix(": ")
    card_key = store.gorgias.card_key if store.widgets_read_place else None
    bound_to = widget_source(store, integration_id)
    card_keys = set(blueprint.card_keys)
    if store.lookup.activity:
        card_keys.add(ACTIVITY_TEXT)
    return [
        Wanted(
            kind=Kind.WIDGET,
            key=context,
            body={
                **bound_to,
                "context": context,
                "order": 0,
                "template": template(
                    title, card_keys, buttons.get(context) or blueprint.button, card_key
                ),
            },
            # Where agents have it in the sidebar (`order`) is theirs.
            repaired=frozenset({"type", "context", "integration_id", "app_id", "template"}),
            is_ours=_shows_ours(context, bound_to, card_key),
        )
        for context in CONTEXTS
    ]


def _programme(blueprint: Blueprint) -> str:
    name = blueprint.store.gorgias.field_label_prefix
    return name if name == blueprint.sign else _signed(name, blueprint)


def _signed(name: str, blueprint: Blueprint) -> str:
    return f"{name} ({blueprint.sign})".strip() if blueprint.sign else name


def widget_source(store: StoreSettings, integration_id: int | None) -> dict[str, Any]:
    """What a widget of the store shows: an app's data, the customer's, or what was fetched."""
    gorgias = store.gorgias
    if not store.widgets_read_place:
        return {"type": "http", "integration_id": integration_id, "app_id": None}
    kind = "custom" if gorgias.app_id is None else "customer_external_data"
    return {"type": kind, "integration_id": None, "app_id": gorgias.app_id}


def wanted_macros(blueprint: Blueprint, integration_id: int | None) -> list[Wanted]:
    """The macros, found again by their external id."""
    store = blueprint.store
    return [
        Wanted(
            kind=Kind.MACRO,
            key=macro.key,
            body=gorgias_body(macro, store, integration_id)
            | {"name": _signed(macro.name, blueprint)},
            repaired=frozenset({"name", "external_id", "language", "actions"}),
            is_ours=_has("external_id", external_id_of(store.name, macro.key)),
        )
        for macro in blueprint.macros
    ]


def url_of(integration: Body) -> object:
    """Where an HTTP integration calls."""
    return _http(integration).get("url")


def authorization_of(integration: Body) -> str:
    """The `Authorization` that an integration sends; empty when Gorgias does not show it."""
    headers = _http(integration).get("headers")
    found = headers.get("Authorization") if isinstance(headers, Mapping) else None
    return found if isinstance(found, str) else ""


def _http(integration: Body) -> Mapping[str, Any]:
    http = integration.get("http")
    return http if isinstance(http, Mapping) else {}


def _has(key: str, value: str) -> Callable[[Body], bool]:
    return lambda row: row.get(key) == value


def _shows_ours(
    context: str, bound_to: Mapping[str, Any], card_key: str | None
) -> Callable[[Body], bool]:
    def has_our_key(row: Body) -> bool:
        # A new integration has no id yet, and no widget of its own.
        is_known = card_key is not None or bound_to["integration_id"] is not None
        is_bound = is_known and all(row.get(key) == value for key, value in bound_to.items())
        shown = row.get("template")
        is_it = row.get("context") == context and is_ours(shown) and shows(shown, card_key)
        return is_bound and is_it

    return has_our_key
