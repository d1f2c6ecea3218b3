"""Runs mutants side by side, each in a copy of the project, and judges what their tests showed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from scripts.mutants.lists import Mutant
from scripts.mutants.tree import copy_tree, spoilt
from scripts.mutants.trial import Shown, Trial, import_libraries

AT_ONCE: Final = 2
LONGER: Final = 10
"""Tests of a whole area, which run once, may take so many times as long as those of a mutant."""
LOOK_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Job:
    """Tests to run on a mutant, or, without one, on the project as it is."""

    area: str
    tests: tuple[str, ...]
    mutant: Mutant | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A job, what it showed, and the end of what pytest printed."""

    job: Job
    shown: Shown
    output: str

    @property
    def verdict(self) -> str:
        """What there is to say of it: `noticed` and `passes` are well, everything else is not."""
        mutant, shown = self.job.mutant, self.shown
        if mutant is None:
            return "passes" if shown.is_clean else "FAILS UNCHANGED"
        if shown.is_noticed or (shown.code is None and mutant.hangs):
            return "noticed"
        if shown.code is None:
            return f"NOT TRIED: no end within {shown.seconds:.0f} s"
        if shown.is_clean:
            return "LIVES"
        if shown.code == pytest.ExitCode.INTERRUPTED:
            return "NOT TRIED: the tests cannot be read"
        return f"NOT TRIED: {shown.broke or f'pytest ended with {shown.code}'}"


@dataclass(slots=True)
class Slot:
    """A copy of the project, and what runs on it."""

    tree: Path
    job: Job | None = None
    trial: Trial | None = None
    spoiling: ExitStack = field(default_factory=ExitStack)

    def start(self, job: Job, most_s: float) -> None:
        """Run a job here."""
        self.job = job
        self.spoiling.enter_context(spoilt(self.tree, job.mutant))
        most_s = most_s if job.mutant else LONGER * most_s
        self.trial = Trial.start(self.tree, job.tests, most_s=most_s, first=bool(job.mutant))

    def find_end(self) -> Ended | None:
        """What has ended here; then the slot is free."""
        if self.job is None or self.trial is None or (shown := self.trial.find_end()) is None:
            return None
        ended = Ended(self.job, shown, self.trial.take_output())
        self.job = self.trial = None
        self.spoiling.close()
        return ended


def run(jobs: Sequence[Job], root: Path, most_s: float) -> Iterator[Ended]:
    """Run jobs side by side, as many as there are cores on the machine that this is made for."""
    import_libraries()
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-mutants-") as folder:
        slots = [Slot(copy_tree(root, Path(folder) / f"{n}" / "tree")) for n in range(AT_ONCE)]
        waiting = list(reversed(jobs))
        try:
            while waiting or any(slot.job for slot in slots):
                for slot in slots:
                    if slot.job is None and waiting:
                        slot.start(waiting.pop(), most_s)
                    if (ended := slot.find_end()) is not None:
                        yield ended
                time.sleep(LOOK_EVERY_S)
        finally:
            for slot in slots:
                if slot.trial is not None:
                    slot.trial.stop()
                slot.spoiling.close()
