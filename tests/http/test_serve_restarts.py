"""Two `loyalty-desk serve` behind Debian's HAProxy: one after the other is started anew."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.served_api import ServedApi, running_api
from scripts.services import LOOPBACK, find_free_port
from tests.http.apart import Place, fill, looking_up
from tests.http.api_client import API, new_client
from tests.project import PROJECT_ROOT
from tests.waiting import wait_until

pytestmark = pytest.mark.alone

EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "haproxy.cfg"
NAMES = ("one", "two")


@dataclass(frozen=True)
class Balancer:
    """A running HAProxy, and its own word about the servers behind it."""

    url: str
    admin: Path

    def servers(self) -> dict[str, tuple[str, int]]:
        """What each counts as, UP or DOWN, and how many requests it was handed."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.admin))
            client.sendall(b"show stat\n")
            told = b"".join(iter(lambda: client.recv(65_536), b"")).decode()
        rows = csv.DictReader(told.removeprefix("# ").splitlines())
        return {
            row["svname"]: (row["status"], int(row["stot"]))
            for row in rows
            if row["pxname"] == "api" and row["svname"] in NAMES
        }

    def wait_for(self, name: str, status: str) -> None:
        wait_until(lambda: self.servers()[name][0] == status)


@contextmanager
def balancing(folder: Path, ports: dict[str, int]) -> Iterator[Balancer]:
    """Run HAProxy as the docs show it, but for TLS and its places on this machine."""
    program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        remedy = "no HAProxy here: apt-get install haproxy"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(remedy)
    front, admin, config = find_free_port(), folder / "admin.sock", folder / "haproxy.cfg"
    text = EXAMPLE.read_text(encoding="utf-8")
    for shown, here in {
        ":443 ssl crt /etc/haproxy/loyalty.pem": f"{LOOPBACK}:{front}",
        "/run/haproxy/admin.sock": str(admin),
        "server one 127.0.0.1:8090": f"server one {LOOPBACK}:{ports['one']}",
        "server two 127.0.0.1:8091": f"server two {LOOPBACK}:{ports['two']}",
    }.items():
        assert shown in text
        text = text.replace(shown, here)
    config.write_text(text, encoding="utf-8")
    with subprocess.Popen([program, "-db", "-q", "-f", str(config)]) as process:
        try:
            wait_until(lambda: admin.exists() or process.poll() is not None)
            yield Balancer(f"http://{LOOPBACK}:{front}", admin)
        finally:
            process.kill()


@contextmanager
def started(place: Place, folder: Path, name: str, port: int) -> Iterator[ServedApi]:
    # It drains until the test has seen it taken out, and says so by a second signal.
    options = ("--drain", "3600", "--proxy", LOOPBACK)
    with running_api(place.environment, folder / f"{name}.log", *options, port=port) as api:
        yield api


def test_a_rolling_restart_behind_haproxy_loses_no_request(tmp_path: Path) -> None:
    place, ports = fill(tmp_path), {name: find_free_port() for name in NAMES}
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(started(place, tmp_path, name, port))
            for name, port in ports.items()
        }
        balancer = stack.enter_context(balancing(tmp_path, ports))
        for name in NAMES:
            balancer.wait_for(name, "UP")
        with looking_up(balancer.url, place.lookup) as lookups:
            for name in NAMES:
                before = balancer.servers()
                running[name].process.send_signal(signal.SIGTERM)
                balancer.wait_for(name, "DOWN")
                assert running[name].process.poll() is None, "it serves on until it is taken out"
                assert running[name].end() == 0

                stack.enter_context(started(place, tmp_path, name, ports[name]))
                balancer.wait_for(name, "UP")
                handed = balancer.servers()[name][1]
                wait_until(lambda name=name, handed=handed: balancer.servers()[name][1] > handed)
                assert all(count > before[one][1] for one, (_, count) in balancer.servers().items())

    assert lookups.lost == {}
    assert lookups.answered["right"] > 100


def test_only_the_api_is_public_behind_the_example(tmp_path: Path) -> None:
    place = fill(tmp_path)
    with (
        running_api(place.environment, tmp_path / "one.log") as api,
        balancing(tmp_path, dict.fromkeys(NAMES, api.port)) as balancer,
        new_client() as session,
    ):
        statuses = {
            path: session.get(f"{balancer.url}{path}").status_code
            for path in (f"{API}/lookup", f"{API}/ready", "/ready", "/health", "/loyalty/desk")
        }

    assert statuses.pop(f"{API}/lookup") == 401, "ours says that: it wants a token"
    assert set(statuses.values()) == {404}
