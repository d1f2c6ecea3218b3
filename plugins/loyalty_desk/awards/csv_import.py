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
from loyalty_desk.awards.requests import FIELDS, AwardFieldsError, AwardRequest, read_request
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.settings import StoreSettings

MOST_BYTES = 5_000_000
LINE_BREAK = re.compile(r"\r\n|\r|\n")


class AwardFileError(LoyaltyDeskError):
    """The file as a whole cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did. `bad_lines` has a reason by line; with any, `queued` may be none."""

    queued: int
    queued_before: int
    bad_lines: dict[int, str]


def import_awards(
    engine: Engine,
    store: StoreSettings,
    path: Path,
    now: datetime,
    *,
    agent: str,
    skip_bad: bool = False,
) -> Import:
    """Queue the file's awards, all or, with `skip_bad`, the good ones.

    `agent` is who awards where the file does not say.

    Raises:
        AwardFileError: the file cannot be read, or its columns are not ours.
    """
    bad: dict[int, str] = {}
    queued = before = 0
    with engine.connect() as connection, connection.begin() as transaction:
        for line, request in _iter_requests(path, store, agent, bad):
            try:
                result = queue_award(connection, store, request, now, door=Door.FILE)
            except (AwardKeyError, AwardLimitError) as error:
                bad[line] = str(error)
                continue
            queued += result.is_new
            before += not result.is_new
        if bad and not skip_bad:
            transaction.rollback()
            return Import(queued=0, queued_before=0, bad_lines=bad)
    return Import(queued=queued, queued_before=before, bad_lines=bad)


def _iter_requests(
    path: Path, store: StoreSettings, agent: str, bad: dict[int, str]
) -> Iterator[tuple[int, AwardRequest]]:
    """Yield line and request of the good rows; notes the bad ones in `bad`."""
    reader = csv.DictReader(io.StringIO(_read(path), newline=""), strict=True)
    lines = reader.reader  # the DictReader's own `line_num` does not count a line that is no CSV
    seen: Counter[str] = Counter()
    try:
        names = reader.fieldnames or ()
        if not names or not set(names) <= set(FIELDS) or len(set(names)) < len(names):
            raise AwardFileError(
                f"{path.name} must begin with column names, each once, out of {', '.join(FIELDS)}"
            )
        for row in reader:
            line = _first_line(row, lines.line_num)
            fields = {name: value for name, value in row.items() if value}
            if None in row:
                bad[line] = "has more cells than the first line"
                continue
            fields.setdefault("agent", agent)
            try:
                request = read_request(fields, store.awards)
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
        raise AwardFileError(f"{path.name}, line {lines.line_num}: {error}") from None


def _first_line(row: Mapping[Any, Any], last_line: int) -> int:
    """The line on which a row begins; a quoted cell may have line breaks in it."""
    cells = (cell for value in row.values() for cell in (value if type(value) is list else [value]))
    return last_line - sum(len(LINE_BREAK.findall(cell or "")) for cell in cells)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise AwardFileError(f"{path.name} is larger than {MOST_BYTES} bytes; split it")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise AwardFileError(f"cannot read {path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AwardFileError(f"{path.name} is not UTF-8; save it as CSV UTF-8") from None
