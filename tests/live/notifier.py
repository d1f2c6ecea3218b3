"""An Airflow notifier that keeps what it is told in a file, for the services of these tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow.sdk.bases.notifier import BaseNotifier


def told_to(file: Path) -> dict[str, Any]:
    """The settings of a notifier that writes alerts into a file."""
    texts = {"subject": "{{ alert.subject }}", "text": "{{ alert.text }}"}
    return {
        "notifier": "tests.live.notifier.FileNotifier",
        "arguments": {"path": str(file), **texts},
    }


class FileNotifier(BaseNotifier):
    """Adds one line of JSON an alert to `path`."""

    template_fields: Sequence[str] = ("subject", "text")

    def __init__(self, path: str, subject: str, text: str) -> None:
        super().__init__()
        self.path, self.subject, self.text = path, subject, text

    def notify(self, context: object) -> None:
        with Path(self.path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"subject": self.subject, "text": self.text}) + "\n")
