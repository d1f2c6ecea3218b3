"""Two `loyalty-desk serve` behind Debian's nginx, as the docs show it, also below a path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.served_api import running_api
from scripts.services import LOOPBACK
from tests.http.apart import Place, fill
from tests.http.api_client import API, new_client
from tests.nginx import running_nginx
from tests.project import PROJECT_ROOT

EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "nginx.conf"
PATHS = {"": "/loyalty/api/v1/", "/airflow": "/airflow/loyalty/api/v1/"}


@contextmanager
def served(folder: Path, place: Place, before: str) -> Iterator[str]:
    """Two processes behind nginx, which leaves `before` on; yields their public address."""
    public = {"LOYALTY_DESK_PUBLIC_URL": f"https://desk.example{before}"}
    known = replace(place, environment={**place.environment, **public})
    options = ("--proxy", LOOPBACK)
    with (
        running_api(known.environment, folder / "one.log", *options) as one,
        running_api(known.environment, folder / "two.log", *options) as two,
    ):
        text = EXAMPLE.read_text(encoding="utf-8")
        for shown, here in {
            "listen 443 ssl;": "listen 127.0.0.1:PORT;",
            "    ssl_certificate /etc/nginx/loyalty.crt;\n": "",
            "    ssl_certificate_key /etc/nginx/loyalty.key;\n": "",
            "server 127.0.0.1:8090": f"server 127.0.0.1:{one.port}",
            "server 127.0.0.1:8091": f"server 127.0.0.1:{two.port}",
            "location /loyalty/api/v1/ {": f"location {PATHS[before]} {{",
            "location = /loyalty/api/v1/ready": f"location = {PATHS[before]}ready",
        }.items():
            assert shown in text, shown
            text = text.replace(shown, here)
        with running_nginx(folder, text) as front:
            yield f"{front}{before}"


@pytest.mark.parametrize("before", PATHS)
def test_the_api_works_behind_the_example_and_nothing_else_is_public(
    tmp_path: Path, before: str
) -> None:
    place = fill(tmp_path)
    with served(tmp_path, place, before) as url, new_client() as session:
        session.headers["Authorization"] = f"Bearer {place.lookup}"
        for _ in range(4):  # both processes have their turn
            answer = session.post(f"{url}{API}/lookup", data={"email": "mira@shop.example"})
            assert answer.json()["points_balance"] == 820
        asked = session.get(f"{url}{API}/lookup", params={"email": "mira@shop.example"})
        assert asked.json()["points_balance"] == 820
        assert session.get(f"{url}{API}/identity").json()["is_ours"] is False
        assert session.post(f"{url}{API}/awards", json={}).status_code == 403
        assert session.post(f"{url}{API}/webhooks/rivo/acme", json={}).status_code == 401
        hidden = ("/ready", "/health", f"{API}/ready", "/loyalty/desk", "/loyalty/desk-static/x")
        assert {session.get(f"{url}{path}").status_code for path in hidden} == {404}
        assert session.post(f"{url}{API}/lookup", data=b"x" * 2_000_000).status_code == 413
