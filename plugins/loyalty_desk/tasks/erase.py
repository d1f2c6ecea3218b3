"""Erases a person on request: reports, the card in Gorgias, staging; and keeps the person out.

What stays is the anonymous trail: that somebody awarded so much, when and why, and that somebody
decided something. Everything may be repeated: what was done before is done again or found done.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from loyalty_desk.card.emails import read_email
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.connect.clear import CardRemover, ShownCard
from loyalty_desk.folders import UNUSABLE, files_below
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.hooks.folders import folders_of, own_folder
from loyalty_desk.hooks.journal import try_to_keep_journal
from loyalty_desk.privacy.awards import blank_award
from loyalty_desk.privacy.files import pattern, remove_files
from loyalty_desk.privacy.person import Person, PersonError, Who, find_person, texts_of
from loyalty_desk.privacy.tables import delete_rows
from loyalty_desk.records import Cause, CauseKind
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.kept_out import CUSTOMER, EMAIL, MEMBER, keep_out, let_in
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.stores import in_force
from loyalty_desk.staging.turns import hold_store, stay_holder
from loyalty_desk.staging.watermarks import forget_reads

log = logging.getLogger(__name__)

_ALL: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased, in numbers."""

    customers: int
    members: int
    cards: int
    rows_deleted: int
    awards: int
    files: int


def erase(store_name: str, who: Who, *, holder: str | None = None, waits: bool = False) -> Erased:
    """Erase a person in one store, and keep the person out from now on.

    Takes its turn after a sync that is at work as `hold_store` does.

    Raises:
        PersonError: nobody is named, or awards of the person wait; nothing was changed.
        StoreBusyError: a sync is at work, and this is not to wait; nothing was changed.
        NoTurnError: a sync was at work for too long; nothing was changed.
        StorageError: some reports cannot be searched or removed, the others were; no card was
            cleared.
        Whatever the Gorgias client raises: cards that are left are cleared by the next try, and
            nothing in staging was changed.
    """
    engine = staging_engine()
    store = in_force(stores_file().get(store_name), engine)
    with hold_store(engine, store, "erase", holder=holder, waits=waits) as held:
        with reading(engine) as connection:
            person = find_person(connection, store.name, who)
        if person.waiting_awards:
            raise PersonError(
                f"{len(person.waiting_awards)} awards of this person wait or are being applied;"
                " reject them or let them end, then erase again"
            )
        # First, as it may be refused: a card that is cleared comes back while the person is staged.
        files = _remove_reports(engine, store.name, person)
        cards = _clear_cards(engine, store, person)
        now = utc_now()
        stay_holder(held)
        with engine.begin() as connection:
            rows_deleted = erase_rows(connection, store.name, person, now)
            keep_out(connection, store.name, _named(person), now)
    try_to_keep_journal(engine)
    shrink(engine)
    done = Erased(
        customers=len(person.customer_ids),
        members=len(person.member_ids),
        cards=cards,
        rows_deleted=rows_deleted,
        awards=len(person.award_ids),
        files=files,
    )
    log.info("store %s: a person is erased: %s", store.name, done)
    return done


def forget_erasure(store_name: str, email: str) -> int:
    """Let somebody in again who joined anew; returns how many hashes are forgotten.

    The next sync reads everything: who had the address meanwhile is staged without it.

    Raises:
        PersonError: not an address, or nobody was erased by it.
    """
    store, key = stores_file().get(store_name).name, read_email(email)[0]
    if key is None:
        raise PersonError("that is not an e-mail address")
    engine = staging_engine()
    with engine.begin() as connection:
        count = let_in(connection, store, key, utc_now())
        if count:
            forget_reads(connection, store)
    if not count:
        raise PersonError(f"store {store} erased nobody with that address")
    try_to_keep_journal(engine)
    return count


def _named(person: Person) -> Iterator[tuple[str, object]]:
    yield from ((EMAIL, key) for key in sorted(person.email_keys))
    yield from ((CUSTOMER, one) for one in sorted(person.customer_ids))
    yield from ((MEMBER, one) for one in sorted(person.member_ids))


def _clear_cards(engine: Engine, store: StoreSettings, person: Person) -> int:
    """Clear the card of each customer at each place, also where the ledger does not know of one."""
    if not person.customer_ids:
        return 0
    client = gorgias_client(store, engine, urgent=True)
    cause = Cause(kind=CauseKind.ERASURE)
    remover = CardRemover(store=store, engine=engine, client=client, cause=cause)
    count = 0
    for customer_id in sorted(person.customer_ids):
        for card in _shown_cards(engine, store, customer_id):
            remover.clear(card)
            count += 1
    return count


