"""A real Rivo stand-in with somebody to award."""

from __future__ import annotations

import pytest

from sandbox.running import Sandbox
from tests.http.rivo.booking import PLUS_EMAIL


@pytest.fixture
def member_id(sandbox: Sandbox) -> str:
    """A member with nothing on the account yet, and a plus in the e-mail."""
    return str(sandbox.control("rivo", "POST", "members", {"email": PLUS_EMAIL})["id"])
