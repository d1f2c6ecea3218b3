"""`make pictures`: take the pictures of the README and the docs anew, from the running product.

Starts the sandbox and Airflow as `make up` does, has some weeks of support happen, and drives a
Chromium over the pages. Ends what it started.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import requests
from playwright.sync_api import Error as PageError

from scripts.console import Console
from scripts.desk import DeskError, running_desk
from scripts.processes import ProgramError, StopRequestedError, guard
from scripts.services import VAR_DIR, SandboxSize, hold_alone
from scripts.up import USUAL_PORT
from scripts.welcome import PACES
from tests.chromium import REMEDY, find_chromium, launched
from tests.pictures.listed import FOLDER, PICTURES, Picture
from tests.pictures.story import STORES, happen
from tests.pictures.taking import logged_in, take

SEED: Final = 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make pictures", description=__doc__)
    names = [picture.name for picture in PICTURES]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go")
    parser.add_argument("--members", type=int, default=2_000)
    parser.add_argument("--customers", type=int, default=1_500)
    chosen = parser.parse_args(arguments)
    wanted = [picture for picture in PICTURES if picture.name in chosen.only]
    size = SandboxSize(
        members=chosen.members, customers=chosen.customers, seed=SEED, allowance=PACES["quick"]
    )
    guard()
    console = Console()
    try:
        with hold_alone(VAR_DIR / "pictures.lock", "pictures are being taken here already"):
            take_all(wanted, size, chosen.folder, console)
    except StopRequestedError:
        console.fail("stopped; nothing is left running")
        return 130
    except ProgramError as error:
        console.fail(str(error))
        return 1
    except (DeskError, requests.RequestException, PageError) as error:
        console.fail(f"{error}; the logs are in {VAR_DIR / 'log' / 'pictures'}")
        return 1
    return 0


def take_all(wanted: Sequence[Picture], size: SandboxSize, folder: Path, console: Console) -> None:
    """Start everything, and write the pictures; raises ProgramError where there is no Chromium."""
    path = find_chromium()
    if path is None:
        raise ProgramError(REMEDY)
    folder.mkdir(parents=True, exist_ok=True)
    console.say("starting the sandbox and Airflow")
    with running_desk(VAR_DIR / "pictures", STORES, size, port=USUAL_PORT) as desk:
        told = happen(desk, console.say)
        with launched(path) as browser:
            state = logged_in(browser, desk.place.airflow_url, desk.place.password)
            for picture in wanted:
                written = take(browser, state, picture, told.address(picture.page), folder)
                console.say(f"{written.name}: {written.stat().st_size / 1000:,.0f} kB")
        console.say("stopping")


if __name__ == "__main__":
    sys.exit(main())
