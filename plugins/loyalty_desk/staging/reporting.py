"""The views that are promised to other programs: `docs/reporting.md` says which columns they have.

A migration makes them; a test holds its text against that of `include/sql/reporting.sql`. They hold
no data of their own, so whoever is erased from a table is gone from its view.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, event

from loyalty_desk.staging.metadata import METADATA
from loyalty_desk.staging.statements import topic_statements, without_comments

VIEWS: Final = {
    "reporting_version": "reporting/select_version",
    "reporting_awards": "reporting/select_awards",
    "reporting_goodwill_days": "reporting/select_goodwill_days",
    "reporting_liability_days": "reporting/select_liability_days",
    "reporting_mismatch_days": "reporting/select_mismatch_days",
    "reporting_runs": "reporting/select_runs",
}
"""The statement that each view is."""


def view_sql(name: str) -> str:
    """What makes a view, on both databases alike."""
    topic, _, select = VIEWS[name].rpartition("/")
    return f"CREATE VIEW {name} AS {without_comments(topic_statements(topic)[select])}"


@event.listens_for(METADATA, "after_create")
def make_views(_target: Any, connection: Connection, **_: Any) -> None:
    for name in VIEWS:
        connection.exec_driver_sql(view_sql(name))


@event.listens_for(METADATA, "before_drop")
def drop_views(_target: Any, connection: Connection, **_: Any) -> None:
    """Before the tables: PostgreSQL drops none that a view reads."""
    for name in VIEWS:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
