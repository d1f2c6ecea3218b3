"""Put small faults into copies of the project, one by one, and see that tests fail:
`python -m scripts.mutants [--area AREA ...] [--only WORDS] [--part N/M | --sample M]`.

Ends with 1 when a mutant lives, or when it could not be tried.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from scripts.mutants.lists import BadListError, Mutant, read_lists
from scripts.mutants.tree import copy_tree, spoilt
from scripts.mutants.trial import Shown, Trial, import_libraries

AT_ONCE: Final = 2
MOST_S: Final = 120.0
"""For one mutant; most take a few seconds."""
LOOK_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Job:
    """Tests to run on a mutant, or, without one, on the project as it is."""

    area: str
    tests: tuple[str, ...]
    mutant: Mutant | None = None


@dataclass(slots=True)
class Slot:
    """A copy of the project, and what runs on it."""

    tree: Path
    job: Job | None = None
    trial: Trial | None = None
    spoiling: ExitStack = field(default_factory=ExitStack)

    def start(self, job: Job) -> None:
        """Run a job here; a whole area's tests may take as long as ten of its mutants."""
        self.job = job
        self.spoiling.enter_context(spoilt(self.tree, job.mutant))
        most_s = MOST_S if job.mutant else 10 * MOST_S
        self.trial = Trial.start(self.tree, job.tests, most_s=most_s, first=bool(job.mutant))

    def find_end(self) -> tuple[Job, Shown, str] | None:
        """What has ended here, what it showed and printed; then the slot is free."""
        if self.job is None or self.trial is None or (shown := self.trial.find_end()) is None:
            return None
        ended = self.job, shown, self.trial.output()
        self.job = self.trial = None
        self.spoiling.close()
        return ended


def run(jobs: Sequence[Job], root: Path) -> Iterator[tuple[Job, Shown, str]]:
    """Run jobs side by side; yields each with what it showed and printed."""
    import_libraries()
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-mutants-") as folder:
        slots = [Slot(copy_tree(root, Path(folder) / f"{n}" / "tree")) for n in range(AT_ONCE)]
        waiting = list(reversed(jobs))
        try:
            while waiting or any(slot.job for slot in slots):
                for slot in slots:
                    if slot.job is None and waiting:
                        slot.start(waiting.pop())
                    if (ended := slot.find_end()) is not None:
                        yield ended
                time.sleep(LOOK_EVERY_S)
        finally:
            for slot in slots:
                if slot.trial is not None:
                    slot.trial.stop()


def verdict(mutant: Mutant, shown: Shown) -> str:
    """"noticed", "LIVES", or why nothing can be said."""
    if shown.is_noticed or (shown.code is None and mutant.hangs):
        return "noticed"
    if shown.code is None:
        return f"NOT TRIED: no end within {MOST_S:.0f} s"
    if shown.is_clean:
        return "LIVES"
    if shown.code == pytest.ExitCode.INTERRUPTED:
        return "NOT TRIED: the tests cannot be read"
    return f"NOT TRIED: {shown.broke or f'pytest ended with {shown.code}'}"


def part_of(mutants: Sequence[Mutant], part: int, parts: int) -> list[Mutant]:
    """Every n-th, so that each area has its share."""
    return list(mutants[part % parts :: parts])


def part_for_commit(root: Path, parts: int) -> int:
    """A part that the commit chooses, so that in time each is tried."""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(answer.stdout.strip() or "0", 16) % parts


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=__doc__)
    parser.add_argument("--area", nargs="*", default=[], help="only the lists of these areas")
    parser.add_argument("--only", default="", help="only mutants whose harm or file has these words")
    parser.add_argument("--sample", type=int, metavar="M", help="one of M parts, by the commit")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    root = chosen.root.resolve()
    try:
        lists = read_lists(root, chosen.area)
    except BadListError as error:
        print(f"mutants: {error}")
        return 1
    mutants = [m for m in lists.mutants if chosen.only.lower() in f"{m.harm} {m.file}".lower()]
    if chosen.sample:
        part = part_for_commit(root, chosen.sample)
        mutants = part_of(mutants, part, chosen.sample)
        print(f"mutants: part {part + 1} of {chosen.sample}, which the commit chooses")
    return report(mutants, root, len(lists.equivalents))


def report(mutants: Sequence[Mutant], root: Path, equivalents: int) -> int:
    """Run, print, and count; returns what the program ends with."""
    began_s = time.monotonic()
    areas = sorted({mutant.area for mutant in mutants})
    baselines = [
        Job(area, tuple(sorted({t for m in mutants if m.area == area for t in m.tests})))
        for area in areas
    ]
    jobs = [*baselines, *(Job(mutant.area, mutant.tests, mutant) for mutant in mutants)]
    wrong: list[str] = []
    noticed = 0
    for done, (job, shown, output) in enumerate(run(jobs, root), start=1):
        if job.mutant is None:
            what, name = ("passes" if shown.is_clean else "FAILS UNCHANGED"), f"{job.area}: tests"
        else:
            what, name = verdict(job.mutant, shown), str(job.mutant)
        by = f", {shown.failed}" if shown.failed else ""
        print(f"[{done:3}/{len(jobs)}] {what:8} {name} ({shown.seconds:.1f} s{by})", flush=True)
        noticed += what == "noticed"
        if what not in {"noticed", "passes"}:
            wrong.append(f"{what}  {name}" + (f"  [{job.mutant.file}]" if job.mutant else ""))
            if what != "LIVES":
                print(output)
    print(
        f"mutants: {noticed} of {len(mutants)} noticed, {equivalents} equivalents are listed,"
        f" {time.monotonic() - began_s:.0f} s"
    )
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
