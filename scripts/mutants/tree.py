"""Copies of the project, so that no mutant ever stands in the tree that somebody works in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from scripts.mutants.lists import Mutant

_LEFT_OUT: Final = shutil.ignore_patterns(
    ".git", ".venv", "var", "dist", "__pycache__", ".*_cache", ".hypothesis", "*.png"
)
_LATER_S: Final = count(1)
"""Python takes byte-code for that of a source of the same second and length; no two are so."""


def copy_tree(root: Path, to: Path) -> Path:
    """Copy what tests need of the project; returns the copy."""
    shutil.copytree(root, to, ignore=_LEFT_OUT)
    return to


@contextmanager
def spoilt(tree: Path, mutant: Mutant | None) -> Iterator[None]:
    """The copy with a mutant in it, as long as the block lasts; without one, as it is."""
    if mutant is None:
        yield
        return
    path = tree / mutant.file
    source, stat = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(mutant.spoil(source), encoding="utf-8")
    os.utime(path, (stat.st_atime, stat.st_mtime + next(_LATER_S)))
    try:
        yield
    finally:
        path.write_text(source, encoding="utf-8")
        os.utime(path, (stat.st_atime, stat.st_mtime))
