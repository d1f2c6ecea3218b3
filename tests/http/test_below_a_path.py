"""The whole desk and the API in an Airflow below a path, behind Debian's nginx."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.routing import APIRoute

from loyalty_desk.awards.agents import stage_agents
from loyalty_desk.clock import utc_now
from loyalty_desk.gorgias.reading import User
from loyalty_desk.records import Opens
from loyalty_desk.report.html import write_report
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.tasks.sync import report_dir
from loyalty_desk.web.app import make_app
from loyalty_desk.web.forms import FIELD
from scripts.services import LOOPBACK, find_free_port
from tests.factories import STORE
from tests.http.api_client import API, MOUNT, new_token
from tests.http.desk import DESK, TOKEN, DeskClient
from tests.http.desk_world import ADA
from tests.http.test_desk_rights import address
from tests.nginx import listens, running_nginx
from tests.project import PROJECT_ROOT
from tests.waiting import wait_until

BEFORE = "/airflow"
START_LIMIT_S = 120.0
NGINX = """
access_log off;
server {
    listen 127.0.0.1:PORT;
    location /airflow/ {
        proxy_pass http://127.0.0.1:BEHIND;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
    location / { return 418; }
}
"""
"""As Airflow's own page about a reverse proxy has it; whatever leaves the path is a teapot's."""


@pytest.fixture(scope="module")
def below(one_desk: DeskClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskClient]:
    """An Airflow that knows its own address, and the client of a page of it."""
    folder, behind = tmp_path_factory.mktemp("nginx"), find_free_port()
    with running_nginx(folder, NGINX.replace("BEHIND", str(behind))) as front:
        environment = {
            **os.environ,
            "AIRFLOW__API__BASE_URL": f"{front}{BEFORE}",
            "PYTHONPATH": f"{PROJECT_ROOT}:{PROJECT_ROOT / 'plugins'}",
        }
        command = [sys.executable, "-m", "uvicorn", "airflow.api_fastapi.main:app"]
        command += ["--host", LOOPBACK, "--port", str(behind), "--no-access-log"]
        with (folder / "airflow.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: listens(behind) or process.poll() is not None, START_LIMIT_S)
            assert process.poll() is None, (folder / "airflow.log").read_text()[-2000:]
            yield replace(one_desk, url=front)
        finally:
            process.kill()
            process.wait()


class Addresses(HTMLParser):
    """Every address in a page: what it links, loads, calls and sends forms to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.read: set[str] = set()
        self.sent: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        if tag == "form" and given.get("method", "get").lower() == "post":
            self.sent.add(given.get("action", ""))
            return
        read = ("href", "src", "action", "formaction", "data-renew")
        self.read.update(given[name] for name in read if name in given)
        for call in re.findall(r'"(/[^"]*)"', unescape(given.get("data-calls", ""))):
            self.sent.add(call)


ASKS_OTHERS = re.compile(r"[?&](?:now|movements|ask)=")
"""Asks Gorgias or the platform, which there are none of here."""


def own(addresses: set[str], page: str) -> set[str]:
    """Those on the same server, whole."""
    found = {urljoin(page, one) for one in addresses if not one.startswith(("#", "mailto:"))}
    here = urlsplit(page).netloc
    return {
        one.partition("#")[0]
        for one in found
        if urlsplit(one).netloc == here and not ASKS_OTHERS.search(one)
    }


@pytest.fixture(scope="module")
def crawled(below: DeskClient) -> dict[str, Addresses | None]:
    """Each page and file that an admin reaches from the desk's first page."""
    run_id = "scheduled__1"
    write_report(staging_engine(), STORE, run_id, report_dir(STORE, run_id), utc_now())
    docs = report_dir(STORE, run_id).parents[2] / "data_docs" / STORE / "match"
    docs.mkdir(parents=True)
    (docs / "index.html").write_text('<a href="other.html">other</a>')
    (docs / "other.html").write_text("<p>other</p>")
    admin = below.as_user("admin")
    left, seen = [f"{below.url}{BEFORE}{DESK}"], dict[str, Addresses | None]()
    while left:
        url = left.pop()
        if url in seen:
            continue
        answer = admin.call("GET", url.removeprefix(below.url))
        while answer.is_redirect:
            to = urljoin(url, answer.headers["location"])
            assert to.startswith(f"{below.url}{BEFORE}/"), (url, to)
            answer = admin.call("GET", to.removeprefix(below.url))
        assert answer.status_code == 200, (url, answer.status_code)
        is_page = answer.headers["content-type"].startswith("text/html")
        is_desk = f"{BEFORE}{MOUNT}" in url
        seen[url] = Addresses(answer.text) if is_page and is_desk else None
        if is_page and is_desk:
            left += own(Addresses(answer.text).read, url)
    return seen


def test_every_link_picture_and_page_is_found_below_the_path(
    crawled: dict[str, Addresses | None],
) -> None:
    paths = {urlsplit(url).path.removeprefix(BEFORE) for url in crawled}
    assert all(urlsplit(url).path.startswith(f"{BEFORE}/") for url in crawled)
    for page in ("", "/mismatches", "/awards", "/awards/new", "/customers", "/quality", "/setup"):
        assert f"{DESK}/{STORE}{page}" in paths
    assert f"{DESK}/{STORE}/runs/scheduled__1/report.html" in paths
    assert f"{DESK}/{STORE}/docs/match/other.html" in paths
    assert any(path.endswith(".css") for path in paths)
    assert any(path.endswith(".js") for path in paths)
    assert len(crawled) > 40


def test_every_form_and_call_goes_below_the_path(
    below: DeskClient, crawled: dict[str, Addresses | None]
) -> None:
    admin = below.as_user("admin")
    wanted = {one for url, page in crawled.items() if page for one in own(page.sent, url)}
    assert len(wanted) > 8
    for url in sorted(wanted):
        path = url.removeprefix(below.url)
        assert path.startswith((f"{BEFORE}{MOUNT}/desk/", f"{BEFORE}/api/v2/")), path
        if MOUNT in path:  # without the form's token nothing is done, and ours says so
            answer = admin.call("POST", path)
            assert answer.status_code not in (404, 405, 418), path


def test_a_form_leads_back_to_a_page(below: DeskClient) -> None:
    admin = below.as_user("admin")
    form = f"{BEFORE}{DESK}/{STORE}/mismatches/customer/{ADA}"
    found = TOKEN.search(admin.call("GET", form).text)
    assert found is not None
    fields = {FIELD: found[1], "action": "ignore", "reason": "a test"}

    answer = admin.call("POST", form, data=fields)

    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{BEFORE}{DESK}/{STORE}/")
    assert admin.call("GET", answer.headers["location"]).status_code == 200


def test_who_is_not_logged_in_is_sent_to_airflows_log_in_and_back(below: DeskClient) -> None:
    answer = below.call("GET", f"{BEFORE}{DESK}/{STORE}/awards")

    assert answer.status_code == 303
    to = urlsplit(urljoin(below.url, answer.headers["location"]))
    assert to.path.startswith(f"{BEFORE}/auth/login")
    assert f"{BEFORE}{DESK}/{STORE}/awards" in to.query.replace("%2F", "/")
    page = below.call("GET", f"{to.path}?{to.query}")
    assert page.status_code in (200, 302, 303, 307)
    if page.is_redirect:
        assert urlsplit(urljoin(below.url, page.headers["location"])).path.startswith(f"{BEFORE}/")


def test_airflow_shows_the_desk_in_its_own_frame(below: DeskClient) -> None:
    admin = below.as_user("admin")
    views = admin.call("GET", f"{BEFORE}/api/v2/plugins").json()["plugins"]
    (view,) = next(one for one in views if one["name"] == "loyalty_desk")["external_views"]

    for path in (view["href"], view["icon"]):
        answer = admin.call("GET", path)
        assert path.startswith(f"{BEFORE}{MOUNT}/desk")
        assert answer.status_code in (200, 303), path


ROUTES = sorted(
    {
        (method, address(one))
        for one in make_app().routes
        if isinstance(one, APIRoute) and "/api/" in address(one)
        for method in one.methods
    }
)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_of_the_api_is_ours_below_the_path(
    below: DeskClient, method: str, path: str
) -> None:
    answer = below.call(method, f"{BEFORE}{path}")
    assert answer.status_code not in (404, 405, 418) or "error" in answer.json()


def test_an_award_says_where_it_is_found_again(below: DeskClient) -> None:
    ada = User(user_id=12, email="ada@shop.example", is_active=True)
    stage_agents(staging_engine(), STORE, [ada], utc_now())
    token = {"Authorization": f"Bearer {new_token(STORE, Opens.AWARDS)}"}
    fields = {"member_id": "m2", "amount": 5, "reason": "gesture", "agent": ada.email}

    made = below.call("POST", f"{BEFORE}{API}/awards", json=fields, headers=token)

    assert made.status_code == 202, made.text
    assert made.json()["status_url"].startswith(f"{BEFORE}{API}/awards/")
    assert below.call("GET", made.json()["status_url"], headers=token).status_code == 200


def test_the_lookup_answers(below: DeskClient) -> None:
    token = {"Authorization": f"Bearer {new_token(STORE, Opens.LOOKUP)}"}
    answer = below.call(
        "POST", f"{BEFORE}{API}/lookup", data={"email": "nobody@shop.example"}, headers=token
    )
    assert answer.status_code == 200
    assert answer.json()["member"] is False
