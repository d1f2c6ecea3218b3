"""The migrations against the schema, and how the staging database is opened."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from loyalty_desk.errors import SettingsError, StagingUnavailableError
from loyalty_desk.staging.engine import check_migrated, migrate, open_engine, reading
from loyalty_desk.staging.schema import METADATA, to_plan
from tests.project import PACKAGE

START_TOGETHER = """
import sys
sys.path.insert(0, sys.argv[2])
from loyalty_desk.staging.engine import migrate, open_engine
sys.stdin.readline()
migrate(open_engine(sys.argv[1]))
"""


def _spelled_out(index: Any) -> dict[str, Any]:
    """The index with its options as text: clauses are never equal to each other."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": options}


def is_for(dialect: str, item: Any, *_: object) -> bool:
    """Whether the schema means this table, column or index for that database."""
    return item.info.get("dialect", dialect) == dialect


def _storage(engine: Engine, table: str) -> Any:
    """PostgreSQL's storage parameters of a table."""
    if engine.dialect.name == "sqlite":
        return None
    with engine.connect() as connection:
        select = text("SELECT reloptions FROM pg_class WHERE oid = CAST(:name AS regclass)")
        return connection.execute(select, {"name": table}).scalar_one()


def describe(engine: Engine) -> dict[str, list[Any]]:
    tables = inspect(engine)
    return {
        name: [
            [(column["name"], repr(column["type"])) for column in tables.get_columns(name)],
            tables.get_pk_constraint(name),
            [_spelled_out(index) for index in tables.get_indexes(name)],
            _storage(engine, name),
        ]
        for name in METADATA.tables
    }


def test_the_migrations_make_no_other_tables_than_the_schema_says(staging: Engine) -> None:
    with staging.connect() as connection:
        options = {"compare_type": True, "include_object": partial(is_for, connection.dialect.name)}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_the_migrations_make_the_same_keys_and_indexes_as_the_schema(staging: Engine) -> None:
    migrated = describe(staging)
    METADATA.drop_all(staging)
    METADATA.create_all(staging)

    assert migrated == describe(staging)


def test_two_processes_may_migrate_at_the_same_time(empty_url: str) -> None:
    command = [sys.executable, "-c", START_TOGETHER, empty_url, str(PACKAGE.parent)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    answers = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0, 0], answers
    engine = open_engine(empty_url)
    check_migrated(engine)
    engine.dispose()


def test_migrating_again_changes_nothing(staging: Engine) -> None:
    before = describe(staging)

    migrate(staging)

    assert describe(staging) == before


def test_a_failed_migration_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        # In the way of the last table but not of the first ones.
        connection.execute(text("CREATE TABLE watermarks (since TEXT)"))

    with pytest.raises(DBAPIError):
        migrate(engine)

    assert inspect(engine).get_table_names() == ["watermarks"]
    engine.dispose()


def test_a_database_without_tables_names_the_command_that_makes_them(empty_url: str) -> None:
    engine = open_engine(empty_url)

    with pytest.raises(SettingsError, match="python -m loyalty_desk migrate"):
        check_migrated(engine)
    with (
        pytest.raises(SettingsError, match="python -m loyalty_desk migrate"),
        engine.begin() as connection,
    ):
        connection.execute(select(to_plan))
    engine.dispose()


def test_a_database_of_another_version_names_both_versions(staging: Engine) -> None:
    with staging.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    with pytest.raises(SettingsError, match=r"version 0000, this program needs \d{4}; run"):
        check_migrated(staging)


def test_a_wrong_table_name_in_an_up_to_date_database_stays_what_it_is(staging: Engine) -> None:
    with pytest.raises(DBAPIError), staging.begin() as connection:
        connection.execute(text("SELECT 1 FROM no_such_thing"))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "is not a database URL"),
        ("staging.db", "is not a database URL"),
        ("mysql://me:secret@host/db", "must start with sqlite:/// or postgresql://"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:////proc/no/such/folder/x.db", "cannot make the folder"),
        ("postgresql://me:secret@[::1/db", "is not a database URL"),
    ],
)
def test_an_unusable_url_says_what_is_wrong_and_shows_no_password(url: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as caught:
        open_engine(url)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////proc/version", "cannot open the staging database"),
        ("postgresql://me:secret@127.0.0.1:1/db", r"cannot open .*me:\*\*\*@127\.0\.0\.1:1/db"),
        ("postgresql://127.0.0.1:1/db?password=secret", "cannot open the staging database"),
    ],
)
def test_a_database_out_of_reach_is_worth_another_try_and_shows_no_password(
    url: str, reason: str
) -> None:
    with pytest.raises(StagingUnavailableError, match=reason) as caught:
        open_engine(url)

    assert "secret" not in str(caught.value)


def test_the_folder_of_an_sqlite_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "var" / "staging" / "desk.db"

    open_engine(f"sqlite:///{path}").dispose()

    assert path.exists()


def test_a_reader_does_not_wait_for_a_writer(staging: Engine) -> None:
    with staging.begin() as writer, reading(staging) as reader:
        writer.execute(insert(to_plan).values(store="acme", customer_id=1))

        assert reader.execute(select(to_plan)).all() == []


def test_a_reader_cannot_write(staging: Engine) -> None:
    with pytest.raises(DBAPIError), reading(staging) as reader:
        reader.execute(insert(to_plan).values(store="acme", customer_id=1))


def test_a_connection_may_write_again_after_it_was_used_for_reading(staging: Engine) -> None:
    for number in range(3):
        with reading(staging) as reader:
            reader.execute(select(to_plan)).all()
        with staging.begin() as writer:
            writer.execute(insert(to_plan).values(store="acme", customer_id=number))


def test_two_that_read_and_then_write_wait_for_each_other(staging: Engine) -> None:
    failures: list[Exception] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 20):
                with staging.begin() as connection:
                    connection.execute(select(to_plan)).all()
                    connection.execute(insert(to_plan).values(store="acme", customer_id=number))
        except DBAPIError as error:
            failures.append(error)

    threads = [Thread(target=work, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with reading(staging) as reader:
        assert len(reader.execute(select(to_plan)).all()) == 60


def test_an_error_of_the_database_does_not_tell_what_was_bound(staging: Engine) -> None:
    with staging.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT 1 FROM nowhere WHERE 1 = :email"), {"email": "a@b.example"})

    assert "a@b.example" not in str(caught.value)
