"""`make pictures`, as a whole, on a small sandbox, for one picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from scripts.services import caller_environment
from tests.chromium import REMEDY, find_chromium
from tests.pictures.listed import PICTURES
from tests.project import PROJECT_ROOT

pytestmark = pytest.mark.flow

LIMIT_S = 900.0
"""It takes a minute and a half where nothing else runs."""


def test_a_picture_is_taken_by_the_command(tmp_path: Path) -> None:
    if find_chromium() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(REMEDY)
    wanted = next(picture for picture in PICTURES if picture.name == "ticket")
    size = ("--members", "260", "--customers", "220")
    command = (sys.executable, "-m", "tests.pictures", "--only", wanted.name, *size)
    answer = subprocess.run(
        [*command, "--folder", str(tmp_path)],
        cwd=PROJECT_ROOT,
        env=caller_environment() | {"PYTHONPATH": f"plugins{os.pathsep}."},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert [file.name for file in tmp_path.iterdir()] == [f"{wanted.name}.png"]
    with Image.open(tmp_path / f"{wanted.name}.png") as image:
        assert image.width == wanted.width
