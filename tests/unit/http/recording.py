"""A transport whose waits and gate are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from loyalty_desk.http.pacing import OpenGate
from loyalty_desk.http.transport import Transport

SECRET = "key-that-nobody-may-see"
IMPATIENT = (5, 2)
EMAIL = "mira@shop.example"


class RecordingGate(OpenGate):
    def __init__(self) -> None:
        self.entered = 0
        self.learned: list[Mapping[str, str]] = []
        self.refusals: list[float] = []

    def enter(self) -> None:
        self.entered += 1

    def learn(self, headers: Mapping[str, str]) -> None:
        self.learned.append(headers)

    def refused(self, wait_s: float) -> None:
        self.refusals.append(wait_s)


def make(url: str, gate: Any, waits: list[float], **values: Any) -> Transport:
    session = requests.Session()
    session.auth = HTTPBasicAuth("agent@shop.example", SECRET)
    return Transport(
        session,
        url,
        "Gorgias",
        **{
            "gate": gate,
            "conn_id": "gorgias_acme",
            "timeout": IMPATIENT,
            "sleep": waits.append,
            **values,
        },
    )
