"""`GorgiasHook`: Gorgias for DAGs of one's own, by a connection of the type `gorgias`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests.auth import AuthBase

from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks.connections import client_beside, gorgias_auth, gorgias_client
from loyalty_desk.hooks.found import GORGIAS, find_gorgias
from loyalty_desk.hooks.service_hook import ServiceHook
from loyalty_desk.hooks.trying import try_gorgias
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.installed import staging_engine


class GorgiasHook(ServiceHook):
    """One Gorgias account.

    `run` sends one request at once, as that of `HttpHook` does. `get_json` and `client` wait for
    room in the account's budget, which they share with all that Loyalty Desk does.
    """

    conn_name_attr = "gorgias_conn_id"
    default_conn_name = "gorgias_default"
    conn_type = GORGIAS
    hook_name = "Gorgias"

    def __init__(
        self, gorgias_conn_id: str = default_conn_name, method: str = "GET", **options: Any
    ) -> None:
        super().__init__(method=method, http_conn_id=gorgias_conn_id, **options)
        self.gorgias_conn_id = gorgias_conn_id

    def service(self) -> tuple[str, AuthBase]:
        found = find_gorgias(self.gorgias_conn_id)
        return found.base_url.removesuffix("/api"), gorgias_auth(found, staging_engine)

    def client(self) -> GorgiasClient:
        """The client that Loyalty Desk uses itself, with the budget of the connection's store."""
        for store in stores_file().stores.values():
            if store.gorgias_conn_id == self.gorgias_conn_id:
                return gorgias_client(store, staging_engine())
        return client_beside(self.gorgias_conn_id, staging_engine())

    def get_json(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """Read a path such as `/api/tickets`; waits after a 429, tries again after a failure.

        Raises:
            BadConnectionError: 401 or 403. NotFoundError: 404. ApiError: any other refusal.
            ApiUnavailableError: no usable answer after all that waiting.
        """
        return self.client().transport.get_json(path, query)

    def test_connection(self) -> tuple[bool, str]:
        """Whether the account lets us in, and the sentence that says so."""
        tried = try_gorgias(self.gorgias_conn_id)
        return tried.works, tried.sentence
