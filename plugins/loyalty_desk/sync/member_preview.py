"""What a sync would do with a member file: read as a sync reads it, and nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine

from loyalty_desk.card.keys import TOLD
from loyalty_desk.errors import BrakeError, MemberFileError
from loyalty_desk.platforms.base import MemberPage
from loyalty_desk.records import Rejected
from loyalty_desk.settings.currencies import money_digits
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import iter_different_members
from loyalty_desk.staging.kept_out import KeptOut, strip_batch
from loyalty_desk.staging.row_types import MemberRow
from loyalty_desk.staging.set_aside import find_faults
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync.brake import check_balances
from loyalty_desk.sync.member_columns import read_columns
from loyalty_desk.sync.member_files import Content, MemberFile
from loyalty_desk.sync.member_folder import Dropped, LeftError
from loyalty_desk.sync.members import compare_balances
from loyalty_desk.sync.reads import check_unseen

SHOWN: Final = 20
"""Members and rows of each kind that are named."""
COMPARED: Final = ("email", "status", "phone", "external_id", "tier_rank")


@dataclass(slots=True)
class MemberPreview:
    """What would become of the rows; the sums add up to `rows`.

    `gone` are those who are not in a file of everybody; None where a file holds changes, or a row
    does not say whose it is. Names hold ids, fields and reasons, and nothing else of anybody.
    """

    name: str
    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    repeated: int = 0
    kept_out: int = 0
    gone: int | None = None
    new_ids: list[str] = field(default_factory=list)
    changes: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    gone_ids: list[str] = field(default_factory=list)
    bad: list[Rejected] = field(default_factory=list)
    changed_fields: Counter[str] = field(default_factory=Counter)
    stops: list[str] = field(default_factory=list)
    """Why a sync would stop, and take nothing over."""

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.same + self.rejected + self.repeated + self.kept_out


def preview_file(engine: Engine, store: StoreSettings, path: Any, now: datetime) -> MemberPreview:
    """Read a file as the next sync would, by the columns and brakes of the store.

    Raises:
        MemberFileError: it cannot be read, or is not what the columns say.
        MemberFolderError: its storage does not answer.
    """
    settings = store.member_files
    everybody = settings.holds == "everybody"
    try:
        file = MemberFile(
            store.name,
            Dropped.of(path),
            read_columns(settings.columns),
            holds_everybody=everybody,
            money_digits=money_digits(store.currency),
        )
        with file.opened() as content:
            return _look_through(engine, store, file.name, content, now, everybody=everybody)
    except FileNotFoundError:
        raise MemberFileError(f"there is no {path}") from None
    except LeftError as error:
        raise MemberFileError(f"{path.name} {error}") from None


def _look_through(
    engine: Engine,
    store: StoreSettings,
    name: str,
    content: Content,
    now: datetime,
    *,
    everybody: bool,
) -> MemberPreview:
    found, seen, unnamed = MemberPreview(name), set[str](), 0
    try:
        check_balances(store.brake, name, compare_balances(engine, store.name, content))
    except BrakeError as error:
        found.stops.append(str(error))
    with reading(engine) as connection:
        for page in content.iter_pages():
            unnamed += sum(one.record_id is None for one in page.rejected)
            _compare(connection, store.name, page, found, seen, now)
        if everybody and not unnamed:
            _find_gone(connection, store, found, seen)
    fetched = found.rows - found.repeated
    if limit := store.extract.limit_exceeded(found.rejected, fetched):
        found.stops.append(f"{found.rejected} of {fetched} rows cannot be used, more than {limit}")
    return found


def _compare(
    connection: Connection,
    store: str,
    page: MemberPage,
    found: MemberPreview,
    seen: set[str],
    now: datetime,
) -> None:
    """Count a page beside what is known. Of an id the first row counts, as in a sync."""
    latest = {}
    for member in page.members:
        if member.member_id in seen:
            found.repeated += 1
            continue
        seen.add(member.member_id)
        latest[member.member_id] = member
    concerned, stripped = strip_batch(connection, store, latest, KeptOut.strip_member)
    found.kept_out += len(concerned - stripped)
    faults = find_faults(latest)
    for member_id in faults:
        del latest[member_id]
    bad = [*page.rejected, *faults.values()]
    seen.update(one.record_id for one in page.rejected if one.record_id)
    found.rejected += len(bad)
    found.bad.extend(bad[: SHOWN - len(found.bad)])
    found.same += len(latest)
    for old, row in iter_different_members(connection, store, latest, now):
        found.same -= 1
        if old is None or old.gone_at_utc is not None:
            found.new += 1
            found.new_ids.extend([row.member_id] * (found.new <= SHOWN))
            continue
        fields = _fields(old, row)
        found.changed += 1
        found.changed_fields.update(fields)
        found.changes.extend([(row.member_id, fields)] * (found.changed <= SHOWN))


def _fields(old: MemberRow, new: MemberRow) -> list[str]:
    """Which fields of a member differ; never what they hold."""
    columns = [name for name in COMPARED if getattr(old, name) != getattr(new, name)]
    before, after = orjson.loads(old.card), orjson.loads(new.card)
    told = [key.name for key in TOLD]  # what is made of them differs with them
    return columns + [name for name in told if before.get(name) != after.get(name)]


def _find_gone(
    connection: Connection, store: StoreSettings, found: MemberPreview, seen: set[str]
) -> None:
    known, gone = 0, 0
    binds = {"store": store.name}
    for member_id in connection.execute(statement("extract/select_live_members"), binds).scalars():
        known += 1
        if member_id not in seen:
            gone += 1
            found.gone_ids.extend([member_id] * (gone <= SHOWN))
    found.gone = gone
    try:
        check_unseen(store.brake, "members", known, gone, is_of_people=True)
    except BrakeError as error:
        found.stops.append(str(error))
