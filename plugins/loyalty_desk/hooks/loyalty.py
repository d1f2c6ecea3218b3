"""`LoyaltyHook`: a loyalty platform for DAGs of one's own, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from requests.auth import AuthBase

from loyalty_desk.errors import SettingsError
from loyalty_desk.hooks.connections import platform_at, platform_transport
from loyalty_desk.hooks.found import find_platform
from loyalty_desk.hooks.service_hook import ServiceHook
from loyalty_desk.hooks.trying import try_platform
from loyalty_desk.http.transport import MOST_WAIT_S
from loyalty_desk.platforms.base import Platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Member


class LoyaltyHook(ServiceHook):
    """One account of a loyalty platform, told by the type of its connection.

    A connection of the type `http` does not tell, so then `platform` names it, as in stores.yaml.
    `run` sends one request at once; everything else keeps to what the platform allows.
    """

    conn_name_attr = "loyalty_conn_id"
    default_conn_name = "loyalty_default"
    conn_type = "http"
    hook_name = "Loyalty platform"

    def __init__(
        self,
        loyalty_conn_id: str = default_conn_name,
        platform: str | None = None,
        method: str = "GET",
        **options: Any,
    ) -> None:
        super().__init__(method=method, http_conn_id=loyalty_conn_id, **options)
        self.loyalty_conn_id = loyalty_conn_id
        self._platform = platform

    @property
    def kind(self) -> type[Platform]:
        """The class of the platform; raises SettingsError when nothing tells which it is."""
        name = self._platform or self.get_connection(self.loyalty_conn_id).conn_type
        if name == "http":
            raise SettingsError(
                f"Airflow connection {self.loyalty_conn_id!r} is of the type http: say which"
                " platform it is, LoyaltyHook(..., platform='rivo')"
            )
        return platform_class(name)

    def service(self) -> tuple[str, AuthBase]:
        kind = self.kind
        found = find_platform(self.loyalty_conn_id, kind)
        found.require(password=found.password)
        return found.base_url, kind.auth(found.password)

    def platform(self) -> Platform:
        """What Loyalty Desk asks itself; its `award` books at once, beside all limits of awards."""
        kind = self.kind
        found = find_platform(self.loyalty_conn_id, kind)
        return platform_at(found, kind, platform_transport(found, kind, max_wait_s=MOST_WAIT_S))

    def find_member(self, identifier: str) -> Member | None:
        """Return the member with this id or e-mail address, None when there is none."""
        return self.platform().find_member(identifier)

    def iter_members(self) -> Iterator[Member]:
        """Yield all members; whoever cannot be read is left out. Needs `lists_members`."""
        for page in self.platform().iter_member_pages():
            yield from page.members

    def test_connection(self) -> tuple[bool, str]:
        """Whether the platform takes the key, and the sentence that says so."""
        tried = try_platform(self.loyalty_conn_id, self.kind)
        return tried.works, tried.sentence


class RivoHook(LoyaltyHook):
    default_conn_name = "rivo_default"
    conn_type = "rivo"
    hook_name = "Rivo"


class TrifftHook(LoyaltyHook):
    default_conn_name = "trifft_default"
    conn_type = "trifft"
    hook_name = "TRIFFT"


class SmileHook(LoyaltyHook):
    default_conn_name = "smile_default"
    conn_type = "smile"
    hook_name = "Smile.io"


class LoyaltyLionHook(LoyaltyHook):
    default_conn_name = "loyaltylion_default"
    conn_type = "loyaltylion"
    hook_name = "LoyaltyLion"
