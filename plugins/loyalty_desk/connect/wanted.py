"""What a connected account holds for a store: each object as it should be. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from loyalty_desk.connect.compare import Wanted
from loyalty_desk.connect.widgets import Button, is_ours, template
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
TAG_COLOR: Final = "#7C5CFC"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What the objects of a store are made from.

    `lookup_url` is where Gorgias reaches our lookup, `card_keys` what the platform tells,
    `button` what a person made by hand and had us adopt, `fields` the keys of the card that become
    customer fields, with the choices of those that are dropdowns.
    """

    store: StoreSettings
    lookup_url: str
    card_keys: Collection[str]
    macros: Sequence[Macro]
    button: Button
    fields: Mapping[str, Sequence[str] | None]


def wanted_tags(blueprint: Blueprint) -> list[Wanted]:
    """The tags that the macros add. One that was there before is used, and is not ours."""
    return [
        Wanted(
            kind=Kind.TAG,
            key=name,
            body={"name": name, "decoration": {"color": TAG_COLOR}},
            repaired=frozenset({"name"}),
            is_ours=_has("name", name),
        )
        for name in sorted({tag for macro in blueprint.macros for tag in macro.tags})
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
        "form": LOOKUP_FORM,
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
    title = f"{blueprint.store.gorgias.field_label_prefix}: {{{{summary}}}}".removeprefix(": ")
    return [
        Wanted(
            kind=Kind.WIDGET,
            key=context,
            body={
                "type": "http",
                "context": context,
                "integration_id": integration_id,
                "order": 0,
                "template": template(
                    title, blueprint.card_keys, buttons.get(context) or blueprint.button
                ),
            },
            # Where agents have it in the sidebar (`order`) is theirs.
            repaired=frozenset({"type", "context", "integration_id", "template"}),
            is_ours=_shows_ours(context, integration_id),
        )
        for context in CONTEXTS
    ]


def wanted_macros(blueprint: Blueprint, integration_id: int | None) -> list[Wanted]:
    """The macros, found again by their external id."""
    store = blueprint.store
    return [
        Wanted(
            kind=Kind.MACRO,
            key=macro.key,
            body=gorgias_body(macro, store, integration_id),
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


def _shows_ours(context: str, integration_id: int | None) -> Callable[[Body], bool]:
    def has_our_key(row: Body) -> bool:
        is_bound = integration_id is not None and row.get("integration_id") == integration_id
        return is_bound and row.get("context") == context and is_ours(row.get("template"))

    return has_our_key
