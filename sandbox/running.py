"""Starts a sandbox beside a test or a benchmark and ends it again."""

import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from json import dumps, loads
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 10.0
# Straight to this machine: a proxy from the environment must not see control calls.
OPENER = build_opener(ProxyHandler({}))


class SandboxError(RuntimeError):
    """The sandbox did not start, or refused a control call."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox. `credentials` is the ready line: an entry for each server."""

    credentials: dict[str, Any]
    process_id: int

    @property
    def gorgias(self) -> dict[str, Any]:
        """The credentials of the Gorgias account."""
        return dict(self.credentials["gorgias"])

    @property
    def rivo(self) -> dict[str, Any]:
        """The credentials of the Rivo account."""
        return dict(self.credentials["rivo"])

    @property
    def gorgias_url(self) -> str:
        """The root of the Gorgias server; the API is under /api."""
        return str(self.gorgias["url"])

    @property
    def rivo_url(self) -> str:
        """The base of the Rivo API, with /merchant_api/v1."""
        return str(self.rivo["url"])

    def control(self, server: str, method: str, path: str, json: Any = None) -> Any:
        """Call the control API of "gorgias" or of a platform; `path` is what follows /_sandbox/.

        Returns the JSON answer, None for an empty one.

        Raises:
            SandboxError: the sandbox answered with an error.
        """
        parts = urlsplit(self.credentials[server]["url"])
        url = f"{parts.scheme}://{parts.netloc}/_sandbox/{path.lstrip('/')}"
        body = None if json is None else dumps(json).encode()
        request = Request(url, body, {"content-type": "application/json"}, method=method)  # noqa: S310 - http to this machine
        try:
            with OPENER.open(request, timeout=START_TIMEOUT_S) as answer:
                content = answer.read()
        except HTTPError as refused:
            text = refused.read().decode()
            raise SandboxError(f"{method} {path}: {refused.code} {text}") from refused
        return loads(content) if content else None


@contextmanager
def running_sandbox(
    *, members: int = 500, customers: int = 500, seed: int = 1, **options: Any
) -> Iterator[Sandbox]:
    """Run `python -m sandbox` for the length of a with block.

    Further options are named as on the command line, with underscores: `speed`, `latency_ms`,
    `tickets`, `gorgias_port`, `platforms`, `base_date`, `allowance`; `enterprise=True`; `switches`
    is a dict.

    Raises:
        SandboxError: it ended, or said nothing for two minutes.
    """
    command = _command(options | {"members": members, "customers": customers, "seed": seed})
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors) as process,  # noqa: S603 - our own module
    ):
        try:
            yield _read_ready(process, errors)
        finally:
            _end(process)


def _command(options: dict[str, Any]) -> list[str]:
    command = [sys.executable, "-m", "sandbox"]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if name == "switches":
            for switch, setting in value.items():
                command += ["--switch", f"{switch}={setting}"]
        elif value is True:
            command.append(flag)
        elif value is not None and value is not False:
            command += [flag, str(value)]
    return command


def _read_ready(process: "subprocess.Popen[bytes]", errors: Any) -> Sandbox:
    output = process.stdout
    line = b""
    if output is not None and select.select([output], [], [], START_TIMEOUT_S)[0]:
        line = output.readline()
    if not line:
        errors.seek(0)
        raise SandboxError(f"the sandbox did not start: {errors.read().decode()[-2000:]}")
    return Sandbox(loads(line), process.pid)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
