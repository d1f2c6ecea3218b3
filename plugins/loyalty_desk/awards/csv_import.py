"""Awards from a CSV file: all rows are checked first, and a row is queued once.

A row without an `idempotency_key` gets one of its content and of how many rows before it in the
file are the same. So a file may be mended and imported again: what was queued before is not queued
again. Who means the same award once more gives it a key.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.awards.queue import AwardKeyError, AwardLimitError, Door, queue_award
from loyalty_desk.awards.requests import (
    FIELDS,
    AwardFieldsError,
    AwardRequest,
    agent_key,
    read_request,
)
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings

MOST_BYTES = 5_000_000
LINE_BREAK = re.compile(r"\r\n|\r|\n")


class AwardFileError(LoyaltyDeskError):
    """The file as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class AwardFile:
    """A file of awards, read. `door` is how it came in."""

    name: str
    text: str
    door: Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A good row. `is_new` unless it was queued before; `state` is the award's."""

    number: int
    request: AwardRequest
    is_new: bool
    state: AwardState


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did. `bad_lines` has a reason by line; with any, `lines` may be none."""

    lines: list[Line]
    bad_lines: dict[int, str]

    @property
    def queued(self) -> int:
        return sum(line.is_new for line in self.lines)

    @property
    def queued_before(self) -> int:
        return len(self.lines) - self.queued


def import_awards(
    engine: Engine,
    store: StoreSettings,
    file: AwardFile,
    now: datetime,
    *,
    agent: str,
    skip_bad: bool = False,
    preview: bool = False,
) -> Import:
    """Queue the file's awards, all or, with `skip_bad`, the good ones.

    `agent` is who awards where the file does not say. A `preview` finds out the same and queues
    nothing.

    Raises:
        AwardFileError: the file's columns are not ours, or it is no CSV.
    """
    bad: dict[int, str] = {}
    lines = []
    with engine.connect() as connection, connection.begin() as transaction:
        for number, request in _iter_requests(file, store, agent, bad):
            try:
                queued = queue_award(connection, store, request, now, door=file.door)
            except (AwardKeyError, AwardLimitError, SharedAwardError) as error:
                bad[number] = str(error)
                continue
            line = Line(number=number, request=request, is_new=queued.is_new, state=queued.state)
            lines.append(line)
        refused = bool(bad) and not skip_bad
        if preview or refused:
            transaction.rollback()
    return Import(lines=[] if refused and not preview else lines, bad_lines=bad)


def _iter_requests(
    file: AwardFile, store: StoreSettings, agent: str, bad: dict[int, str]
) -> Iterator[tuple[int, AwardRequest]]:
    """Yield line and request of the good rows; notes the bad ones in `bad`."""
    reader = csv.DictReader(io.StringIO(file.text, newline=""), strict=True)
    lines = reader.reader  # the DictReader's own `line_num` does not count a line that is no CSV
    seen: Counter[str] = Counter()
    try:
        names = reader.fieldnames or ()
        if not names or not set(names) <= set(FIELDS) or len(set(names)) < len(names):
            raise AwardFileError(
                f"{file.name} must begin with column names, each once, out of {', '.join(FIELDS)}"
            )
        for row in reader:
            line = _first_line(row, lines.line_num)
            fields = {name: value for name, value in row.items() if value}
            if None in row:
                bad[line] = "has more cells than the first line"
                continue
            if file.door is Door.DESK and agent_key(fields.get("agent", agent)) != agent_key(agent):
                bad[line] = "agent: leave it out; whoever sends the file awards"
                continue
            fields.setdefault("agent", agent)
            try:
                request = read_request(fields, store.awards, award_units(store))
            except AwardFieldsError as error:
                bad[line] = str(error)
                continue
            if request.idempotency_key is None:
                # Not of the agent: two people who import one file must not award twice.
                content = replace(request, agent="").content_hash()
                seen[content] += 1
                request = replace(request, idempotency_key=f"file:{content}:{seen[content]}")
            yield line, request
    except csv.Error as error:
        raise AwardFileError(f"{file.name}, line {lines.line_num}: {error}") from None


def _first_line(row: Mapping[Any, Any], last_line: int) -> int:
    """The line on which a row begins; a quoted cell may have line breaks in it."""
    cells = (cell for value in row.values() for cell in (value if type(value) is list else [value]))
    return last_line - sum(len(LINE_BREAK.findall(cell or "")) for cell in cells)


def read_file(path: Path) -> AwardFile:
    """Read a file of awards; raises AwardFileError."""
    try:
        return read_content(path.name, path.read_bytes(), Door.FILE)
    except OSError as error:
        raise AwardFileError(f"cannot read {path.name}: {error.strerror}") from None


def read_content(name: str, content: bytes, door: Door) -> AwardFile:
    """The same of a file that came another way; raises AwardFileError."""
    if len(content) > MOST_BYTES:
        raise AwardFileError(f"{name} is larger than {MOST_BYTES} bytes; split it")
    try:
        return AwardFile(name, content.decode("utf-8-sig"), door)
    except UnicodeDecodeError:
        raise AwardFileError(f"{name} is not UTF-8; save it as CSV UTF-8") from None
