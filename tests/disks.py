"""Disks that are small, full or closed, and a user who may not write, where tests run as root."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """A file system in memory on `folder`, with options such as `size=1m`."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("nobody but root may mount a file system")
    try:
        yield folder
    finally:
        # At once or when the last file of it is closed: an error that is kept may hold one open.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def hanging(folder: Path) -> Iterator[Path]:
    """A disk on `folder` whose server never says a word, as one over a network may not: whoever
    asks it for anything waits, until the end of the block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        server = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("this machine has no file systems of programs")
    libc = ctypes.CDLL(None)
    options = f"fd={server},rootmode=40000,user_id={os.geteuid()},group_id={os.getegid()}"
    if libc.mount(b"none", bytes(folder), b"fuse", 0, options.encode()) != 0:
        os.close(server)
        pytest.skip("nobody but root may mount a file system")
    try:
        yield folder
    finally:
        os.close(server)  # whoever waits gets an error
        libc.umount2(bytes(folder), _LAZILY)


_LAZILY = 2


def fill(folder: Path) -> None:
    """Leave no room on the disk of a folder."""
    with (folder / "full").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return


@contextmanager
def without_rights() -> Iterator[None]:
    """As somebody whom files do not belong to; root is asked for no right."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)
