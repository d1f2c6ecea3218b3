"""Options in the address of the staging database: each read with its type, or named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from loyalty_desk.errors import SettingsError
from loyalty_desk.staging.address import driver_options, parse_address
from loyalty_desk.staging.engine import open_engine
from tests.tried import nobody


def with_options(url: str, options: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{options}"


def asked(url: str, question: str) -> object:
    """What the database answers over a connection of ours."""
    engine = open_engine(url)
    with engine.connect() as connection:
        answers = {connection.execute(text(question)).scalar_one() for _ in range(10)}
    engine.dispose()
    [answer] = answers
    return answer


def test_options_that_are_no_text_are_read_with_their_types(postgresql_url: str) -> None:
    options = "prepare_threshold=2&connect_timeout=3&application_name=of%20a%20test"
    url = with_options(postgresql_url, options)

    found = driver_options(parse_address(url))

    assert (found["prepare_threshold"], found["connect_timeout"]) == (2, 3)
    assert asked(url, "SHOW application_name") == "of a test"


def test_nothing_is_prepared_unless_the_address_says_so(postgresql_url: str) -> None:
    def prepared(options: str) -> int:
        engine = open_engine(with_options(postgresql_url, options))
        with engine.connect() as connection:
            for _ in range(10):
                connection.execute(text("SELECT 1"))
            count = text("SELECT COUNT(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1'")
            found = int(connection.execute(count).scalar_one())
        engine.dispose()
        return found

    assert prepared("") == prepared("prepare_threshold=none") == 0
    assert prepared("prepare_threshold=3") == 1


def test_names_are_kept_whatever_this_machines_variables_say(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")

    for url in (postgresql_url, with_options(postgresql_url, "client_encoding=latin1")):
        assert asked(url, "SELECT '\u0141ukasz'") == "\u0141ukasz"


def test_a_database_on_several_hosts_is_tried_on_each(postgresql_url: str) -> None:
    socket = str(make_url(postgresql_url).query["host"])
    url = f"postgresql://postgres@/postgres?host=/nowhere:5432&host={socket}:5432"

    assert asked(url, "SELECT 1") == 1


def test_sqlite_waits_as_long_as_its_address_says(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'staging.db'}"

    assert asked(url, "PRAGMA busy_timeout") == 30_000
    assert asked(f"{url}?timeout=1.5", "PRAGMA busy_timeout") == 1_500


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("autocommit=true", "the option 'autocommit', which it cannot have"),
        ("row_factory=secret", "the option 'row_factory', which it cannot have"),
        ("sslmod=require", r"the option 'sslmod', .*did you mean sslmode\?"),
        ("prepare_threshold=secret", "the option 'prepare_threshold' cannot have that value"),
        ("connect_timeout=secret", "the option 'connect_timeout' cannot have that value"),
        ("password=secret&password=secret", "the option 'password' twice"),
    ],
)
def test_an_option_that_cannot_be_read_is_named_without_its_value(options: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        open_engine(f"postgresql://me@{nobody()}/desk?{options}")

    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("{file}?timeout=soon", "the option 'timeout' cannot have that value"),
        ("{file}?check_same_thread=true", "the option 'check_same_thread', which it cannot have"),
        ("{file}?mode=ro", "the option 'mode', which it cannot have"),
        ("file:{file}?mode=ro", "begins with file:, which needs the option uri=true"),
        ("file:{file}?uri=true&mode=memory", "must name a file"),
        ("file::memory:?uri=true", "must name a file"),
    ],
)
def test_an_address_of_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, address: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        open_engine("sqlite:///" + address.format(file=tmp_path / "staging.db"))

    assert list(tmp_path.iterdir()) == []
