"""Customer fields in Gorgias: their definitions, made once a store, and a card's values in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.card.keys import KEYS
from loyalty_desk.errors import SettingsError
from loyalty_desk.gorgias.client import FieldType, GorgiasClient
from loyalty_desk.gorgias.made import known_objects, remember_object
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.settings.stores_file import StoreSettings


def find_or_create_fields(
    client: GorgiasClient, engine: Engine, store: StoreSettings
) -> dict[str, int]:
    """Return the definition id of each configured card key, making what does not exist yet.

    A field made before is found again by our own external id even when staging was lost.

    Raises:
        SettingsError: a person archived one of the fields; it names the field and the remedy.
    """
    wanted = store.gorgias.custom_fields
    known = known_objects(engine, store.name, Kind.CUSTOM_FIELD)
    if all(key in known for key in wanted):
        return {key: known[key] for key in wanted}
    existing = {found.external_id: found for found in client.iter_custom_field_definitions()}
    ids: dict[str, int] = {}
    for key in wanted:
        external_id = field_external_id(store, key)
        found = existing.get(external_id)
        if found is not None and not found.active:
            raise SettingsError(
                f"store {store.name}: the customer field of {key!r} (id {found.field_id}) is "
                "archived in Gorgias; restore it, or take the key out of gorgias.custom_fields"
            )
        ids[key] = found.field_id if found else _create(client, store, key, external_id)
        remember_object(engine, store.name, Kind.CUSTOM_FIELD, key, ids[key])
    return ids


def _create(client: GorgiasClient, store: StoreSettings, key: str, external_id: str) -> int:
    return client.create_custom_field(
        field_label(store, key), field_type(key), external_id=external_id
    )


def field_external_id(store: StoreSettings, key: str) -> str:
    """By which the field of one card key is known as ours."""
    return f"loyalty-desk-{store.name}-{key}"


def field_label(store: StoreSettings, key: str) -> str:
    """What agents read beside the value."""
    return f"{store.gorgias.field_label_prefix} {key.replace('_', ' ')}".strip()


def field_type(key: str) -> FieldType:
    """What the field of a card key holds; one that no card can fill is an empty text."""
    found = KEYS.get(key)
    return (found and found.field_type) or "text"


def field_value(card: Mapping[str, Any], key: str) -> str | int | None:
    """The value of one card key as a customer field takes it; None empties the field."""
    value = card.get(key)
    if value is None or value == "":
        return None
    if field_type(key) == "number":
        return int(value)
    if isinstance(value, list):
        return ", ".join(
            str(item.get("name", item) if isinstance(item, dict) else item) for item in value
        )
    return str(value)
