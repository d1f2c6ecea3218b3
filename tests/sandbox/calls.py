"""Calling a running sandbox, and finding people in it."""

from collections.abc import Callable, Iterator
from typing import Any

import requests

from sandbox.running import Sandbox

MEMBERS = CUSTOMERS = 2000
SEED = 7

Call = Callable[..., requests.Response]


def gorgias_caller(running: Sandbox) -> Call:
    session = requests.Session()
    session.auth = (running.gorgias["email"], running.gorgias["api_key"])

    def call(method: str, path: str, **options: Any) -> requests.Response:
        url = f"{running.gorgias_url}/api{path}"
        return session.request(method, url, timeout=10, allow_redirects=False, **options)

    return call


def rivo_caller(running: Sandbox) -> Call:
    session = requests.Session()
    session.headers["Authorization"] = running.rivo["api_key"]

    def call(method: str, path: str, **options: Any) -> requests.Response:
        return session.request(method, running.rivo_url + path, timeout=10, **options)

    return call


def customers_of(
    running: Sandbox, trouble: str = "", limit: int = CUSTOMERS
) -> list[dict[str, Any]]:
    """Return customers, whole; all, or only those with a trouble."""
    path = f"customers?limit={limit}&trouble={trouble}"
    rows: list[dict[str, Any]] = running.control("gorgias", "GET", path)["data"]
    return rows


def members_of(running: Sandbox, trouble: str = "", limit: int = MEMBERS) -> list[dict[str, Any]]:
    """Return members; all, or only those with a trouble."""
    path = f"members?limit={limit}&trouble={trouble}"
    rows: list[dict[str, Any]] = running.control("rivo", "GET", path)["data"]
    return rows


def put_data(call: Call, customer_id: int, content: Any, version: str | None = None) -> int:
    """Write a customer's data and return the status."""
    body = {"data": content} if version is None else {"data": content, "version": version}
    return call("PUT", f"/customers/{customer_id}/data", json=body).status_code


def iter_pages(call: Call, path: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of a Gorgias list, following `next_cursor` to its end."""
    while True:
        page = call("GET", path, params=query).json()
        yield page["data"]
        if page["meta"]["next_cursor"] is None:
            return
        query["cursor"] = page["meta"]["next_cursor"]
