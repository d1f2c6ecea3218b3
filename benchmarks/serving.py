"""The plugin's application, served as Airflow's API server mounts it, by a process of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from unittest.mock import patch

import requests

from scripts.services import LOOPBACK, find_free_port

MOUNT = "/loyalty"
START_LIMIT_S = 60.0


@contextmanager
def serving(
    environment: Mapping[str, str], before: Callable[[], None] | None = None
) -> Iterator[str]:
    """Serve until the block ends; yields the address of the mounted application.

    The server's process begins with `environment`, as what it imports may read settings at once;
    `before` is a function of a module, called there before it serves.
    """
    port = find_free_port()
    server = get_context("spawn").Process(target=_serve, args=(port, before), daemon=True)
    with patch.dict(os.environ, environment):
        server.start()
    address = f"http://{LOOPBACK}:{port}{MOUNT}"
    try:
        _wait_for(address)
        yield address
    finally:
        server.terminate()
        server.join()


def _serve(port: int, before: Callable[[], None] | None) -> None:
    import uvicorn  # noqa: PLC0415 - Airflow must find the environment when it is imported
    from fastapi import FastAPI  # noqa: PLC0415

    from loyalty_desk.web.mounted import LazyApp  # noqa: PLC0415

    if before is not None:
        before()
    outer = FastAPI(openapi_url=None)
    outer.mount(MOUNT, LazyApp())
    uvicorn.run(outer, host=LOOPBACK, port=port, log_level="warning")


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            requests.get(address, timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError("the server does not start")
