"""What is known of a store besides its settings: a JSON text under each key."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.staging.statements import statement


class StateKey(StrEnum):
    ANSWERS = "answers"
    """What the probe found out about the account."""
    BUTTON = "button"
    """The widget's button that a person made by hand, encrypted."""
    ERASE_SALT = "erase_salt"
    """What erased people are hashed with."""
    LEDGER_SEEN = "ledger_seen"
    """By which guesses a booking of ours was seen in the platform's ledger."""
    LEDGER_READ = "ledger_read"
    """How far the platform's ledger of the whole shop was read: `goodwill.movement`."""
    MEMBER_FILES = "member_files"
    """Which member files were read."""
    TEXTS_SETTLED = "texts_settled"
    """In which words every card is, or is planned to be; absent while some are not."""
    CARD_PLACE = "card_place"
    """The Gorgias account and the key in it that the store's cards stand under."""
    CARD_FORM = "card_form"
    """The form that the widgets read which connect made: cards in another one are rewritten."""
    AUDIENCE = "audience"
    """`recent` once a plan wrote to those alone; absent when everybody has a card, or is to."""
    READ_BY = "read_by"
    """The settings by which every member was last read."""
    MATCHED_BY = "matched_by"
    """The settings by which everybody was last matched."""
    DECIDED_BY = "decided_by"
    """The settings by which everybody was last matched, and planned after that."""
    TICKETS_SINCE = "tickets_since"
    """Since when every ticket is known that makes its customer recent; absent when none is kept."""
    CLOCK = "clock"
    """By how many seconds the clock was ahead of the time since the machine started."""
    NOT_SHOWN = "not_shown"
    """When an award could last not be shown, as a service did not answer."""
    DISCONNECTED = "disconnected"
    """Since when and by whom; absent while the store is connected."""
    TRIED = "tried"
    """What came of it when the connections were last tried on the desk."""
    LOOKED = "looked"
    """Who said on the desk that the report of a dry run is right."""
    WEBHOOK = "webhook"
    """That a genuine webhook came; `updated_at_utc` is when, to an hour."""
    PLATFORM = "platform"
    """The platform that member ids here are of, and those that the store left, with when."""
    NONCE = "nonce"
    """A number that is used once, of the whole installation: `staging.identity`."""
    JOURNAL = "journal"
    """Which journal is the installation's; `updated_at_utc` is when it was last seen whole."""
    UNWRITTEN = "unwritten"
    """Which files of a run could not be written, and why: `staging.unwritten`."""
    AGENTS_READ = "agents_read"
    """When Gorgias last told all its users; `updated_at_utc` is when it was last asked."""


def find_state(connection: Connection, store: str, key: StateKey) -> str | None:
    binds = {"store": store, "key": key.value}
    found = connection.execute(statement("store_state/select_store_state"), binds).scalar()
    return None if found is None else str(found)


def find_state_time(connection: Connection, store: str, key: StateKey) -> datetime | None:
    """When it was last kept."""
    binds = {"store": store, "key": key.value}
    found = connection.execute(statement("store_state/select_store_state_time"), binds).scalar()
    return None if found is None else parse_utc(found)


def keep_state(
    connection: Connection, store: str, key: StateKey, content: str, now: datetime
) -> None:
    binds = {"store": store, "key": key.value, "content": content, "now_utc": utc_text(now)}
    connection.execute(statement("store_state/upsert_store_state"), binds)


def keep_first(
    connection: Connection, store: str, key: StateKey, content: str, now: datetime
) -> str:
    """Keep it unless something is kept, and return what is: of two at once the first stays."""
    binds = {"store": store, "key": key.value, "content": content, "now_utc": utc_text(now)}
    connection.execute(statement("store_state/insert_store_state"), binds)
    return find_state(connection, store, key) or content


def forget_state(connection: Connection, store: str, key: StateKey) -> None:
    binds = {"store": store, "key": key.value}
    connection.execute(statement("store_state/delete_store_state"), binds)
