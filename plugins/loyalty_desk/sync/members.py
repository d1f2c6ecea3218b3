"""Reads members into staging: from the platform's list, or from files and lookups without one."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Final

import orjson
from sqlalchemy import Engine

from loyalty_desk.card.emails import read_email
from loyalty_desk.clock import parse_utc, steady_s, utc_now, utc_text
from loyalty_desk.errors import ApiError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import MemberPage, Platform
from loyalty_desk.platforms.same_account import find_ours, has_one_of_ours
from loyalty_desk.records import Rejected
from loyalty_desk.staging import full_scans, intake, set_aside
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.run_lock import Run, renew_lock
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.staging.watermarks import find_watermark, save_watermark
from loyalty_desk.sync.brake import Balances, SameAccount, check_account, check_balances
from loyalty_desk.sync.member_files import Content, MemberFile, find_new_files
from loyalty_desk.sync.member_folder import LeftError, OpenFolder, shown_name
from loyalty_desk.sync.reads import (
    Read,
    ReadCounts,
    begin_scan,
    finish_scan,
    full_scan_is_due,
    next_watermark,
    start_read,
)

log = logging.getLogger(__name__)

BALANCES: Final = frozenset({"points_balance", "credits_balance"})
MOST_PAGES_COMPARED: Final = 50
"""Of a file, as a misread sign shows in any part of it."""
LOOKED_UP: Final = "member_lookups"
"""Names what is asked one by one among the sources of rejected rows."""
FILES_LEFT: Final = "member_files"
"""Names the files that were not read there."""
MOST_PAGES_HELD: Final = 40
"""Until it is known whose they are; beyond, few here are a customer of the store."""
MOST_LEFT_NAMED: Final = 200
WAIT_SLICE_S: Final = 10.0

TimedPage = tuple[datetime, MemberPage]
"""A page, and when it was asked for."""


def extract_members(run: Run, platform: Platform, open_folder: OpenFolder) -> ReadCounts:
    """Read the members that changed since the last run; all where the platform cannot tell, when
    asked, when what reads them was set otherwise, or once a while. One that lists none leaves them
    to files and lookups.
    """
    if not platform.capabilities.lists_members:
        return _read_member_files(run, open_folder)
    if run.store.member_files.folder:
        left = {"member_files.folder": "is not looked at: the platform lists its members"}
        _tell_left(left)
        _note_left(run, left)
    with run.engine.begin() as connection:
        watermark = find_watermark(connection, run.store.name, "members")
        read_by = find_state(connection, run.store.name, StateKey.READ_BY)
    full = not platform.capabilities.lists_changes or run.params.full_resync
    # A version that kept none has read everybody anew within a week.
    full = full or read_by not in {None, _read_by(run, platform)}
    if full or full_scan_is_due(run, watermark):
        return _scan_members(run, platform)
    assert watermark.since is not None  # noqa: S101 - a full scan always leaves one
    return _walk_members(run, platform, watermark.since)


def _scan_members(run: Run, platform: Platform) -> ReadCounts:
    read, store = start_read(run, "members"), run.store.name
    started = utc_now()
    pages = _timed(platform.iter_member_pages())
    _scan_pages(run, read, _of_the_same_account(run, platform, pages))
    with run.engine.begin() as connection:
        watermark = next_watermark(run, utc_text(started), started, full=True)
        save_watermark(connection, store, "members", watermark)
        keep_state(connection, store, StateKey.READ_BY, _read_by(run, platform), started)
    return read.counts


def _read_by(run: Run, platform: Platform) -> str:
    """What a member's row depends on besides the platform's answer."""
    return f"{platform.guessed} {run.store.currency or ''}".strip()


def _walk_members(run: Run, platform: Platform, since: str) -> ReadCounts:
    """Read what changed since the last run began, and a little before, as clocks differ."""
    read = start_read(run, "members")
    started = utc_now()
    oldest = parse_utc(since) - timedelta(minutes=run.store.extract.overlap_minutes)
    pages = _timed(platform.iter_member_pages(oldest))
    for asked_at, page in _of_the_same_account(run, platform, pages):
        _stage_member_page(read, page, asked_at, first_load=False, note_seen=False)
    read.check_share(whole=True)
    with run.engine.begin() as connection:
        watermark = next_watermark(run, utc_text(started), started)
        save_watermark(connection, run.store.name, "members", watermark)
    return read.counts


def _of_the_same_account(
    run: Run, platform: Platform, pages: Iterable[TimedPage]
) -> Iterator[TimedPage]:
    """The pages, held back until the first ones tell that they are not of another account.

    Ids there are others, or the same for somebody else: who was staged so would be shown, and would
    take the address from whose it is.
    """
    if run.params.release_brake:
        yield from pages
        return
    account, held = SameAccount(), list[TimedPage]()
    for asked_at, page in pages:
        held.append((asked_at, page))
        if not account.is_judged:
            _compare(run, account, page)
            if account.is_another:
                # Those who were read may be guests with a member's address, or be what some people,
                # whom somebody made anew, are now.
                account.is_same = has_one_of_ours(run.engine, run.store.name, platform)
            check_account(account)
        if account.is_judged or len(held) == MOST_PAGES_HELD:
            yield from held
            held.clear()
    yield from held


def _compare(run: Run, account: SameAccount, page: MemberPage) -> None:
    read = [(read_email(one.email)[0], one.member_id) for one in page.members]
    keys = sorted({key for key, _ in read if key is not None})
    with reading(run.engine) as connection:
        binds = {"store": run.store.name, "email_keys": keys}
        rows = connection.execute(statement("stage/members/select_ids_by_address"), binds)
        account.compare({row.email_key: row.member_id for row in rows}, read)


def _timed(pages: Iterable[MemberPage]) -> Iterator[TimedPage]:
    """Each page with when it was asked for."""
    iterator = iter(pages)
    while True:
        asked_at = utc_now()
        page = next(iterator, None)
        if page is None:
            return
        yield asked_at, page


def _stage_member_page(
    read: Read, page: MemberPage, asked_at: datetime, *, first_load: bool, note_seen: bool
) -> None:
    store = read.run.store.name
    fresh = [member for member in page.members if read.first_sight(member.member_id)]
    read.reject(page.rejected)
    with read.run.engine.begin() as connection:
        set_aside.note_rejected(connection, store, "member", page.rejected, asked_at)
        staged = intake.stage_members(connection, store, fresh, asked_at, first_load=first_load)
        if note_seen:
            seen = {m.member_id for m in fresh} - staged.unknown
            seen |= {r.record_id for r in page.rejected if r.record_id}
            full_scans.note_seen(connection, store, "members", seen)
    read.reject(staged.set_aside)
    read.page_done(staged)


def _scan_pages(
    run: Run, read: Read, pages: Iterable[TimedPage], *, by_people: bool = False
) -> None:
    """Stage pages of everybody: who is not among them has left.

    People who save a file with a spreadsheet may lose ids; whose they were has not left.
    """
    scan = begin_scan(run, "members")
    for asked_at, page in pages:
        _stage_member_page(read, page, asked_at, first_load=scan.is_first_load, note_seen=True)
    read.check_share(whole=True)
    unnamed = read.unnamed if by_people else 0
    gone = finish_scan(run, "members", scan, unnamed=unnamed, is_of_people=by_people)
    read.counts.gone = gone


def _read_member_files(run: Run, open_folder: OpenFolder) -> ReadCounts:
    """Read what was dropped as files since the last run; lookups follow (`look_members_up`)."""
    read = start_read(run, "members")
    found = find_new_files(run.engine, run.store, open_folder)
    _tell_left(found.left)
    _note_left(run, found.left)
    if found.files:
        _settle(run)
    for file in found.files:
        try:
            _read_member_file(run, read, file)
        except LeftError as error:
            found.left[file.name] = str(error)
            _tell_left({file.name: str(error)})
            _note_left(run, found.left)
    read.counts.files_left = len(found.left)
    return read.counts


def _settle(run: Run) -> None:
    """Let the time pass until the second look at each file, by a clock that nobody sets."""
    ends_s = steady_s() + run.store.member_files.settle_s
    while (left_s := ends_s - steady_s()) > 0:
        time.sleep(min(left_s, WAIT_SLICE_S))
        renew_lock(run)


def _read_member_file(run: Run, read: Read, file: MemberFile) -> None:
    read.seen.clear()  # in a newer file the same id is no repeat, but news
    with file.opened() as content:
        if not run.params.release_brake:
            found = compare_balances(run.engine, run.store.name, content)
            check_balances(run.store.brake, file.shown, found)
        if file.holds_everybody:
            _scan_pages(run, read, _timed(content.iter_pages()), by_people=True)
        else:
            for asked_at, page in _timed(content.iter_pages()):
                _stage_member_page(read, page, asked_at, first_load=False, note_seen=False)
        read.check_share(whole=True)
    file.keep_as_read(run.engine)
    log.info("members: %s is read", file.shown)


def _tell_left(left: Mapping[str, str]) -> None:
    for name, reason in islice(left.items(), MOST_LEFT_NAMED):
        log.warning("members: %s is not read: it %s", shown_name(name), reason)


def _note_left(run: Run, left: Mapping[str, str]) -> None:
    """Keep which files are not read, and why, among what the run rejected."""
    start_read(run, FILES_LEFT).reject(
        Rejected(source=FILES_LEFT, record_id=shown_name(name), field="file", reason=reason)
        for name, reason in islice(left.items(), MOST_LEFT_NAMED)
    )


def compare_balances(engine: Engine, store: str, content: Content) -> Balances:
    """The balances of a file beside those that are known, of its first rows."""
    found = Balances()
    for page in islice(content.iter_pages(), MOST_PAGES_COMPARED):
        told = {member.member_id: member.card for member in page.members}
        with reading(engine) as connection:
            for ids in chunks(list(told)):
                binds = {"store": store, "ids": ids}
                rows = connection.execute(statement("stage/members/select_members"), binds).all()
                for row in rows:
                    before, now = orjson.loads(row.card), told[row.member_id]
                    for key in BALANCES & before.keys() & now.keys():
                        found.compare(Decimal(before[key]), Decimal(now[key]))
    return found


def look_members_up(run: Run, platform: Platform) -> int:
    """Ask a platform without a list about customers with recent tickets, each once in some hours.

    Customers and tickets have to be staged. Returns how many were asked about.
    """
    read = start_read(run, LOOKED_UP)
    settings, now = run.store.member_lookups, utc_now()
    binds = {
        "store": run.store.name,
        "asked_before_utc": utc_text(now - timedelta(hours=settings.hours)),
        "lookups": settings.most_per_run,
    }
    with reading(run.engine) as connection:
        asked = connection.execute(statement("extract/select_customers_to_ask"), binds).all()
    for customer in asked:
        found = _look_up(read, platform, customer.member_id or customer.email_key)
        for member_id in _other_holders(run, customer.email_key, found):
            _look_up(read, platform, member_id)
        if customer.member_id and not _other_holders(run, customer.email_key, None):
            _look_up(read, platform, customer.email_key)  # the one who had it gave it up
        with run.engine.begin() as connection:
            connection.execute(
                statement("extract/note_asked"),
                {
                    "store": run.store.name,
                    "customer_id": customer.customer_id,
                    "now_utc": utc_text(now),
                },
            )
    read.check_share(whole=True)
    return len(asked)


def _look_up(read: Read, platform: Platform, identifier: str) -> str | None:
    """Stage the member with an id or address; returns its id, None when there is none to be read.

    A member whom the platform does not have any more, asked by id, is gone.
    """
    asked_at, run = utc_now(), read.run
    page = MemberPage(members=[], rejected=[])
    try:
        if run.params.release_brake:  # a person says that it is the right account
            found = platform.find_member(identifier)
        else:
            found = find_ours(run.engine, run.store.name, platform, identifier)
    except BadFieldError as error:
        bad = Rejected(source=LOOKED_UP, record_id=None, field=error.field, reason=error.reason)
        page = MemberPage(members=[], rejected=[bad])
    except ApiError as error:
        log.warning("a member is not looked up (%d)", error.status)
    else:
        if found is not None:
            page = MemberPage(members=[found], rejected=[])
        else:
            with run.engine.begin() as connection:
                intake.mark_member_gone(connection, run.store.name, identifier, asked_at)
    _stage_member_page(read, page, asked_at, first_load=False, note_seen=False)
    return page.members[0].member_id if page.members else None


def _other_holders(run: Run, email_key: str, found: str | None) -> list[str]:
    """Who has an address as far as is known, besides the one just found: it may have been given up
    since they were read.
    """
    binds = {"store": run.store.name, "email_key": email_key}
    with reading(run.engine) as connection:
        rows = connection.execute(statement("lookup/staged/select_members_by_email"), binds).all()
    return [row.member_id for row in rows if row.member_id != found]
