"""A store that moves to another platform keeps what people decided, and the history of awards.

All member ids are others there. Who is who is sure by one thing alone: an address that is valid,
and that exactly one member had on the old platform and exactly one has on the new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.queue import add_event, enter_gate
from loyalty_desk.card.emails import read_email
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import PlatformChangeError
from loyalty_desk.hooks.connections import loyalty_platform
from loyalty_desk.hooks.journal import try_to_keep_journal
from loyalty_desk.platforms.base import Platform
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.journal import Event, write_entry
from loyalty_desk.staging.platform_of import change_platform, find_platform_of
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, forget_state
from loyalty_desk.staging.turns import hold_store

PARTED: Final = (
    "platform_change/part_links",
    "platform_change/part_refused",
    "platform_change/part_ignored",
    "platform_change/part_decisions",
    "platform_change/part_awards",
    "platform_change/part_changes",
    "platform_change/part_card_writes",
    "platform_change/part_rejected",
    "platform_change/part_former",
)
KEPT: Final = ("platform_change/keep_addresses", "platform_change/keep_customers")
CARRIED: Final = (
    "platform_change/carry_links",
    "platform_change/carry_refused",
    "platform_change/carry_ignored",
    "platform_change/carry_decisions",
)
DROPPED: Final = (
    "platform_change/drop_links",
    "platform_change/drop_refused",
    "platform_change/drop_ignored",
)
FORGOTTEN: Final = (
    "platform_change/delete_members",
    "platform_change/delete_matches",
    "platform_change/delete_unmatched_members",
    "platform_change/delete_mismatches",
    "platform_change/delete_suggestions",
    "platform_change/delete_cards_to_show",
    "platform_change/delete_activities",
    "platform_change/delete_ledger_entries",
    "platform_change/delete_set_aside",
    "platform_change/delete_scan_seen",
    "platform_change/delete_touched",
    "platform_change/delete_member_lookups",
)
OF_THE_OLD: Final = (
    StateKey.LEDGER_SEEN,
    StateKey.LEDGER_READ,
    StateKey.MEMBER_FILES,
    StateKey.WEBHOOK,
)
READS_THAT_STAY: Final = ("customers", "tickets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the change does: `pairs` are old ids with their new ones, `lost` old ones with why not.

    `left` is who was linked to whom that is lost. `unsent` awards are rejected, `sent` ones become
    unknown: how many there were, or are.
    """

    old: str
    new: str
    pairs: Mapping[str, str]
    lost: Mapping[str, str]
    links: int
    left: Sequence[tuple[int, str]] = field(default=())
    unsent: int = 0
    sent: int = 0


def change(store_name: str, *, by: str, applies: bool) -> Change:
    """Read all members of the new platform and say what is carried over; with `applies` do it.

    Raises:
        PlatformChangeError: it is on that platform, or the platform lists no members, or awards are
            at the old one right now. StoreBusyError: a sync is at work. Nothing was changed.
    """
    store, engine = stores_file().get(store_name), staging_engine()
    with reading(engine) as connection:
        old = _find_old(connection, store)
    platform = loyalty_platform(store)
    if not platform.capabilities.lists_members:
        raise PlatformChangeError(
            f"{platform.title} lists no members to this account, so nobody can be told again by"
            " address: disconnect the store, and set it up under another name"
        )
    with hold_store(engine, store, "platform", waits=False):
        holders = _read_holders(platform)
        if not applies:
            with reading(engine) as connection:
                return look(connection, store, old, holders)
        with engine.begin() as connection:
            now = staging_now(connection)
            done = carry_over(connection, store, holders, by, now)
    try_to_keep_journal(engine)
    return done


def _find_old(connection: Connection, store: StoreSettings) -> str:
    """The platform that the store is to leave; raises PlatformChangeError where it has left it."""
    known = find_platform_of(connection, store.name)
    if known is None or known.name == store.platform:
        raise PlatformChangeError(
            f"store {store.name} is on {store.platform} already, as far as its syncs tell: write"
            " the new platform into the stores file, add its connection, and then run this"
        )
    return known.name


def carry_over(
    connection: Connection,
    store: StoreSettings,
    holders: Mapping[str, Sequence[str]],
    by: str,
    now: datetime,
) -> Change:
    """Do what `look` says, as one transaction.

    Raises:
        PlatformChangeError: awards are sent, or another one did this while members were read.
    """
    enter_gate(connection, store.name, now)
    old = _find_old(connection, store)
    _require_quiet(connection, store.name, now)
    found = look(connection, store, old, holders)
    _settle_awards(connection, store.name, found, by, now)
    _carry(connection, store.name, found, by, now)
    _forget(connection, store.name)
    change_platform(connection, store, now)
    write_entry(connection, store.name, Event.MOVED, {"to": store.platform}, now)
    return found


def _read_holders(platform: Platform) -> dict[str, list[str]]:
    """The member ids of the new platform by the valid address that they have."""
    holders = defaultdict[str, set[str]](set)
    for page in platform.iter_member_pages():
        for member in page.members:
            key = read_email(member.email)[0]
            if key is not None:
                holders[key].add(member.member_id)
    return {key: sorted(ids) for key, ids in holders.items()}


