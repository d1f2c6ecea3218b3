"""What each write of a card said and what it was for, from the cards that stand there now on."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TABLES = MetaData()

Table(
    "card_writes",
    TABLES,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("version_utc", Text, primary_key=True),
    Column("written_at_utc", Text, nullable=False),
    Column("member_id", Text),
    Column("outcome", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("cause", Text),
    Column("cause_ref", Text),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    TABLES.create_all(op.get_bind(), checkfirst=False)
    for table in ("cards_to_show", "customers_to_show"):
        op.add_column(table, Column("cause", Text))
        op.add_column(table, Column("cause_ref", Text))
    # What a card says is known of those alone that the member's card of now is the same as.
    op.execute(
        "INSERT INTO card_writes (store, customer_id, destination, version_utc, written_at_utc,"
        " member_id, outcome, card)"
        " SELECT p.store, p.customer_id, p.destination, p.version_utc, p.pushed_at_utc,"
        " m.member_id, 'matched', m.card"
        " FROM pushed_cards AS p"
        " INNER JOIN matches AS mt ON p.store = mt.store AND p.customer_id = mt.customer_id"
        " INNER JOIN members AS m"
        " ON mt.store = m.store AND mt.member_id = m.member_id"
        " AND p.fingerprint = m.card_fingerprint"
        " WHERE p.destination = 'customer_data'"
        " ORDER BY p.store, p.customer_id"
    )
