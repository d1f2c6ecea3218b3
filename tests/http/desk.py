"""The desk's pages as Airflow's API server serves them, and a client with a user's cookie."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import requests
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN

from loyalty_desk.web.forms import FIELD
from tests.factories import STORE
from tests.http.airflow_users import cookie_of
from tests.http.api_client import ANSWER_TIMEOUT_S, MOUNT, new_client

DESK = f"{MOUNT}/desk"
TOKEN = re.compile(rf'name="{FIELD}" value="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class DeskClient:
    """A browser, as far as requests go. `cookie` is None for somebody who is not logged in."""

    url: str
    session: requests.Session
    cookie: str | None = None
    store: str = STORE

    def as_user(self, name: str, **options: Any) -> DeskClient:
        return replace(self, cookie=cookie_of(name, **options), session=new_client())

    def get(self, path: str = "", **query: str) -> requests.Response:
        """Ask for a page of the store; `path` begins with a slash."""
        return self.call("GET", f"{DESK}/{self.store}{path}", params=query)

    def post(self, path: str, fields: dict[str, Any], **options: Any) -> requests.Response:
        """Send a form with the token that the store's overview page would give."""
        return self.call(
            "POST",
            f"{DESK}/{self.store}{path}",
            data={FIELD: self.token(), **fields},
            **options,
        )

    def token(self) -> str:
        """What a form of a page of this user carries; empty where no page has a form for him."""
        for page in ("/mismatches?status=all", "/awards/incident"):
            if found := TOKEN.search(self.get(page).text):
                return found[1]
        return ""

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        cookies = {COOKIE_NAME_JWT_TOKEN: self.cookie} if self.cookie else {}
        return self.session.request(
            method,
            f"{self.url}{path}",
            cookies=cookies,
            timeout=ANSWER_TIMEOUT_S,
            allow_redirects=False,
            **options,
        )
