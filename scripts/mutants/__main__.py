"""Put small faults into copies of the project, one by one, and see that tests fail:
`python -m scripts.mutants [--area AREA ...] [--only WORDS] [--part N/M | --sample M]`.

Ends with 1 when a mutant lives, or when it could not be tried.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.mutants.jobs import Job, run
from scripts.mutants.lists import BadListError, Mutant, read_lists

MOST_S: Final = 120.0
"""For one mutant; most take a few seconds."""


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
    parser.add_argument(
        "--only", default="", help="only mutants whose harm or file has these words"
    )
    parser.add_argument("--sample", type=int, metavar="M", help="one of M parts, by the commit")
    parser.add_argument("--most-s", type=float, default=MOST_S, help="seconds for one mutant")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    root = chosen.root.resolve()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing goes on without us
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
    return report(mutants, root, len(lists.equivalents), chosen.most_s)


def report(mutants: Sequence[Mutant], root: Path, equivalents: int, most_s: float) -> int:
    """Run, print, and count; returns what the program ends with."""
    began_s = time.monotonic()
    # Tests that fail anyway prove nothing, so those of each area run on the project as it is, too.
    unchanged = [
        Job(area, tuple(sorted({t for m in mutants if m.area == area for t in m.tests})))
        for area in sorted({mutant.area for mutant in mutants})
    ]
    jobs = [*unchanged, *(Job(mutant.area, mutant.tests, mutant) for mutant in mutants)]
    wrong: list[str] = []
    noticed = 0
    for done, ended in enumerate(run(jobs, root, most_s), start=1):
        mutant, shown, what = ended.job.mutant, ended.shown, ended.verdict
        name = str(mutant or f"{ended.job.area}: tests")
        by = f", {shown.failed}" if shown.failed else ""
        print(f"[{done:3}/{len(jobs)}] {what:8} {name} ({shown.seconds:.1f} s{by})", flush=True)
        noticed += what == "noticed"
        if what not in {"noticed", "passes"}:
            wrong.append(f"{what}  {name}" + (f"  [{mutant.file}]" if mutant else ""))
            if what != "LIVES":
                print(ended.output)
    print(
        f"mutants: {noticed} of {len(mutants)} noticed, {equivalents} equivalents are listed,"
        f" {time.monotonic() - began_s:.0f} s"
    )
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
