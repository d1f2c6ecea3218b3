"""What works and what does not, on both accounts, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.connect.urls import public_url
from loyalty_desk.errors import (
    ApiError,
    ApiUnavailableError,
    BadConnectionError,
    ConnectError,
    CursorError,
    LoyaltyDeskError,
    SettingsError,
)
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.objects import PATHS, AccountObjects, Kind
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.platforms.base import Platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Destination
from loyalty_desk.settings.stores_file import StoreSettings

WAITS_S: Final = 30.0
ROLES_THAT_MANAGE: Final = frozenset({"admin"})
"""HTTP integrations can only be managed by admins, says Gorgias' help."""


class Works(StrEnum):
    YES = "works"
    PARTLY = "look at it"
    NO = "does not work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the table. `detail` says what was seen, or what to mend."""

    what: str
    works: Works
    detail: str


def check_accounts(store: StoreSettings, engine: Engine) -> list[Check]:
    """Ask both accounts the cheapest questions that tell. Writes nothing; a refusal is a row."""
    return [*_gorgias(store, engine), *_platform(store), _own_address()]


def require_working(checks: Sequence[Check]) -> None:
    """Raise ConnectError naming what does not work, before the first write."""
    broken = [f"{check.what}: {check.detail}" for check in checks if check.works is Works.NO]
    if broken:
        raise ConnectError(f"nothing was changed; {'; '.join(broken)}")


def _gorgias(store: StoreSettings, engine: Engine) -> Iterator[Check]:
    try:
        client = gorgias_client(store, engine, urgent=True, max_wait_s=WAITS_S)
    except BadConnectionError as error:
        yield Check(what="Gorgias", works=Works.NO, detail=str(error))
        return
    account = _asked("Gorgias account", lambda: _account(client))
    yield account
    if account.works is Works.NO:
        return  # Whatever else is asked would fail for the same reason.
    objects = AccountObjects(client.transport)
    yield _asked("Gorgias role", lambda: _role(client))
    for kind in _needed(store):
        name = PATHS[kind].removeprefix("/api/").replace("-", " ")
        yield _asked(f"Gorgias {name}", partial(_listed, objects, kind))
    yield _asked("Gorgias customers", lambda: _customers(client))


def _needed(store: StoreSettings) -> list[Kind]:
    """The kinds that the store has objects of; an app need not have the scopes of others."""
    needs = {
        Kind.CUSTOM_FIELD: Destination.CUSTOM_FIELDS in store.push_to,
        Kind.VIEW: bool(store.routing.rules),
    }
    return [kind for kind in Kind if needs.get(kind, True)]


def _platform(store: StoreSettings) -> Iterator[Check]:
    name = platform_class(store.platform).title
    try:
        platform = loyalty_platform(store, max_wait_s=WAITS_S)
    except BadConnectionError as error:
        yield Check(what=name, works=Works.NO, detail=str(error))
        return
    yield _asked(f"{name} members", lambda: _members(platform))
    keys = platform.capabilities.card_keys
    if "profile_url" in type(platform).guesses and "profile_url" not in keys:
        detail = 'no link to members; its extra: {"api": {"profile_url": "https://…/{member_id}"}}'
        yield Check(what=f"{name} admin", works=Works.PARTLY, detail=detail)
    if platform.capabilities.sends_webhooks:
        yield Check(what=f"{name} webhooks", works=Works.YES, detail="the secret is set")
    else:
        detail = "no webhook_secret: a change shows after the next sync, not within seconds"
        yield Check(what=f"{name} webhooks", works=Works.PARTLY, detail=detail)


def _own_address() -> Check:
    try:
        return Check(what="This Airflow, for Gorgias", works=Works.YES, detail=public_url())
    except SettingsError as error:
        return Check(what="This Airflow, for Gorgias", works=Works.NO, detail=str(error))


def _asked(what: str, ask: Callable[[], tuple[Works, str]]) -> Check:
    try:
        works, detail = ask()
    except (ApiError, ApiUnavailableError, BadConnectionError, CursorError) as error:
        works, detail = Works.NO, _one_line(error)
    return Check(what=what, works=works, detail=detail)


def _account(client: GorgiasClient) -> tuple[Works, str]:
    account = client.get_account()
    name = account.domain or "(no name told)"
    if not account.active:
        return Works.NO, f"{name} is deactivated"
    return Works.YES, name


def _role(client: GorgiasClient) -> tuple[Works, str]:
    try:
        told = client.get_caller().get("role")
    except BadConnectionError:  # an app may do without the scope that reads users
        told = None
    role = told.get("name") if isinstance(told, Mapping) else None
    if not isinstance(role, str):
        return Works.PARTLY, "not told; writing integrations and widgets needs an admin"
    if role not in ROLES_THAT_MANAGE:
        return Works.PARTLY, f"{role}; Gorgias lets only an admin manage HTTP integrations"
    return Works.YES, role


def _listed(objects: AccountObjects, kind: Kind) -> tuple[Works, str]:
    return Works.YES, f"{len(objects.list_all(kind))} there"


def _customers(client: GorgiasClient) -> tuple[Works, str]:
    page = next(client.iter_customer_pages(), None)
    return Works.YES, f"{len(page.customers) if page else 0} read"


def _members(platform: Platform) -> tuple[Works, str]:
    if not platform.capabilities.lists_members:
        platform.check()
        return Works.PARTLY, "answers, but lists no members: they come from files and lookups"
    page = next(platform.iter_member_pages(), None)
    if page is None or not page.members:
        return Works.PARTLY, "the programme has no members that can be read"
    return Works.YES, f"{len(page.members)} read"


def _one_line(error: LoyaltyDeskError) -> str:
    return " ".join(str(error).split())
