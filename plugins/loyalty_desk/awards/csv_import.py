"""Awards from a CSV file: all rows are checked first, and a row is queued once.

A row without an `idempotency_key` gets one of its content and of how many rows before it in the
file are the same. So a file may be mended and imported again: what was queued before is not queued
again. Who means the same award once more gives it a key.
"""

from __future__ import annotations

import csv
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine

from loyalty_desk.awards.balances import Balance, may_fall_below_zero
from loyalty_desk.awards.csv_rows import ColumnsError, RowError, iter_rows
from loyalty_desk.awards.file_rows import BadRow, Recipient, RowFate
from loyalty_desk.awards.in_turn import Answer, InTurn
from loyalty_desk.awards.policy import to_parts
from loyalty_desk.awards.queue import AwardKeyError, AwardLimitError, Door, enter_gate
from loyalty_desk.awards.requests import (
    FIELDS,
    AwardFieldsError,
    AwardRequest,
    agent_key,
    read_request,
)
from loyalty_desk.awards.seen import NotAsSeenError, seal
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.errors import LoyaltyDeskError, StorageError
from loyalty_desk.folders import Folder
from loyalty_desk.folders import reading as reading_file
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading

MOST_BYTES = 5_000_000
MOST_ROWS_ON_DESK: Final = 10_000
"""Of one file: a person waits for the answer."""
_OWN_DOORS: Final = frozenset({Door.DESK, Door.BATCH})
_NEVER_BOOKED: Final = frozenset({AwardState.REFUSED, AwardState.REJECTED})


class AwardFileError(LoyaltyDeskError):
    """The file as a whole cannot be read."""


class OtherFileError(NotAsSeenError):
    """The file would do something else than was looked at: what `done` has. Nothing is queued."""

    def __init__(self, done: Import) -> None:
        self.done = done
        super().__init__("the file would do something else by now than when you looked; look again")


@dataclass(frozen=True, slots=True)
class AwardFile:
    """A file of awards, read. `door` is how it came in."""

    name: str
    text: str
    door: Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A good row. `is_new` unless it was queued before; `state` is the award's.

    `has_key`: of its own. `recipient`: whom it is for, where staging knows one member. `balance`:
    where a new row leads to that is to be awarded, with the rows above it, if that can be told.
    """

    number: int
    request: AwardRequest
    is_new: bool
    state: AwardState
    has_key: bool
    fate: RowFate
    recipient: Recipient | None
    balance: Balance | None

    @property
    def waits(self) -> bool:
        """Whether another person has to approve it."""
        return self.is_new and self.state is AwardState.NEEDS_APPROVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did. `bad` has the rows that stop it, by line; with any, `lines` may be none.

    `notices` has what a person should look at, by line; it stops nothing. `batch_id` is of the new
    rows, if there are any: they are followed and taken back together.
    """

    lines: list[Line]
    bad: Mapping[int, BadRow]
    notices: dict[int, str]
    batch_id: str

    @property
    def bad_lines(self) -> dict[int, str]:
        return {number: row.why for number, row in self.bad.items()}

    @property
    def queued(self) -> int:
        return sum(line.is_new for line in self.lines)

    @property
    def queued_before(self) -> int:
        return len(self.lines) - self.queued

    @property
    def counts(self) -> Mapping[RowFate, int]:
        """Rows by fate, each that a row has, in the order of `RowFate`."""
        found = Counter(
            [line.fate for line in self.lines] + [row.fate for row in self.bad.values()]
        )
        return {fate: found[fate] for fate in RowFate if found[fate]}

    def of(self, fate: RowFate) -> list[Line]:
        return [line for line in self.lines if line.fate is fate]

    def parts(self, *, new: bool) -> Counter[Unit]:
        """What the file adds, or what of it was queued before and is booked or may yet be."""
        found = Counter[Unit]()
        for line in self.lines:
            if line.is_new == new and line.state not in _NEVER_BOOKED:
                found[line.request.unit] += to_parts(line.request.amount, line.request.unit)
        return found

    @property
    def seen(self) -> str:
        """The same exactly while it queues the same for the same members, to be approved alike."""
        return seal(
            [
                [
                    *(line.number, line.fate, line.request.content_hash(), line.waits),
                    line.recipient and line.recipient.member_id,
                ]
                for line in self.lines
                if line.is_new
            ]
        )


def import_awards(  # noqa: PLR0913 - what the ways in differ by
    engine: Engine,
    store: StoreSettings,
    file: AwardFile,
    now: datetime,
    *,
    agent: str,
    queued_by: str | None = None,
    skip_bad: bool = False,
    preview: bool = False,
    seen: str | None = None,
) -> Import:
    """Queue the file's awards, all or, with `skip_bad`, the good ones.

    `agent` is who awards where the file does not say, `queued_by` who ran the command. A `preview`
    finds out the same and queues nothing; `seen` is that of when a person looked.

    Raises:
        AwardFileError: the file's columns are not ours, or it is no CSV.
        OtherFileError: it would queue something else than was `seen`.
    """
    bad: dict[int, BadRow] = {}
    rows = list(_iter_requests(file, store, agent, bad))  # before anybody has to wait
    if preview:
        with reading(engine) as connection:
            return _judge(connection, store, file.door, rows, bad, now)[0]
    with engine.begin() as connection:
        enter_gate(connection, store.name, now)
        done, in_turn = _judge(connection, store, file.door, rows, bad, now)
        # Sent twice, the same form finds nothing left to queue: that is no surprise.
        if seen is not None and seen != done.seen and (bad or done.queued):
            raise OtherFileError(done)
        if bad and not skip_bad:
            return replace(done, lines=[])
        in_turn.queue(connection, queued_by=queued_by, batch_id=done.batch_id)
    return done


