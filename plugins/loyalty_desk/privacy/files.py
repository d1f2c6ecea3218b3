"""What erasing a person does to files: reports and Data Docs that name the person go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Final

from loyalty_desk.card.emails import masked_name
from loyalty_desk.errors import StorageError
from loyalty_desk.folders import Folder, answering, files_below, reading, remove
from loyalty_desk.in_time import NoAnswerError
from loyalty_desk.privacy.person import Person

LARGE: Final = 1 << 24
MOST_NAMED: Final = 5
_OVERLAP: Final = 1 << 10


def pattern(person: Person) -> re.Pattern[bytes]:
    """Matches whatever names the person, as a whole word.

    Reports mask an id that is an address, and their workbook has a name beside it: whoever is
    masked alike is taken for the person, so that no report of theirs stays.
    """
    ids = {*person.written_ids, *map(str, person.ticket_ids)}
    ids |= {masked_name(one) for one in ids}
    texts = {*ids, *person.email_keys, *person.texts}
    found = {spelled for text in texts for spelled in (text, escape(text))}
    longest_first = sorted(map(re.escape, (text.encode() for text in found)), key=len, reverse=True)
    return re.compile(rb"(?<![\w.])(?:" + b"|".join(longest_first) + rb")(?!\w)", re.IGNORECASE)


def remove_files(folders: Iterable[Folder], named: re.Pattern[bytes]) -> list[Folder]:
    """Remove each folder, or file beside folders, in which the person is named; returns them.

    Raises:
        StorageError: some cannot be removed, which it names, and all others are; or a file cannot
            be read, or a disk or object store does not answer.
    """
    removed, stay = [], list[StorageError]()
    for folder in folders:
        with answering(folder):
            for entry in find_entries(folder, named):
                try:
                    remove(folder / entry)
                except NoAnswerError:
                    raise
                except StorageError as error:
                    stay.append(error)
                else:
                    removed.append(folder / entry)
    if stay:
        more = [f"and {len(stay) - MOST_NAMED} more"] if len(stay) > MOST_NAMED else []
        raise StorageError("; ".join([*map(str, stay[:MOST_NAMED]), *more]))
    return removed


def find_entries(folder: Folder, named: re.Pattern[bytes]) -> list[str]:
    """The folders, and files beside folders, in which the person is named.

    Raises:
        StorageError: the object store does not answer.
    """
    entries = groupby(files_below(folder), key=lambda name: name.partition("/")[0])
    return [
        entry
        for entry, names in entries
        if any(_names_person(folder / name, named) for name in names if _can_be_searched(name))
    ]


def _names_person(path: Folder, named: re.Pattern[bytes]) -> bool:
    """Whether a file names the person; read in parts, as a file may be large."""
    with reading(path) as file:
        before = b""
        while part := file.read(LARGE):
            if named.search(before + part):
                return True
            before = part[-_OVERLAP:]
    return False


def _can_be_searched(name: str) -> bool:
    """Whether it can; a report's spreadsheet is packed, and its ids are in the CSV."""
    return not ("/" in name and name.endswith(".xlsx"))
