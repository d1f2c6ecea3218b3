"""What was erased, revoked and decided after a backup was made, done again before anything is read.

The backup does not know of it, the journal does. People are known by hashes there, so whoever the
database holds is hashed, and who was erased is erased as before. The cards in Gorgias were cleared
then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine

from loyalty_desk.awards.queue import add_event
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.folders import Folder, remove
from loyalty_desk.hooks.journal import AWAY, journal_folder
from loyalty_desk.mismatches.made_again import BEFORE, decide_again
from loyalty_desk.privacy.person import Person, gather, holders_of
from loyalty_desk.privacy.tables import iter_values
from loyalty_desk.records import AwardState
from loyalty_desk.staging.journal import Event, Journal, find_journal, keep_journal_state
from loyalty_desk.staging.journal_folder import Entry, Mark, write_mark
from loyalty_desk.staging.journal_gaps import Found, JournalGapError, days, look
from loyalty_desk.staging.kept_out import (
    CUSTOMER,
    EMAIL,
    MEMBER,
    KeptOut,
    find_hasher,
    keep_hashes_out,
)
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, forget_state, keep_state
from loyalty_desk.tasks.erase import (
    erase_rows,
    forget_reports,
    list_reports,
    remove_reports,
    shrink,
)

ERASED_BEFORE: Final = "erased_before_restore"
"""Why an award is unknown: it waits in the backup, and the person was erased since."""


@dataclass(slots=True, kw_only=True)
class CaughtUp:
    """What was done again, in numbers, and what could not be."""

    whole_until: datetime | None = None
    gaps: list[str] = field(default_factory=list)
    erasures: int = 0
    erased_again: int = 0
    """Stores in which the backup held something of erased people."""
    let_in: int = 0
    revoked: int = 0
    decided: int = 0
    about_nobody: int = 0
    """Decisions about somebody whom the backup does not know."""
    switched: int = 0
    """Stores taken out of service, or into it."""
    moved: dict[str, str] = field(default_factory=dict)
    """Stores that moved to another platform, with which; that is not done again here."""

    def lines(self) -> Iterator[str]:
        """What a person is told of it."""
        if self.whole_until is not None:
            yield f"the journal is whole until {self.whole_until:%Y-%m-%d %H:%M} UTC"
        for gap in self.gaps:
            yield f"not known: {gap}"
        yield (
            f"done again since the backup: {self.erasures} erasures, {self.let_in} forgotten,"
            f" {self.revoked} tokens revoked or ended, {self.decided} decisions,"
            f" {self.switched} stores disconnected or connected"
        )
        if self.about_nobody:
            yield (
                f"{self.about_nobody} decisions are about somebody whom the backup does not know:"
                " decide again when they are on the list"
            )
        for store, platform in self.moved.items():
            yield (
                f"store {store} moved to {platform} since the backup: run `loyalty-desk platform"
                " change` again before its next sync"
            )


def catch_up(
    engine: Engine, now: datetime, *, by: str, despite_gaps: bool, journal_id: str | None = None
) -> CaughtUp:
    """Do again what the journal says and the database does not know. May be repeated.

    Raises:
        JournalGapError: the journal is not whole, and that is not accepted. Nothing was done.
    """
    folder, found = _look(engine, now, journal_id)
    if found.gaps and not despite_gaps:
        raise JournalGapError(
            "nobody can tell what was erased, revoked and decided on these days (UTC):"
            f" {'; '.join(found.gaps)}. Nothing was done. Bring the journal back, or do by hand"
            " what was done then and run this with --despite-gaps: docs/backup.md"
        )
    done = CaughtUp(whole_until=found.whole_until, gaps=found.gaps)
    if found.journal is None:
        return done
    with engine.begin() as connection:
        _take_over(connection, found.journal, found, now)
        for store, entries in _by_store(found.entries).items():
            _do_again(connection, store, entries, done, now, by)
        keep_journal_state(connection, found.journal, now)
    if folder is not None:
        _mark(engine, folder / found.journal.id, found, now)
    if done.erased_again:
        shrink(engine)
    return done


def _look(engine: Engine, now: datetime, journal_id: str | None) -> tuple[Folder | None, Found]:
    with engine.begin() as connection:
        try:
            folder = journal_folder()
            found = look(connection, folder, now, journal_id)
            found.gaps.extend(_cannot_tell(connection, found.entries, now))
            return folder, found
        except AWAY as error:
            journal = find_journal(connection)
            since = now if journal is None else journal.marked
            gap = f"the journal cannot be read ({error}): {days(since, now)}"
            return None, Found(journal=journal, gaps=[gap])


def _cannot_tell(connection: Connection, entries: Iterable[Entry], now: datetime) -> Iterator[str]:
    """Stores in whose backup nobody can be told by a hash: it is of before the first one."""
    for store, told in _by_store(entries).items():
        about = [one for one in told if set(_hashes(json.loads(one.content)))]
        if about and find_hasher(connection, store) is None:
            yield (
                f"the backup of store {store} is of before people were told by hashes, so"
                f" {len(about)} erasures and decisions cannot be done again:"
                f" {days(parse_utc(about[0].at_utc), now)}"
            )


def _take_over(connection: Connection, journal: Journal, found: Found, now: datetime) -> None:
    """Have the database know the entries, those too that it made itself and had no number for.

    Its own that are in no file get new numbers later: theirs may be taken.
    """
    kept = {"number": journal.last_kept}
    connection.execute(statement("journal/forget_numbers"), kept)
    known = set(connection.execute(statement("journal/select_known")).scalars())
    for entry in found.entries:
        binds = {"entry_id": entry.entry_id, "number": entry.number, "now_utc": utc_text(now)}
        if entry.entry_id in known:
            connection.execute(statement("journal/mark_kept"), binds)
            continue
        binds |= {name: getattr(entry, name) for name in ("store", "kind", "content", "at_utc")}
        connection.execute(statement("journal/insert_kept"), binds)
    # What the database did itself is done.
    found.entries[:] = [entry for entry in found.entries if entry.entry_id not in known]


def _by_store(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries of each store in the order in which they were made."""
    found: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: one.entry_id):
        found.setdefault(entry.store, []).append(entry)
    return found


