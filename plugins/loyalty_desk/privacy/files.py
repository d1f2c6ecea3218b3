"""What erasing a person does to files: reports and Data Docs that name the person go."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

from loyalty_desk.privacy.person import Person

LARGE: Final = 1 << 24
_OVERLAP: Final = 1 << 10


def pattern(person: Person) -> re.Pattern[bytes]:
    """Matches whatever names the person, as a whole word."""
    ids: Iterable[object] = (*person.customer_ids, *person.member_ids, *person.ticket_ids)
    texts = {*map(str, ids), *person.email_keys, *person.texts}
    found = {spelled for text in texts for spelled in (text, escape(text))}
    longest_first = sorted(map(re.escape, (text.encode() for text in found)), key=len, reverse=True)
    return re.compile(rb"(?<![\w.])(?:" + b"|".join(longest_first) + rb")(?!\w)", re.IGNORECASE)


def remove_files(folders: Iterable[Path], named: re.Pattern[bytes]) -> list[Path]:
    """Remove each folder, or file beside folders, in which the person is named; returns them."""
    removed = []
    for folder in folders:
        for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
            if entry.is_file() and names_person(entry, named):
                entry.unlink()
            elif entry.is_dir() and any(names_person(one, named) for one in _files(entry)):
                shutil.rmtree(entry)
            else:
                continue
            removed.append(entry)
    return removed


def names_person(path: Path, named: re.Pattern[bytes]) -> bool:
    """Whether a file names the person; read in parts, as a file may be large."""
    with path.open("rb") as file:
        before = b""
        while part := file.read(LARGE):
            if named.search(before + part):
                return True
            before = part[-_OVERLAP:]
    return False


def _files(folder: Path) -> list[Path]:
    """The files that can be searched; a spreadsheet is packed, and says what the CSV says."""
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".xlsx"]
