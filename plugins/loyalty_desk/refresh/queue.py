"""The list of members whose cards are to be shown at once: a row a member, however often asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_desk.clock import utc_text
from loyalty_desk.staging.statements import statement


def ask_for_cards(
    connection: Connection, store: str, member_ids: Iterable[str], now: datetime
) -> None:
    """Ask for the cards of members. Who asks need not know whether anything changed."""
    for member_id in sorted(set(member_ids)):  # in one order, so that two callers cannot deadlock
        binds = {"store": store, "member_id": member_id, "now_utc": utc_text(now)}
        connection.execute(statement("refresh/ask_for_card"), binds)


def list_cards_to_show(connection: Connection, store: str, *, most: int) -> list[Row[Any]]:
    """Members with the time of the asking, who waited longest first."""
    binds = {"store": store, "most": most}
    return list(connection.execute(statement("refresh/select_cards_to_show"), binds).all())


def take_off(connection: Connection, store: str, asked: Row[Any]) -> None:
    """Take a member off the list, unless it was asked for again since `asked` was read."""
    binds = {"store": store, "member_id": asked.member_id, "asked_at_utc": asked.asked_at_utc}
    connection.execute(statement("refresh/delete_shown"), binds)
