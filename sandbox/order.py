"""Rows in the order of a time stamp, of which most never move."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from heapq import merge

import numpy as np
from numpy.typing import NDArray

Key = tuple[int, int]
FIRST_CHUNK = 256
LARGEST_CHUNK = 65_536


class TimeOrder:
    """Walks rows by (stamp, row), up or down, from any point. Stamps in microseconds.

    The generated stamps stay in two arrays; the rows that moved are in a sorted list beside them.
    """

    def __init__(self, stamps: NDArray[np.int64]) -> None:
        self._stamps = stamps
        self._rows = np.argsort(stamps, kind="stable").astype(np.int32)
        self._sorted = stamps[self._rows]
        self._unmoved = np.ones(len(stamps), dtype=np.bool_)
        self._moved: list[Key] = []
        self._moved_to: dict[int, int] = {}

    def stamp(self, row: int) -> int:
        """Return the stamp of a row."""
        moved = self._moved_to.get(row)
        return int(self._stamps[row]) if moved is None else moved

    def move(self, row: int, stamp: int) -> None:
        """Give a row, known or new, another stamp."""
        self.remove(row)
        self._moved_to[row] = stamp
        insort(self._moved, (stamp, row))

    def remove(self, row: int) -> None:
        """Take a row out of the order."""
        moved = self._moved_to.pop(row, None)
        if moved is not None:
            del self._moved[bisect_left(self._moved, (moved, row))]
        elif row < len(self._unmoved):
            self._unmoved[row] = False

    def walk(self, after: Key | None, down: bool) -> Iterator[Key]:  # noqa: FBT001 - a direction
        """Yield (stamp, row) beyond a key; from the start, or downwards from the end, for None."""
        base = self._walk_base_down(after) if down else self._walk_base_up(after)
        return merge(base, self._walk_moved(after, down), reverse=down)

    def _walk_moved(self, after: Key | None, down: bool) -> Iterator[Key]:  # noqa: FBT001
        if down:
            end = len(self._moved) if after is None else bisect_left(self._moved, after)
            return (self._moved[place] for place in range(end - 1, -1, -1))
        start = 0 if after is None else bisect_right(self._moved, after)
        return (self._moved[place] for place in range(start, len(self._moved)))

    def _walk_base_up(self, after: Key | None) -> Iterator[Key]:
        start = 0 if after is None else int(np.searchsorted(self._sorted, after[0], side="left"))
        size = FIRST_CHUNK
        while start < len(self._rows):
            for key in self._chunk(start, min(start + size, len(self._rows))):
                if after is None or key > after:
                    yield key
            start, size = start + size, min(size * 2, LARGEST_CHUNK)

    def _walk_base_down(self, after: Key | None) -> Iterator[Key]:
        end = len(self._rows)
        if after is not None:
            end = int(np.searchsorted(self._sorted, after[0], side="right"))
        size = FIRST_CHUNK
        while end > 0:
            for key in reversed(self._chunk(max(0, end - size), end)):
                if after is None or key < after:
                    yield key
            end, size = end - size, min(size * 2, LARGEST_CHUNK)

    def _chunk(self, start: int, end: int) -> list[Key]:
        rows = self._rows[start:end]
        here = self._unmoved[rows]
        stamps: list[int] = self._sorted[start:end][here].tolist()
        return list(zip(stamps, rows[here].tolist(), strict=True))
