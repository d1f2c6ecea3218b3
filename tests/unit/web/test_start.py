"""What the web server imports when it starts."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["pandas", "matplotlib", "great_expectations"])
def test_the_pages_start_without_what_is_slow_to_import(name: str) -> None:
    """Who needs it imports it with the first such page."""
    told = f"import sys, loyalty_desk.web.app; print({name!r} in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=120
    )
    assert answer.stdout.splitlines()[-1] == "False"
