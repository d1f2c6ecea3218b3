"""A file of awards by the standard input, as when it is on another machine than the command."""

from __future__ import annotations

from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from loyalty_desk.awards import csv_import
from loyalty_desk.awards.csv_import import AwardFileError, read_file

ROWS = "member_id,amount,reason\n7,50,gesture\n"


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))


def test_a_dash_is_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, ROWS.encode())

    assert read_file(Path("-")).text == ROWS


def test_it_is_bounded_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_import, "MOST_BYTES", 10)
    give(monkeypatch, ROWS.encode())

    with pytest.raises(AwardFileError, match="the standard input is larger than 10 bytes"):
        read_file(Path("-"))