_Row = tuple[int, AwardRequest, bool]
"""The line, what it asks for, and whether it has a key of its own."""
_FATES: Final[Mapping[type[LoyaltyDeskError], RowFate]] = {
    AwardKeyError: RowFate.WRONG,
    AwardLimitError: RowFate.OVER_LIMIT,
    SharedAwardError: RowFate.UNCLEAR,
}


def _judge(
    connection: Connection,
    store: StoreSettings,
    door: Door,
    rows: Sequence[_Row],
    bad: dict[int, BadRow],
    now: datetime,
) -> tuple[Import, InTurn]:
    """What becomes of each row, one after the other. Notes the bad rows in `bad`."""
    in_turn = InTurn(connection, store, [request for _, request, _ in rows], now, door=door)
    lines = []
    for number, request, has_key in rows:
        try:
            answer = in_turn.ask(request)
        except (AwardKeyError, AwardLimitError, SharedAwardError) as error:
            bad[number] = BadRow(fate=_FATES[type(error)], why=str(error))
        else:
            lines.append(_line(number, request, answer, has_key=has_key))
    notices = _find_notices(lines, store.awards)
    done = Import(lines=lines, bad=bad, notices=notices, batch_id=uuid.uuid4().hex)
    return done, in_turn


def _line(number: int, request: AwardRequest, answer: Answer, *, has_key: bool) -> Line:
    fate = answer.whom.fate if answer.queued.is_new else RowFate.ALREADY
    return Line(
        number=number,
        request=request,
        is_new=answer.queued.is_new,
        state=answer.queued.state,
        has_key=has_key,
        fate=fate,
        recipient=answer.whom.recipient,
        balance=answer.balance if fate is RowFate.AWARD else None,
    )


def _iter_requests(
    file: AwardFile, store: StoreSettings, agent: str, bad: dict[int, BadRow]
) -> Iterator[_Row]:
    """Yield the good rows. Notes the bad ones in `bad`."""
    seen: Counter[str] = Counter()
    is_own = file.door in _OWN_DOORS
    try:
        for count, (line, fields) in enumerate(iter_rows(file.text, FIELDS), 1):
            if is_own and count > MOST_ROWS_ON_DESK:
                raise AwardFileError(
                    f"{file.name} has more than {MOST_ROWS_ON_DESK:,} rows; split it"
                )
            if isinstance(fields, RowError):
                bad[line] = BadRow(fate=RowFate.WRONG, why=str(fields))
                continue
            if is_own and agent_key(fields.get("agent", agent)) != agent_key(agent):
                why = "agent: leave it out; whoever sends the file awards"
                bad[line] = BadRow(fate=RowFate.WRONG, why=why)
                continue
            fields.setdefault("agent", agent)
            try:
                request = read_request(fields, store.awards, award_units(store))
            except AwardFieldsError as error:
                bad[line] = BadRow(fate=RowFate.WRONG, why=str(error))
                continue
            has_key = request.idempotency_key is not None
            if not has_key:
                # Not of the agent: two people who import one file must not award twice.
                content = replace(request, agent="").content_hash()
                seen[content] += 1
                request = replace(request, idempotency_key=f"file:{content}:{seen[content]}")
            yield line, request, has_key
    except ColumnsError:
        raise AwardFileError(
            f"{file.name} must begin with column names, each once, out of {', '.join(FIELDS)}"
        ) from None
    except csv.Error as error:
        raise AwardFileError(f"{file.name}, {error}") from None


def _find_notices(lines: Sequence[Line], settings: AwardSettings) -> dict[int, str]:
    """What a person should look at before it is queued, by line."""
    notices: dict[int, str] = {}
    first: dict[tuple[Any, ...], int] = {}
    for line in lines:
        request = line.request
        same = (request.email, request.member_id, request.unit, request.amount, request.ticket_id)
        told = []
        if not line.has_key and first.setdefault(same, line.number) != line.number and line.is_new:
            told.append(
                f"awards the same to the same person as line {first[same]}; "
                "take it out unless both are meant"
            )
        warns = settings.points_below_zero == "warn" and may_fall_below_zero(line.balance, request)
        if warns and line.balance is not None:
            told.append(line.balance.as_text())
        if told:
            notices[line.number] = "; ".join(told)
    return notices


def read_file(path: Folder) -> AwardFile:
    """Read a file of awards, `-` for the standard input.

    Raises:
        AwardFileError: there is no such file, or it is not one of awards.
        StorageError: the object store does not answer.
    """
    if str(path) == "-":
        return read_content("the standard input", sys.stdin.buffer.read(MOST_BYTES + 1), Door.FILE)
    try:
        with reading_file(path) as file:
            return read_content(path.name, file.read(MOST_BYTES + 1), Door.FILE)
    except OSError as error:
        raise AwardFileError(f"cannot read {path.name}: {error.strerror}") from None
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise AwardFileError(f"there is no {path}") from None
        raise


def read_content(name: str, content: bytes, door: Door) -> AwardFile:
    """The same of a file that came another way; raises AwardFileError."""
    if len(content) > MOST_BYTES:
        raise AwardFileError(f"{name} is larger than {MOST_BYTES} bytes; split it")
    try:
        return AwardFile(name, content.decode("utf-8-sig"), door)
    except UnicodeDecodeError:
        raise AwardFileError(f"{name} is not UTF-8; save it as CSV UTF-8") from None
