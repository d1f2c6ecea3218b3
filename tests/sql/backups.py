"""A backup of staging and its restore, as far as a test of what comes after it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.staging.schema import METADATA


@dataclass(frozen=True)
class Backup:
    """Every row of every table at one time."""

    engine: Engine
    rows: dict[str, list[dict[str, Any]]]

    def restore(self) -> None:
        with self.engine.begin() as connection:
            for table in METADATA.sorted_tables:
                connection.execute(table.delete())
                if rows := self.rows[table.name]:
                    connection.execute(table.insert(), rows)


def back_up(engine: Engine) -> Backup:
    with engine.connect() as connection:
        return Backup(
            engine,
            {
                table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
                for table in METADATA.sorted_tables
            },
        )
