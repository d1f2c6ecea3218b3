"""Customer fields in Gorgias: which a store has, their definitions, and a card's values in them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.card.keys import CARD, KEYS, FieldType
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.errors import ApiError, BadConnectionError, SettingsError
from loyalty_desk.gorgias.client import GorgiasClient, field_definition
from loyalty_desk.gorgias.made import known_objects, remember_object
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.gorgias.reading import CustomFieldDefinition
from loyalty_desk.records import Destination, MemberStatus
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

EXTERNAL_ID: Final = "loyalty-desk-"
"""How the external ids of all fields begin that we make, of whichever store."""
FieldValue = str | int | bool
FIELD_KEYS: Final = frozenset(key.name for key in CARD if key.field_type)
STATUSES: Final = (MemberStatus.MEMBER, MemberStatus.GUEST, *CARD_CLASSES)
"""Every status that a card can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFields:
    """The customer fields of an account as one store sees them.

    `own` are ours, by card key. `others` are the ids of all that are not, be they another store's;
    of those in the archive, `archived`, no value can be written. `is_shared` when fields of another
    store of ours are among them, whose sync may write to the same customers at the same time.
    """

    own: Mapping[str, CustomFieldDefinition]
    others: frozenset[int]
    archived: frozenset[int]
    is_shared: bool


def find_or_create_fields(
    client: GorgiasClient, engine: Engine, store: StoreSettings
) -> AccountFields:
    """Find the field of each configured card key, or make it; one that cannot be is left out.

    A field made before is found again by our own external id even when staging was lost. What is
    left out is said in the log: a field that a person archived, or that Gorgias does not make, as
    an account may have but a few.
    """
    account = _Account(client)
    known = known_objects(engine, store.name, Kind.CUSTOM_FIELD)
    own: dict[str, CustomFieldDefinition] = {}
    for key in field_keys(store, known):
        external_id = field_external_id(store, key)
        found = account.by_id.get(known.get(key, 0)) or account.by_external_id.get(external_id)
        if found is not None and not found.active:
            log.warning(
                "the customer field of %r (id %d) is archived in Gorgias and is left alone; restore"
                " it, or take the key out of gorgias.custom_fields",
                key,
                found.field_id,
            )
            continue
        found = found or _create(client, engine, store, key)
        if found is not None:
            own[key] = found
            if known.get(key) != found.field_id:
                remember_object(engine, store.name, Kind.CUSTOM_FIELD, key, found.field_id)
    return account.seen_with(own)


def find_fields(client: GorgiasClient, engine: Engine, store: StoreSettings) -> AccountFields:
    """Find every field that was ever made for the store, whatever its settings say now."""
    account = _Account(client)
    known = known_objects(engine, store.name, Kind.CUSTOM_FIELD)
    found = {key: account.by_id.get(field_id) for key, field_id in known.items()}
    return account.seen_with({key: one for key, one in found.items() if one and one.active})


class _Account:
    """The customer fields that the account has now."""

    def __init__(self, client: GorgiasClient) -> None:
        listed = list(client.iter_custom_field_definitions())
        self.by_id = {found.field_id: found for found in listed}
        self.by_external_id = {found.external_id: found for found in listed}

    def seen_with(self, own: Mapping[str, CustomFieldDefinition]) -> AccountFields:
        ours = {found.field_id for found in own.values()}
        others = [found for found in self.by_id.values() if found.field_id not in ours]
        return AccountFields(
            own=own,
            others=frozenset(found.field_id for found in others),
            archived=frozenset(found.field_id for found in others if not found.active),
            is_shared=any(_is_of_a_store(found) for found in others),
        )


def _is_of_a_store(field: CustomFieldDefinition) -> bool:
    return field.active and (field.external_id or "").startswith(EXTERNAL_ID)


def _create(
    client: GorgiasClient, engine: Engine, store: StoreSettings, key: str
) -> CustomFieldDefinition | None:
    choices = field_choices(engine, store.name, key)
    if choices == ():
        log.info("the customer field of %r is made once a member is known to have one", key)
        return None
    label, external_id = field_label(store, key), field_external_id(store, key)
    kind = field_type(key)
    try:
        field_id = client.create_custom_field(
            label, kind, choices=choices or (), external_id=external_id
        )
    except (ApiError, BadConnectionError) as error:
        log.warning("there is no customer field of %r: %s", key, error)
        return None
    return CustomFieldDefinition(
        field_id=field_id,
        label=label,
        external_id=external_id,
        data_type=field_definition(kind)["data_type"],
        choices=choices,
        active=True,
    )


def field_keys(store: StoreSettings, known: Collection[str]) -> Sequence[str]:
    """The card keys that a store has fields of.

    Where the stores file does not say, fields that were made by the default of before stay.

    Raises:
        SettingsError: a key that no field can hold, here or among the labels.
    """
    keys = tuple(dict.fromkeys(store.gorgias.custom_fields))
    for name in ("custom_fields", "field_labels"):
        if wrong := set(getattr(store.gorgias, name)) - FIELD_KEYS:
            raise SettingsError(
                f"store {store.name}: gorgias.{name}: {min(wrong)!r} cannot be a customer field;"
                f" what can: {', '.join(sorted(FIELD_KEYS))}"
            )
    if "custom_fields" in store.gorgias.model_fields_set or set(known) <= set(keys):
        return keys
    return tuple(known)


def planned_fields(engine: Engine, store: StoreSettings) -> dict[str, tuple[str, ...] | None]:
    """The card keys that a store has, or is to have, fields of, with the choices of a new one.

    Empty for a store that writes no cards there.
    """
    if Destination.CUSTOM_FIELDS not in store.push_to:
        return {}
    known = known_objects(engine, store.name, Kind.CUSTOM_FIELD)
    choices = {key: field_choices(engine, store.name, key) for key in field_keys(store, known)}
    return {key: some for key, some in choices.items() if key in known or some != ()}


def field_choices(engine: Engine, store: str, key: str) -> tuple[str, ...] | None:
    """What the new field of a card key offers to choose from; None when it is no dropdown.

    The tiers are those that members have, the lowest first; none as long as no member is known.
    """
    if field_type(key) != "dropdown":
        return None
    if key == "status":
        return tuple(map(str, STATUSES))
    with reading(engine) as connection:
        found = connection.execute(statement("push/fields/select_tiers"), {"store": store})
        return tuple(found.scalars())


def field_external_id(store: StoreSettings, key: str) -> str:
    """By which the field of one card key is known as ours."""
    return f"{EXTERNAL_ID}{store.name}-{key}"


def field_label(store: StoreSettings, key: str) -> str:
    """What agents read beside the value."""
    if label := store.gorgias.field_labels.get(key):
        return label
    return f"{store.gorgias.field_label_prefix} {key.replace('_', ' ')}".strip()


def field_type(key: str) -> FieldType:
    """What the field of a card key holds; one made for a key of before is an empty text."""
    found = KEYS.get(key)
    return (found and found.field_type) or "text"


def field_value(
    card: Mapping[str, Any], key: str, data_type: str | None = None
) -> FieldValue | None:
    """The value of one card key as a customer field takes it; None empties the field.

    `data_type` is that of the field as it is, which an older version or a person may have made.
    """
    value = card.get(key)
    if value is None or value == "":
        return None
    wanted = field_type(key)
    data_type = data_type or wanted
    if data_type == "number":
        return int(value) if wanted == "number" else None
    if data_type == "boolean":
        return bool(value) if wanted == "boolean" else None
    if isinstance(value, list):
        return ", ".join(
            str(item.get("name", item) if isinstance(item, dict) else item) for item in value
        )
    return str(value)
