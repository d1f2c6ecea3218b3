"""The accounts of each store: its two connections, and that it has a place of its own for cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy.exc import DBAPIError

from loyalty_desk.doctor.finding import Finding, fine, not_checked, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import BadConnectionError, LoyaltyDeskError
from loyalty_desk.hooks.connections import gorgias_account
from loyalty_desk.hooks.found import Found, add_gorgias, add_platform, find_gorgias, find_platform
from loyalty_desk.hooks.own_airflow import find_trouble
from loyalty_desk.hooks.trying import Tried
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.stores import card_place, in_force, share_a_place

CONNECTIONS: Final = "connections"
PLACES: Final = "place of cards"


def check_connections(scope: Scope) -> Iterator[Finding]:
    """Does each account let us in? Asked as the button Test of the connection's form asks."""
    for store in scope.stores.values():
        kind, conn_id = platform_class(store.platform), store.platform_conn_id
        gorgias_id = store.gorgias_conn_id
        yield _connection(
            store,
            gorgias_id,
            find=lambda: find_gorgias(gorgias_id),  # noqa: B023 - called before the next turn
            try_it=lambda: scope.try_gorgias(store),  # noqa: B023
            add=add_gorgias(gorgias_id),
        )
        yield _connection(
            store,
            conn_id,
            find=lambda: find_platform(conn_id, kind),  # noqa: B023
            try_it=lambda: scope.try_platform(store),  # noqa: B023
            add=add_platform(conn_id, kind),
        )


def _connection(
    store: StoreSettings,
    conn_id: str,
    *,
    find: Callable[[], Found],
    try_it: Callable[[], Tried],
    add: str,
) -> Finding:
    try:
        find()
    except BadConnectionError as error:
        if find_trouble() is not None:  # where it may well be
            why = f"{conn_id}: Airflow's database does not answer, and it is nowhere else"
            return not_checked(CONNECTIONS, why, store=store.name)
        what, _, _ = str(error).replace("; add it: ", "; see: ").partition("; see: ")
        return trouble(
            CONNECTIONS, what, "Add it, or correct it in its form", add, store=store.name
        )
    tried = try_it()
    if tried.works:
        return fine(CONNECTIONS, f"{conn_id}: {tried.sentence.rstrip('.')}", store=store.name)
    return trouble(
        CONNECTIONS,
        f"{conn_id}: {tried.sentence}",
        "Correct it in Airflow, Admin, Connections; its button Test asks the same",
        store=store.name,
    )


def check_places(scope: Scope) -> Iterator[Finding]:
    """Does each store write its cards where no other one does?"""
    at: defaultdict[str, list[StoreSettings]] = defaultdict(list)
    for store in scope.file.stores.values():
        try:
            at[card_place(_in_force(scope, store), gorgias_account(store))].append(store)
        except BadConnectionError:
            if store.name in scope.stores:
                why = "its connection to Gorgias does not tell which account it is"
                yield not_checked(PLACES, why, store=store.name)
    for together in at.values():
        for store in together:
            if store.name not in scope.stores:
                continue
            others = [one.name for one in together if one is not store]
            if others:
                what, _, remedy = share_a_place(store, others).partition(": ")
                remedy = f"{remedy[0].upper()}{remedy[1:]}, then connect it anew"
                command = f"loyalty-desk connect --store {store.name}"
                yield trouble(PLACES, what, remedy, command, store=store.name)
            else:
                yield fine(PLACES, "no other store writes there", store=store.name)


def _in_force(scope: Scope, store: StoreSettings) -> StoreSettings:
    """The store with what the probe found out, where staging tells."""
    try:
        return in_force(store, scope.migrated)
    except (LoyaltyDeskError, DBAPIError):
        return store
