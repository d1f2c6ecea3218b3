"""`make up`: the sandbox and Airflow on this machine, until Ctrl-C.

What they write stays in `var/up` or the directory named, so the next start goes on from there.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import NoReturn

import requests

from loyalty_desk.staging.engine import open_engine
from loyalty_desk.tasks.tokens import is_in_use, make_token
from scripts.console import Console
from scripts.first_steps import connect_store, show_tickets
from scripts.processes import ProgramError, Programs, StopRequestedError, guard
from scripts.run_view import find_push_progress
from scripts.secret_files import read_or_make_secrets, write_private_json
from scripts.services import (
    STORE,
    VAR_DIR,
    Place,
    SandboxSize,
    Services,
    find_free_port,
    hold_alone,
    start_services,
    wait_for_dag,
)
from scripts.welcome import PACES, FirstSteps, describe, describe_pace

USUAL_PORT = 8080
SYNC = f"loyalty_sync__{STORE}"
UNFINISHED = {"queued", "running"}
SCHEDULED_LIMIT_S = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--members", type=int, default=2_000)
    parser.add_argument("--customers", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--pace",
        choices=sorted(PACES),
        default="quick",
        help="how many requests Gorgias lets in: quick shows the product, real is as an account is",
    )
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than real time")
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help="of Airflow; a free one when this is taken"
    )
    parser.add_argument(
        "--directory", type=Path, default=VAR_DIR / "up", help="what they write stays here"
    )
    arguments = vars(parser.parse_args())
    port, directory = arguments.pop("port"), arguments.pop("directory")
    pace = arguments.pop("pace")
    size = SandboxSize(**arguments, allowance=PACES[pace])
    guard()
    console = Console()
    try:
        with hold_alone(
            directory.with_name(f"{directory.name}.lock"), "`make up` is running here already"
        ):
            stay_up(size, pace, directory, port, console)
    except StopRequestedError:
        console.say("stopped")
        return 0
    except ProgramError as error:
        console.fail(str(error))
        return 1


def stay_up(
    size: SandboxSize, pace: str, directory: Path, wanted_port: int, console: Console
) -> NoReturn:
    """Start everything, say where it is, and wait; ends by StopRequestedError or ProgramError."""
    place = Place(
        directory=directory,
        airflow_port=find_free_port(wanted_port),
        password=read_or_make_secrets(VAR_DIR / "secrets.json")["admin_password"],
    )
    with Programs(place.log_dir) as programs:
        try:
            services = start_services(programs, place, size, console.say)
            token = award_token(place.staging_path)
            connect_store(programs, services, token, console.say)
            run_id = start_first_sync(programs, services)
            began_at = time.monotonic()
            ticket_id, other_id = show_tickets(programs, services)
            steps = FirstSteps(ticket_id=ticket_id, other_ticket_id=other_id, token=token)
            console.say(describe(services, steps, describe_pace(pace, size)))
            watch_first_sync(programs, services, run_id, began_at, console)
            while True:
                programs.check()
                time.sleep(0.5)
        except StopRequestedError:
            console.say("stopping")
            raise


def start_first_sync(programs: Programs, services: Services) -> str:
    """Have a sync as soon as Airflow knows the DAG: the one that its schedule starts, or that goes
    on from before; else start one. Raises ProgramError when the DAG never comes.
    """
    wait_for_dag(programs, services.api, SYNC)
    found: list[str] = []

    def is_decided() -> bool:
        is_due = services.api.is_due(SYNC)  # asked first: then its run is among those below
        found.extend(
            run["dag_run_id"] for run in services.api.list_runs(SYNC) if run["state"] in UNFINISHED
        )
        return bool(found) or not is_due

    programs.wait_until(is_decided, "the sync that the schedule starts", SCHEDULED_LIMIT_S)
    return found[-1] if found else services.api.trigger(SYNC)


def watch_first_sync(
    programs: Programs, services: Services, run_id: str, began_at: float, console: Console
) -> None:
    """Say how far it is, and how it ended."""
    state = "queued"
    while state in UNFINISHED:
        time.sleep(2)
        programs.check()
        progress = find_push_progress(services.place.staging_path, STORE, run_id)
        if progress:
            console.update(f"the first sync: {progress.done:,} of {progress.planned:,} cards")
        with contextlib.suppress(requests.RequestException):  # busy; asked again
            state = services.api.get_run(SYNC, run_id)["state"]
    took = f"after {time.monotonic() - began_at:.0f} s"
    if state == "success":
        console.say(f"the first sync is done, {took}; its report is on the desk")
    else:
        console.say(f"the first sync ended as {state}, {took}; Airflow and the desk say why")


def award_token(staging_path: Path) -> str:
    """The token of this installation for the API: made once, kept with its other secrets."""
    path = VAR_DIR / "secrets.json"
    kept = read_or_make_secrets(path)
    engine = open_engine(f"sqlite:///{staging_path}")
    try:
        if not is_in_use(engine, kept.get("award_token", "")):
            token = make_token(engine, STORE, label="make up", by="make up")
            write_private_json(path, {**kept, "award_token": token})
    finally:
        engine.dispose()
    return read_or_make_secrets(path)["award_token"]


if __name__ == "__main__":
    sys.exit(main())
