"""`make up` as a newcomer meets it: as soon as promised, the printed ticket, and points added while
the first sync runs: at the real pace, so that it is still under way.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from scripts.airflow_api import AirflowApi
from scripts.processes import Program, Programs
from scripts.services import ADMIN, find_free_port

pytestmark = pytest.mark.soak

LIMIT_S = 180.0
POINTS = 25
SLOW = ("--members", "150", "--customers", "120", "--pace", "real")
PROMISED_S = 60 + 60
"""Until it is ready, and until the first sync is done, on a machine that does nothing else."""
BUSY = 2
SAID = re.compile(r"\[ *(\d+) s\] (.*)")
BUTTON = re.compile(r'<form[^>]*data-testid="http-button".*?</form>', re.S)
INPUT = re.compile(r'<input[^>]*name="([^"]+)" value="([^"]*)"(?: data-key="([^"]+)")?')


@dataclass(frozen=True, slots=True)
class Printed:
    """What `make up` told its user, and the process."""

    programs: Programs
    process: subprocess.Popen[str]
    ticket: str
    api: AirflowApi

    def page(self) -> str:
        return requests.get(self.ticket, timeout=20).text

    def press(self, **typed: str) -> str:
        """Fill in the first button's form and send it; returns the page that comes."""
        form = BUTTON.search(self.page())
        assert form is not None, "the printed ticket has no button"
        fields = {name: typed.get(key, value) for name, value, key in INPUT.findall(form[0])}
        return requests.post(f"{self.ticket}/button", data=fields, timeout=20).text


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    folder = tmp_path_factory.mktemp("make")
    options = (*SLOW, "--directory", str(folder / "up"), "--port", str(find_free_port()))
    with Programs(folder / "log") as programs:
        command = [sys.executable, "-m", "scripts.up", *options]
        program = programs.start("up", command, os.environ, read_output=True)
        found = read_printed(program)
        yield Printed(
            programs,
            program.process,
            found["agent"],
            AirflowApi(found["Airflow"], ADMIN, found["password"]),
        )


def read_printed(program: Program) -> dict[str, str]:
    """What is printed until the last line of it: addresses and the password by their names."""
    assert program.process.stdout is not None
    lines: dict[str, str] = {}
    said = []
    for line in program.process.stdout:
        said.append(line)
        if found := re.match(r"  (agent|Airflow|password|logs) .*?(\S+)$", line):
            lines[found[1]] = found[2]
        if "logs" in lines:
            return lines
    raise AssertionError("".join(said) + program.log_path.read_text(encoding="utf-8"))


def test_the_printed_ticket_is_a_members_and_points_added_in_the_first_sync_leave_all_green(
    printed: Printed,
) -> None:
    shown = re.search(r"Loyalty: ([\d,]+) points", printed.page())
    assert shown is not None, "the printed ticket shows no member's card"
    points = int(shown[1].replace(",", ""))
    [sync] = printed.api.list_runs("loyalty_sync__demo")
    assert sync["state"] in {"queued", "running"}, "the first sync is over already"

    answer = printed.press(amount=str(POINTS), note="of a newcomer")

    assert '<strong data-testid="button-status">202</strong>' in answer
    printed.programs.wait_until(
        lambda: f"Loyalty: {points + POINTS:,} points" in printed.page(), "the new balance", LIMIT_S
    )
    printed.programs.wait_until(
        lambda: all(run["state"] in {"success", "failed"} for run in printed.api.list_runs("~")),
        "the end of all runs",
        LIMIT_S,
    )
    runs = printed.api.list_runs("~")
    assert {run["dag_id"] for run in runs} >= {"loyalty_sync__demo", "award_points__demo"}
    assert {run["state"] for run in runs} == {"success"}


def test_an_interrupt_ends_it_well(printed: Printed) -> None:
    printed.process.send_signal(signal.SIGINT)

    assert printed.process.wait(LIMIT_S) == 0


def test_at_the_usual_size_and_pace_the_first_sync_is_done_in_two_minutes(tmp_path: Path) -> None:
    options = ("--directory", str(tmp_path / "up"), "--port", str(find_free_port()))
    with Programs(tmp_path / "log") as programs:
        command = [sys.executable, "-m", "scripts.up", *options]
        program = programs.start("up", command, os.environ, read_output=True)
        ticket = read_printed(program)["agent"]
        assert program.process.stdout is not None
        said = (SAID.match(line) for line in program.process.stdout)
        after_s, done = next(
            (int(found[1]), found[2])
            for found in said
            if found and re.search(r"the first sync (is done|ended)", found[2])
        )
        page = requests.get(ticket, timeout=20).text

    assert "is done" in done
    assert after_s < PROMISED_S * BUSY
    assert re.search(r"Loyalty: [\d,]+ points", page), "the sync took the printed card away"