def _do_again(
    connection: Connection,
    store: str,
    entries: list[Entry],
    done: CaughtUp,
    now: datetime,
    by: str,
) -> None:
    hasher = find_hasher(connection, store)
    everybody = {} if hasher is None else _whose(connection, store, entries, hasher)
    again = _Again(
        connection=connection, store=store, done=done, hasher=hasher, everybody=everybody
    )
    for entry in entries:
        again.do(entry)
    # Last, as a decision may be about who was erased later.
    _erase_again(connection, store, {one: everybody[one] for one in again.erased}, now, by)
    done.erased_again += bool(again.erased)


@dataclass(slots=True, kw_only=True)
class _Again:
    """What was done in one store, done again in its order, and counted in `done`."""

    connection: Connection
    store: str
    done: CaughtUp
    hasher: KeptOut | None
    """Tells people of the backup by a hash; None where it has nobody who could be told so."""
    everybody: Mapping[str, tuple[str, Any]]
    """Whose the hashes are, as long as the store is where it was at the backup."""
    people: Mapping[str, tuple[str, Any]] = field(init=False)
    """Whose they are at the time of the entry."""
    erased: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.people = self.everybody

    def do(self, entry: Entry) -> None:
        event, told = Event(entry.kind), json.loads(entry.content)
        at = parse_utc(entry.at_utc)
        match event:
            case Event.ERASED if self.hasher is not None:
                self._erase(told.get("hashes", []), at)
            case Event.LET_IN:
                self._let_in(told.get("hashes", []))
            case Event.REVOKED:
                by_whom = {"revoked_by": BEFORE, "now_utc": utc_text(at)}
                self._end_token("tokens/revoke_token", {**told, **by_whom})
            case Event.ENDED:
                self._end_token("tokens/end_token", told)
            case Event.MOVED:
                self._move(told["to"])
            case Event.DISCONNECTED | Event.CONNECTED:
                self._switch(event, at)
            case Event.DECIDED | Event.UNDONE | Event.UNLINKED if self.hasher is not None:
                self._decide(event, told, at)

    def _erase(self, hashes: list[str], at: datetime) -> None:
        keep_hashes_out(self.connection, self.store, hashes, at)
        self.erased |= set(hashes) & self.people.keys()
        self.done.erasures += 1

    def _let_in(self, hashes: list[str]) -> None:
        for one in hashes:
            binds = {"store": self.store, "person_hash": one}
            self.connection.execute(statement("privacy/kept_out/delete_hash"), binds)
        self.erased -= set(hashes)
        self.done.let_in += 1

    def _end_token(self, name: str, told: Mapping[str, Any]) -> None:
        ended = self.connection.execute(statement(name), {"store": self.store, **told})
        self.done.revoked += ended.rowcount

    def _move(self, platform: str) -> None:
        if (hasher := self.hasher) is not None:
            # The bare id of a member of the backup is somebody else's on another platform; one that
            # has, or is hashed with, the platform's name is not.
            is_back = hasher.platform is not None and hasher.platform.name == platform
            self.people = {
                one: (kind, value)
                for one, (kind, value) in self.everybody.items()
                if is_back
                or kind != MEMBER
                or " " in str(value)
                or one != hasher.bare_hash(kind, value)
            }
        self.done.moved[self.store] = platform

    def _switch(self, event: Event, at: datetime) -> None:
        if event is Event.CONNECTED:
            forget_state(self.connection, self.store, StateKey.DISCONNECTED)
        else:
            state = json.dumps({"at_utc": utc_text(at), "by": BEFORE})
            keep_state(self.connection, self.store, StateKey.DISCONNECTED, state, at)
        self.done.switched += 1

    def _decide(self, event: Event, told: Mapping[str, Any], at: datetime) -> None:
        ids = {known: str(value) for known, (_, value) in self.people.items()}
        self.done.about_nobody += decide_again(self.connection, self.store, event, told, ids, at)
        self.done.decided += 1


