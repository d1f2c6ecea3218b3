"""The least that reconciling can take: bare SQL and the drivers, and of the product the records.

The same values are stored as ours are, and an address has to be read and a card hashed before
anything can be joined or compared. There are no keys, no upserts, no classes, ties, links, further
addresses or tickets, no order, and nothing that could be repeated or resumed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, text

from benchmarks import people
from benchmarks.stopwatch import Clock, peak_mib
from loyalty_desk.records import Customer, Member

MEMBER_COLUMNS: Final = (
    *("member_id", "email", "email_key", "status", "phone", "external_id"),
    *("points_balance", "tier_rank", "card", "card_fingerprint"),
)
CUSTOMER_COLUMNS: Final = (
    *("customer_id", "email", "email_key", "name", "external_id", "other_data"),
    *("shown_fingerprint", "updated_at_utc"),
)
_BIG: Final = {"customer_id", "points_balance", "tier_rank"}
_RESULT: Final = "customer_id, member_id, card_fingerprint"
_FULL_STEPS: Final = (
    ("index", "CREATE INDEX floor_members_by_email ON floor_members (email_key)"),
    ("index", "CREATE INDEX floor_customers_by_email ON floor_customers (email_key)"),
    ("index", "ANALYZE floor_members"),
    ("index", "ANALYZE floor_customers"),
    (
        "join",
        """
        CREATE TABLE floor_pushed AS
        SELECT c.customer_id, m.member_id, m.card_fingerprint
        FROM floor_customers AS c
        INNER JOIN floor_members AS m ON c.email_key = m.email_key
        WHERE m.status = 'member' AND m.card_fingerprint IS DISTINCT FROM c.shown_fingerprint
        """,
    ),
)
_BETWEEN: Final = (
    "CREATE UNIQUE INDEX floor_members_by_id ON floor_members (member_id)",
    "CREATE UNIQUE INDEX floor_customers_by_id ON floor_customers (customer_id)",
    "CREATE UNIQUE INDEX floor_pushed_by_customer ON floor_pushed (customer_id)",
)
"""What a store has when an increment comes; no side's time has it in its increment."""
_INCREMENT_STEPS: Final = (
    (
        "members",
        """
        DELETE FROM floor_members
        WHERE member_id IN (SELECT member_id FROM floor_new_members)
        """,
    ),
    ("members", "INSERT INTO floor_members SELECT * FROM floor_new_members"),
    (
        "customers",
        """
        DELETE FROM floor_customers
        WHERE customer_id IN (SELECT customer_id FROM floor_new_customers)
        """,
    ),
    ("customers", "INSERT INTO floor_customers SELECT * FROM floor_new_customers"),
    (
        "join",
        """
        CREATE TABLE floor_increment AS
        SELECT touched.customer_id, m.member_id, m.card_fingerprint
        FROM (
            SELECT c.customer_id, c.email_key
            FROM floor_new_members AS n
            INNER JOIN floor_customers AS c ON n.email_key = c.email_key
            UNION
            SELECT customer_id, email_key FROM floor_new_customers
        ) AS touched
        LEFT JOIN floor_members AS m ON touched.email_key = m.email_key AND m.status = 'member'
        LEFT JOIN floor_pushed AS p ON touched.customer_id = p.customer_id
        WHERE m.card_fingerprint IS DISTINCT FROM p.card_fingerprint
        """,
    ),
)


def measure(engine: Engine, rows: int, changed_share: float) -> dict[str, Any]:
    """Seconds by step, and how many cards were found to be pushed, in full and after a change."""
    full, increment = Clock(), Clock()
    with engine.connect() as connection:
        _load(connection, full, "", people.member_batches(rows), people.customer_batches(rows))
        _run(connection, full, _FULL_STEPS)
        peak = peak_mib()
        for sql in _BETWEEN:
            connection.execute(text(sql))
        connection.commit()
        _load(
            connection,
            increment,
            "new_",
            people.changed_member_batches(rows, changed_share),
            people.changed_customer_batches(rows, changed_share),
        )
        _run(connection, increment, _INCREMENT_STEPS)
        planned, changed = (
            connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()  # noqa: S608 - two names
            for table in ("floor_pushed", "floor_increment")
        )
    return {
        "full": full.seconds,
        "full_cpu_s": full.cpu_s,
        "increment": increment.seconds,
        "peak_mib": peak,
        "planned": planned,
        "increment_planned": changed,
    }


def _load(
    connection: Connection,
    clock: Clock,
    prefix: str,
    members: Iterable[list[Member]],
    customers: Iterable[list[Customer]],
) -> None:
    """Each side in one transaction, as ours are tasks of their own."""
    for step, columns, batches, read in (
        ("members", MEMBER_COLUMNS, members, member_rows),
        ("customers", CUSTOMER_COLUMNS, customers, customer_rows),
    ):
        insert = _inserter(connection, f"floor_{prefix}{step}", columns)
        make: Callable[[Any], Iterable[tuple[Any, ...]]] = read
        with clock.time(step):
            connection.execute(text(_create(f"floor_{prefix}{step}", columns)))
        clock.time_each(step, batches, lambda batch, insert=insert, make=make: insert(make(batch)))
        with clock.time(step):
            connection.commit()


def _run(connection: Connection, clock: Clock, steps: Iterable[tuple[str, str]]) -> None:
    for step, sql in steps:
        with clock.time(step):
            connection.execute(text(sql))
            connection.commit()


def _create(table: str, columns: Iterable[str]) -> str:
    kinds = (f"{name} {'BIGINT' if name in _BIG else 'TEXT'}" for name in columns)
    return f"CREATE TABLE {table} ({', '.join(kinds)})"


def _inserter(
    connection: Connection, table: str, columns: Iterable[str]
) -> Callable[[Iterable[tuple[Any, ...]]], None]:
    """What puts rows into a table by the driver's own fastest way."""
    names = list(columns)

    def copy(rows: Iterable[tuple[Any, ...]]) -> None:
        driver: Any = connection.connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as to,
        ):
            for row in rows:
                to.write_row(row)

    def execute(rows: Iterable[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table} VALUES ({places})"  # noqa: S608 - names of ours
        connection.connection.cursor().executemany(sql, rows)

    return copy if connection.dialect.name == "postgresql" else execute


def member_rows(batch: Iterable[Member]) -> Iterator[tuple[Any, ...]]:
    for one in batch:
        card = orjson.dumps(one.card, option=orjson.OPT_SORT_KEYS)
        yield (
            one.member_id,
            one.email,
            one.email.strip().lower() if one.email else None,
            str(one.status),
            one.phone,
            one.external_id,
            one.card["points_balance"],
            one.tier_rank,
            card.decode(),
            hashlib.blake2b(card, digest_size=16).hexdigest(),
        )


def customer_rows(batch: Iterable[Customer]) -> Iterator[tuple[Any, ...]]:
    for one in batch:
        yield (
            one.customer_id,
            one.email,
            one.email.strip().lower() if one.email else None,
            one.name,
            one.external_id,
            orjson.dumps(one.data).decode() if one.data else None,
            None,  # nobody has a card in Gorgias yet
            one.updated_at_utc,
        )