def _shown_cards(engine: Engine, store: StoreSettings, customer_id: int) -> Iterator[ShownCard]:
    """Everywhere a card of the customer is or may be: by the settings now, and by the ledger."""
    binds = {"store": store.name, "customer_id": customer_id}
    with reading(engine) as connection:
        rows = connection.execute(statement("privacy/person/select_shown"), binds).all()
    versions: dict[str, str | None] = {place.value: None for place in store.push_to}
    versions |= {row.destination: row.version_utc for row in rows}
    for destination, version in versions.items():
        yield ShownCard(customer_id=customer_id, destination=destination, version_utc=version)


def erase_rows(connection: Connection, store: str, person: Person, now: datetime) -> int:
    """Take a person out of staging, without keeping the person out; returns how many rows went."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA secure_delete = ON"))
    for award_id in person.award_ids:
        blank_award(connection, store, award_id)
    connection.execute(
        statement("privacy/blank/blank_decisions"),
        {
            "store": store,
            "customer_texts": texts_of(person.customer_ids),
            "member_ids": texts_of(person.member_ids),
            "now_utc": utc_text(now),
        },
    )
    ids_by_source = (
        ("customers", texts_of(person.customer_ids)),
        ("members", texts_of(person.member_ids)),
        ("member_lookups", texts_of(person.member_ids)),
        ("tickets", texts_of(person.ticket_ids)),
    )
    for source, ids in ids_by_source:
        binds = {"store": store, "source": source, "ids": ids}
        connection.execute(statement("privacy/blank/blank_rejected"), binds)
    _blank_checks(connection, store, person)
    _blank_failures(connection, store, pattern(person))
    return delete_rows(connection, store, person)


def _blank_checks(connection: Connection, store: str, person: Person) -> None:
    gone = person.written_ids
    for row in connection.execute(
        statement("privacy/blank/select_failing_ids"), {"store": store}
    ).all():
        ids: list[Any] = json.loads(row.failing_ids)
        kept = [one for one in ids if str(one) not in gone]
        if len(kept) < len(ids):
            binds = {
                "store": store,
                "run_id": row.run_id,
                "step": row.step,
                "expectation": row.expectation,
                "failing_ids": json.dumps(kept),
            }
            connection.execute(statement("privacy/blank/update_failing_ids"), binds)


def _blank_failures(connection: Connection, store: str, named: re.Pattern[bytes]) -> None:
    for row in connection.execute(
        statement("privacy/blank/select_failures"), {"store": store}
    ).all():
        blanked = named.sub(b"...", row.failure.encode()).decode()
        if blanked != row.failure:
            binds = {"store": store, "run_id": row.run_id, "failure": blanked}
            connection.execute(statement("privacy/blank/update_failure"), binds)


def _remove_reports(engine: Engine, store: str, person: Person) -> int:
    removed = frozenset[str]()
    try:
        try:
            removed = remove_reports(store, person)
        finally:  # what is removed is not led to any more, whatever could not be
            there = list_reports(store)
            with engine.begin() as connection:
                forget_reports(connection, store, removed, there)
        return len(removed)
    except UNUSABLE as error:
        raise type(error)(
            f"the person is not erased and no card is cleared, as reports may name them: {error};"
            " erase again once it can be used"
        ) from error


def remove_reports(store: str, person: Person) -> frozenset[str]:
    """Remove reports and Data Docs that name the person, which the next run writes anew; returns
    the addresses of folders and files that went.

    Raises:
        SettingsError, StorageError: some cannot be read or removed; all others are.
    """
    return frozenset(map(str, remove_files(folders_of(store).values(), pattern(person))))


def list_reports(store: str) -> frozenset[str]:
    """The addresses of the folders of reports that are there; raises as `remove_reports`."""
    reports = own_folder("reports", store)
    return frozenset(str(reports / name.partition("/")[0]) for name in files_below(reports))


def forget_reports(
    connection: Connection, store: str, removed: Collection[str], there: Collection[str]
) -> None:
    """Forget where the reports were that are removed, and those that went earlier: where others are
    there, so that the disk is, and not they.
    """
    reports = str(own_folder("reports", store))
    every = {"store": store, "how_many": _ALL}
    for run in connection.execute(statement("desk/runs/select_newest_runs"), every).all():
        folder = (run.report_path or "").rpartition("/")[0]
        is_gone = folder in removed or (bool(there) and folder not in there)
        if folder.rpartition("/")[0] == reports and is_gone:
            binds = {"store": store, "run_id": run.run_id}
            connection.execute(statement("privacy/blank/forget_report"), binds)


def shrink(engine: Engine) -> None:
    """Have the database give up the room of what was deleted, where it would still stand.

    PostgreSQL does so by itself (autovacuum); SQLite keeps old pages until it is told to.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()  # outside of any transaction, which these two want
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:  # somebody else writes; the rows are gone already
        log.warning(
            "the database file is not rewritten (%s); erase once more by the address", error
        )
    finally:
        connection.close()