def _whose(
    connection: Connection, store: str, entries: Iterable[Entry], hasher: KeptOut
) -> Mapping[str, tuple[str, Any]]:
    """Whose the hashes of the entries are, of everybody whom the database holds."""
    wanted = {one for entry in entries for one in _hashes(json.loads(entry.content))}
    return {
        hashed: (kind, value)
        for kind, value in iter_values(connection, store)
        for hashed in hasher.every_hash(kind, value)
        if hashed in wanted
    }


def _hashes(told: Mapping[str, Any]) -> Iterable[str]:
    yield from told.get("hashes", ())
    yield from (one for about in told.get("about", ()) for one in about[1:] if one)
    if "customer" in told:
        yield told["customer"]


def _erase_again(
    connection: Connection,
    store: str,
    erased: Mapping[str, tuple[str, Any]],
    now: datetime,
    by: str,
) -> None:
    """Erase what the backup holds of people who were erased after it was made."""
    if not erased:
        return
    of_kind: dict[str, set[Any]] = {EMAIL: set(), CUSTOMER: set(), MEMBER: set()}
    for kind, value in erased.values():
        of_kind[kind].add(value)
    customers, members = {int(one) for one in of_kind[CUSTOMER]}, of_kind[MEMBER]
    # Whoever else has the address in the backup is read anew without it.
    also_customers, also_members = holders_of(connection, store, of_kind[EMAIL])
    keys, customers, members = of_kind[EMAIL], customers | also_customers, members | also_members
    person = gather(connection, store, keys, customers, members)
    _park_awards(connection, store, person, now, by)
    removed = remove_reports(store, person)
    forget_reports(connection, store, removed, list_reports(store))
    erase_rows(connection, store, person, now)


def _park_awards(
    connection: Connection, store: str, person: Person, now: datetime, by: str
) -> None:
    """No award of theirs is sent: it came to its end before the person could be erased."""
    for award_id in person.waiting_awards:
        binds = {"store": store, "award_id": award_id, "detail": ERASED_BEFORE}
        connection.execute(statement("restore/park_award"), {**binds, "now_utc": utc_text(now)})
        state = AwardState.UNKNOWN
        add_event(connection, store, award_id, state, now, actor=by, detail=ERASED_BEFORE)


def _mark(engine: Engine, place: Folder, found: Found, now: datetime) -> None:
    """Have the journal go on from here, also where a part of it is missing."""
    for number in found.unreadable:
        remove(place / f"{number:012d}.json")
    with engine.begin() as connection:
        journal: Journal | None = find_journal(connection)
    if journal is not None:
        write_mark(place, Mark(begun=journal.begun, at=now, last=journal.last_kept))