def look(
    connection: Connection, store: StoreSettings, old: str, holders: Mapping[str, Sequence[str]]
) -> Change:
    """What is carried over; `holders` are the new platform's ids by their valid address."""
    binds = {"store": store.name}
    used = connection.execute(statement("platform_change/select_ids_in_use"), binds).all()
    pairs, lost = tell_again([one for one in used if " " not in one.member_id], holders)
    links = connection.execute(statement("platform_change/select_links"), binds).all()
    waiting = connection.execute(statement("platform_change/count_waiting"), binds).one()
    return Change(
        old=old,
        new=store.platform,
        pairs=pairs,
        lost=lost,
        links=len(links),
        left=[(one.customer_id, one.member_id) for one in links if one.member_id not in pairs],
        unsent=waiting.unsent,
        sent=waiting.sent,
    )


def tell_again(
    used: Sequence[Row[Any]], holders: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """Who is surely who: old ids with their new ones, and the others with the reason."""
    pairs, lost = dict[str, str](), dict[str, str]()
    for one in used:
        there = holders.get(one.email_key, ())
        if one.email_key is None:
            lost[one.member_id] = "was gone, or had no valid address"
        elif one.holders > 1:
            lost[one.member_id] = "shared the address with another member"
        elif not there:
            lost[one.member_id] = "has no member with the address on the new platform"
        elif len(there) > 1:
            lost[one.member_id] = "has several members with the address on the new platform"
        else:
            pairs[one.member_id] = there[0]
    return pairs, lost


def _require_quiet(connection: Connection, store: str, now: datetime) -> None:
    binds = {"store": store, "now_utc": utc_text(now)}
    count = connection.execute(statement("platform_change/count_under_way"), binds).scalar_one()
    if count:
        raise PlatformChangeError(
            f"nothing was changed: {count} awards of store {store} are at the platform right now;"
            " run this again in a few minutes"
        )


def _settle_awards(
    connection: Connection, store: str, found: Change, by: str, now: datetime
) -> None:
    """Nothing that was meant for the old platform is ever booked on the new one."""
    ends = {
        "platform_change/reject_unsent": (
            AwardState.REJECTED,
            f"the store left {found.old} before it was booked; award anew on {found.new}",
        ),
        "platform_change/doubt_sent": (
            AwardState.UNKNOWN,
            f"was sent to {found.old}, which the store left: look there and settle it if booked",
        ),
    }
    for name, (state, detail) in ends.items():
        binds = {"store": store, "detail": detail, "now_utc": utc_text(now)}
        for row in connection.execute(statement(name), binds).all():
            add_event(connection, store, row.award_id, state, now, actor=by, detail=detail)
    shown = {"store": store, "now_utc": utc_text(now)}
    connection.execute(statement("platform_change/mark_shown"), shown)


def _carry(connection: Connection, store: str, found: Change, by: str, now: datetime) -> None:
    """Put the old platform's name before every id, then the new id where it is sure.

    Old and new ids may be the same numbers for others, so none may stay in between.
    """
    prefix = f"{found.old} "
    kept = {"store": store, "prefix": prefix, "now_utc": utc_text(now)}
    for name in KEPT:  # first, while links have the ids of then
        connection.execute(statement(name), kept)
    for name in PARTED:
        connection.execute(statement(name), {"store": store, "prefix": prefix})
    for old, new in found.pairs.items():
        binds = {"store": store, "old": prefix + old, "new": new}
        for name in CARRIED:
            connection.execute(statement(name), binds)
        dated = {**binds, "now_utc": utc_text(now)}
        connection.execute(statement("platform_change/keep_new_id"), dated)
        detail = f"member {old} of {found.old} is {new} of {found.new}"
        for row in connection.execute(statement("platform_change/carry_awards"), binds).all():
            state = AwardState(row.state)
            add_event(connection, store, row.award_id, state, now, actor=by, detail=detail)
    pattern = {"store": store, "pattern": f"{prefix}%"}
    for name in DROPPED:
        connection.execute(statement(name), pattern)
    ended = {**pattern, "actor": by, "now_utc": utc_text(now)}
    connection.execute(statement("platform_change/end_decisions"), ended)


def _forget(connection: Connection, store: str) -> None:
    """Have the next run read all members and match everybody; what was pushed stays known."""
    for name in FORGOTTEN:
        connection.execute(statement(name), {"store": store})
    kept = {"store": store, "kept": list(READS_THAT_STAY)}
    connection.execute(statement("platform_change/delete_watermarks"), kept)
    for key in OF_THE_OLD:
        forget_state(connection, store, key)


def lines(change: Change, *, applied: bool) -> Iterator[str]:
    """What a person reads: ids alone, no address."""
    yield f"from {change.old} to {change.new}{'' if applied else ' (nothing is changed yet)'}"
    carried = change.links - len(change.left)
    yield f"{carried} of {change.links} links are carried over"
    yield f"{len(change.pairs)} members whom something is kept of are told again by their address"
    for customer_id, member_id in change.left:
        yield f"link not carried: customer {customer_id}, member {member_id}"
    for member_id, why in change.lost.items():
        yield f"member {member_id} {why}: its awards stay under “{change.old} {member_id}”"
    if change.unsent:
        yield f"{change.unsent} awards that wait {'are' if applied else 'will be'} rejected"
    if change.sent:
        yield f"{change.sent} awards that were sent {'are' if applied else 'will be'} unknown"
    if applied:
        yield "the next sync reads all members; if its brake stops it, read the report and release"
