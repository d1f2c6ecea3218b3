"""What the doctor says of a database behind Debian's PgBouncer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyalty_desk.doctor.finding import Severity
from tests.databases import new_database
from tests.http.doctor.conftest import Installed
from tests.pooler import pooling


@pytest.fixture
def server(postgresql_url: str) -> Iterator[str]:
    with new_database(postgresql_url, "doctor_pooled"):
        yield postgresql_url


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_that_leaves_transactions_whole_is_fine_and_named(
    installed: Installed, server: str, mode: str
) -> None:
    with pooling(server, size=1, mode=mode) as pooler:
        installed.set(staging_url=pooler.url_of("doctor_pooled"))

        found = installed.look_once("database")

    assert found.severity is Severity.FINE
    assert found.what == "postgresql behind a pooler, and it can be written"


def test_a_pooler_that_has_no_transactions_is_an_error(installed: Installed, server: str) -> None:
    with pooling(server, size=1, mode="statement") as pooler:
        installed.set(staging_url=pooler.url_of("doctor_pooled"))

        found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert "transaction blocks not allowed in statement pooling mode" in found.what


def test_an_option_that_the_pooler_refuses_is_named(installed: Installed, server: str) -> None:
    with pooling(server, size=1) as pooler:
        url = f"{pooler.url_of('doctor_pooled')}?options=-csearch_path%3Dpublic"
        installed.set(staging_url=url)

        found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert "unsupported startup parameter: options" in found.what
