"""What the doctor says of a database behind Debian's PgBouncer."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from loyalty_desk.doctor.finding import Severity
from loyalty_desk.errors import StagingUnavailableError
from loyalty_desk.staging.engine import open_engine
from loyalty_desk.staging.writable import check_writable
from tests.databases import new_database
from tests.http.doctor.conftest import Installed
from tests.pooler import pooling
from tests.project import PROJECT_ROOT


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


def test_a_pooler_whose_sessions_are_all_taken_is_named_and_so_is_the_way_out(
    installed: Installed, server: str
) -> None:
    with pooling(server, size=1, patience_s=1) as pooler:
        url = pooler.url_of("doctor_pooled")
        installed.set(staging_url=url)
        opened = open_engine(url)
        with psycopg.connect(url, prepare_threshold=None) as other:
            other.execute("SELECT 1")  # its transaction has the session from here on

            found = installed.look_once("database")
            with pytest.raises(OperationalError, match="query_wait_timeout"):
                check_writable(opened)
            with pytest.raises(StagingUnavailableError, match="query_wait_timeout"):
                open_engine(url)
        check_writable(opened)
        opened.dispose()

    assert found.severity is Severity.ERROR
    assert "query_wait_timeout" in found.what
    assert row_of_failures("query_wait_timeout") == row_of_failures("default_pool_size")


def test_a_pooler_that_takes_no_further_client_is_named_and_so_is_the_way_out(
    installed: Installed, server: str
) -> None:
    with pooling(server, size=1, clients=1) as pooler:
        url = pooler.url_of("doctor_pooled")
        installed.set(staging_url=url)
        with psycopg.connect(url, prepare_threshold=None):
            found = installed.look_once("database")

    assert found.severity is Severity.ERROR
    assert "no more connections allowed" in found.what
    assert row_of_failures("no more connections allowed") == row_of_failures("max_client_conn")


def row_of_failures(word: str) -> str:
    """The row of docs/failures.md that has it."""
    text = (PROJECT_ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
    [row] = [line for line in text.splitlines() if word in line]
    return row
