"""Debian's nginx before a server of ours, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.services import LOOPBACK, find_free_port
from tests.waiting import wait_until

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def listens(port: int) -> bool:
    """Whether anything listens on that port of this machine."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def running_nginx(folder: Path, http: str) -> Iterator[str]:
    """Run it with what stands in its http block, where PORT is the port that it listens on."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        remedy = "no nginx here: apt-get install nginx-light"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(remedy)
    port, config = find_free_port(), folder / "nginx.conf"
    places = "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(
        f"{user}\ndaemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\n{places}\n{http.replace('PORT', str(port))}\n}}\n",
        encoding="utf-8",
    )
    command = [program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(config)]
    with subprocess.Popen(command) as process:
        try:
            wait_until(lambda: listens(port) or process.poll() is not None)
            assert process.poll() is None, (folder / "error.log").read_text()
            yield f"http://{LOOPBACK}:{port}"
        finally:
            process.terminate()
