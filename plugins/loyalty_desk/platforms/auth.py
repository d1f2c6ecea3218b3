"""How a request shows its key."""

from __future__ import annotations

from requests import PreparedRequest
from requests.auth import AuthBase


class KeyAuth(AuthBase):
    """The key in `Authorization`, after `scheme` if there is one."""

    def __init__(self, key: str, scheme: str = "") -> None:
        self._value = f"{scheme} {key}".strip()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._value
        return request
