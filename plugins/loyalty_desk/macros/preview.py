"""Each macro as Gorgias would print it for one customer, and why a place would stay blank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.card.texts import LAST_AWARD
from loyalty_desk.errors import NotFoundError, PermanentError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.made import LOOKUP_KEY, known_objects
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.macros.rendering import Rendered, find, render
from loyalty_desk.macros.templates import Macro, card_path, gorgias_body
from loyalty_desk.settings.stores_file import StoreSettings


class NoSuchCustomerError(PermanentError):
    """Gorgias has no customer with that address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One macro for one customer.

    `problems` has a line for each blank in the card's place, `remarks` one for each other.
    """

    name: str
    text: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def preview(
    store: StoreSettings, engine: Engine, email: str, macros: Sequence[Macro], *, html: bool
) -> list[Preview]:
    """Render each macro over what Gorgias holds of the customer now.

    Raises:
        NoSuchCustomerError: nobody there has this address.
    """
    client = gorgias_client(store, engine, urgent=True)
    integration_id = known_objects(engine, store.name, Kind.INTEGRATION).get(LOOKUP_KEY)
    context = {
        "ticket": {"customer": _read_customer(client, email)},
        "current_user": client.get_caller(),
    }
    return [_preview(macro, store, integration_id, context, html=html) for macro in macros]


def _read_customer(client: GorgiasClient, email: str) -> Mapping[str, Any]:
    found = client.find_customers_by_email(email)
    if not found:
        raise NoSuchCustomerError(
            "Gorgias has no customer with this primary e-mail address; try it as Gorgias shows it"
        )
    try:
        return client.get_raw_customer(found[0].customer_id)
    except NotFoundError:
        raise NoSuchCustomerError("the customer was deleted in Gorgias meanwhile") from None


def _preview(
    macro: Macro,
    store: StoreSettings,
    integration_id: int | None,
    context: Mapping[str, Any],
    *,
    html: bool,
) -> Preview:
    arguments = gorgias_body(macro, store, integration_id)["actions"][0]["arguments"]
    rendered = render(arguments["body_html" if html else "body_text"], context, html=html)
    path = card_path(store, integration_id)
    ours = f"{path}."
    return Preview(
        name=macro.name,
        text=rendered.text,
        problems=tuple(
            _why(one, path, context)
            for one in rendered.blanks
            if one.startswith(ours) and not _says_nothing(one, path, context)
        ),
        remarks=tuple(_others(rendered, ours)),
    )


def _says_nothing(variable: str, path: str, context: Mapping[str, Any]) -> bool:
    """Whether it is the sentence that may be empty, of a card that is there."""
    return variable == f"{path}.{LAST_AWARD}" and isinstance(find(path, context), Mapping)


def _why(variable: str, path: str, context: Mapping[str, Any]) -> str:
    if not isinstance(find(path, context), Mapping):
        return (
            f"{variable}: there is no card under {path}; has a sync written it, and is"
            " gorgias.macro_card_path right?"
        )
    return f"{variable}: the card has no such key; the next sync writes it"


def _others(rendered: Rendered, ours: str) -> Iterator[str]:
    for variable in rendered.blanks:
        if not variable.startswith(ours):
            yield f"{variable}: Gorgias has none for this customer; the text reads well without"
