"""Airflow's own web server with our plugin in it, and the lines of its access log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import structlog
import uvicorn
from fastapi import FastAPI

from sandbox.serving import HOST, listen
from tests.waiting import wait_until

START_TIMEOUT_S, LOG_TIMEOUT_S = 60.0, 10.0


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve an application whole, with what it does at its start; yields where the server is."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with listen(0) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), START_TIMEOUT_S)
            assert thread.is_alive(), "the server ended while it started"
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class AccessLogs:
    """What Airflow's access log and uvicorn's say, line by line."""

    def __init__(self, patch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        from airflow.api_fastapi.common import http_access_log

        self._events = structlog.testing.LogCapture()
        logger = structlog.wrap_logger(logging.getLogger("of a test"), processors=[self._events])
        patch.setattr(http_access_log, "logger", logger)
        caplog.set_level("INFO")
        self._caplog = caplog

    def everything(self, requests: int) -> list[str]:
        """All lines, when Airflow's access log has its line of each of so many requests."""
        # It is written after the answer.
        wait_until(lambda: len(self._events.entries) >= requests, LOG_TIMEOUT_S)
        assert len(self._events.entries) == requests
        lines = [repr(dict(event)) for event in self._events.entries]
        return lines + [record.getMessage() for record in self._caplog.records]
