"""Addresses that had no e-mail key, or one with invisible letters in it, get the key they have now.

Whoever's key changes is touched, with the old key and the new one, so that the next match decides
anew. Addresses with a domain that holds an underscore, and quoted ones, were taken for invalid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from alembic import op
from sqlalchemy import text

from loyalty_desk.card.emails import read_email

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# What a letter beyond ASCII in a key looks like to each database; no other key can change.
_NOT_ASCII: Final = {
    "postgresql": "octet_length({key}) > length({key})",
    "sqlite": "length(CAST({key} AS BLOB)) > length({key})",
}
_PEOPLE: Final = {
    "member": (
        (
            "SELECT store, member_id AS id, email, email_key FROM members"
            " WHERE email_state = 'invalid' OR (email_state = 'valid' AND {not_ascii})"
        ),
        (
            "UPDATE members SET email_key = :key, email_state = 'valid'"
            " WHERE store = :store AND member_id = :id"
        ),
    ),
    "customer": (
        (
            "SELECT store, customer_id AS id, email, email_key FROM customers"
            " WHERE email_state = 'invalid' OR (email_state = 'valid' AND {not_ascii})"
        ),
        (
            "UPDATE customers SET email_key = :key, email_state = 'valid'"
            " WHERE store = :store AND customer_id = :id"
        ),
    ),
}
_ALONE: Final = (
    (
        "email_key",
        "SELECT DISTINCT email_key FROM set_aside WHERE {not_ascii}",
        "UPDATE set_aside SET email_key = :key WHERE email_key = :old",
    ),
    (
        "email",
        "SELECT DISTINCT email FROM awards WHERE {not_ascii}",
        "UPDATE awards SET email = :key WHERE email = :old",
    ),
    (
        "subject",
        "SELECT DISTINCT subject FROM awards WHERE {not_ascii}",
        "UPDATE awards SET subject = :key WHERE subject = :old",
    ),
)
"""Where a key stands without the address that it was made of."""
_CHANNELS: Final = (
    "SELECT store, customer_id AS id, email_key FROM customer_channels WHERE {not_ascii}"
)
_TAKE_CHANNEL: Final = (
    "DELETE FROM customer_channels WHERE store = :store AND customer_id = :id AND email_key = :old"
)
_GIVE_CHANNEL: Final = (
    "INSERT INTO customer_channels (store, customer_id, email_key) VALUES (:store, :id, :key)"
    " ON CONFLICT DO NOTHING"
)
_TOUCH: Final = (
    "INSERT INTO touched (store, kind, value) VALUES (:store, :kind, :value) ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    for kind, (select, update) in _PEOPLE.items():
        for row in _find(select):
            key = read_email(row.email)[0]
            if key is not None and key != row.email_key:
                _do(update, store=row.store, id=row.id, key=key)
                _touch(row.store, kind, row.id, row.email_key, key)
    for row in _find(_CHANNELS):
        if key := _new_key(row.email_key):
            _do(_TAKE_CHANNEL, store=row.store, id=row.id, old=row.email_key)
            _do(_GIVE_CHANNEL, store=row.store, id=row.id, key=key)
            _touch(row.store, "customer", row.id, row.email_key, key)
    for column, select, update in _ALONE:
        for (old,) in _find(select, column):
            if key := _new_key(old):
                _do(update, old=old, key=key)


def _find(select: str, column: str = "email_key") -> Iterator[Any]:
    connection = op.get_bind()
    not_ascii = _NOT_ASCII[connection.dialect.name].format(key=column)
    yield from connection.execute(text(select.format(not_ascii=not_ascii))).all()


def _do(change: str, **binds: Any) -> None:
    op.get_bind().execute(text(change), binds)


def _new_key(old: str) -> str | None:
    """The key that a key of before has now, None when it is the same or was none."""
    key = read_email(old)[0] if "@" in old else None
    return None if key == old else key


def _touch(store: str, kind: str, subject_id: int | str, *keys: str | None) -> None:
    _do(_TOUCH, store=store, kind=kind, value=str(subject_id))
    for key in keys:
        if key is not None:
            _do(_TOUCH, store=store, kind="email_key", value=key)
