"""Files of the desk as answers, from a disk or an object store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from fastapi import Response
from fastapi.responses import FileResponse, StreamingResponse

from loyalty_desk.folders import Folder, ask, reading

PART: Final = 1 << 18
"""Bytes of a file in memory at once."""


def send_file(file: Folder, kind: str, headers: Mapping[str, str]) -> Response:
    """Answer with a file.

    Raises:
        StorageError: it cannot be read, or the object store does not answer; nothing was sent then.
    """
    if isinstance(file, Path):
        ask(file, lambda: file.open("rb").close())  # it is read when the answer has begun
        return FileResponse(file, media_type=kind, headers=headers)
    with ExitStack() as stack:
        content = stack.enter_context(reading(file))
        first = content.read(PART)
        parts = _parts(first, content, stack.pop_all())
    return StreamingResponse(parts, media_type=kind, headers=headers)


def _parts(first: bytes, content: IO[bytes], opened: ExitStack) -> Iterator[bytes]:
    with opened:
        part = first
        while part:
            yield part
            part = content.read(PART)
