"""What the hooks of our connection types have in common: an `HttpHook` that knows its service."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import requests
from airflow.providers.http.hooks.http import HttpHook
from requests.auth import AuthBase

from loyalty_desk.errors import ApiError, ApiUnavailableError
from loyalty_desk.http.exchange import Call
from loyalty_desk.http.surroundings import settle


class ServiceHook(HttpHook):
    """An `HttpHook` whose address and credentials are read as Loyalty Desk itself reads them."""

    @abstractmethod
    def service(self) -> tuple[str, AuthBase]:
        """The address, without a slash at its end, and how a request shows who asks.

        Raises:
            BadConnectionError: the connection cannot work; the message has no secret.
        """

    def get_conn(
        self, headers: dict[Any, Any] | None = None, extra_options: dict[str, Any] | None = None
    ) -> requests.Session:
        """A session with the credentials on it."""
        address, auth = self.service()
        session: requests.Session = super().get_conn(None, extra_options)
        # `HttpHook` makes a header of every other key of the extra, and some of ours are secret.
        session.headers = requests.Session().headers
        session.headers.update({**self.default_headers, **(headers or {})})
        session.auth = auth
        settle(session, address)
        if self.adapter is not None:
            session.mount("https://", self.adapter)
        self.base_url = address
        return session

    def url_from_endpoint(self, endpoint: str | None) -> str:
        """The whole address of a path, below that of the connection."""
        return f"{self.base_url or self.service()[0]}/{(endpoint or '').lstrip('/')}"

    def check_response(self, response: requests.Response) -> None:
        """Raise ApiUnavailableError for 429 and 5xx, ApiError for any other refusal.

        `HttpHook` writes the body of a refusal to the log, and it may tell of people.
        """
        status = response.status_code
        if status < 400:
            return
        method, path = response.request.method or "", response.request.path_url.partition("?")[0]
        shown = Call(method, "", path, None, None, None).shown_path
        if status == 429 or status >= 500:
            raise ApiUnavailableError(f"{self.hook_name} answered {status} to {method} {shown}")
        raise ApiError(self.hook_name, method, shown, status)
