"""Fixtures of the tests of statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.sql.staged import Staged


@pytest.fixture
def staged(staging: Engine) -> Iterator[Staged]:
    with staging.begin() as connection:
        yield Staged(connection)


@pytest.fixture
def matched(staged: Staged) -> Staged:
    """Customer 1 matched to member `a`, whose card Gorgias does not have yet."""
    staged.member("a")
    staged.customer(1)
    staged.match(1, "a")
    return staged
