"""`make up`: the sandbox and Airflow on this machine, until Ctrl-C.

What they write stays in `var/up` or the directory named, so the next start goes on from there.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NoReturn

from loyalty_desk.staging.engine import open_engine
from loyalty_desk.tasks.tokens import is_in_use, make_token
from scripts.console import Console
from scripts.first_steps import take_first_steps
from scripts.processes import ProgramError, Programs, StopRequestedError, guard
from scripts.services import (
    ADMIN,
    STORE,
    VAR_DIR,
    Place,
    SandboxSize,
    Services,
    find_free_port,
    hold_alone,
    read_or_make_secrets,
    start_services,
    wait_for_dag,
    write_private_json,
)

USUAL_PORT = 8080


def main() -> int:
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--members", type=int, default=2_000)
    parser.add_argument("--customers", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than real time")
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help="of Airflow; a free one when this is taken"
    )
    parser.add_argument(
        "--directory", type=Path, default=VAR_DIR / "up", help="what they write stays here"
    )
    arguments = vars(parser.parse_args())
    port, directory = arguments.pop("port"), arguments.pop("directory")
    guard()
    console = Console()
    try:
        with hold_alone(
            directory.with_name(f"{directory.name}.lock"), "`make up` is running here already"
        ):
            stay_up(SandboxSize(**arguments), directory, port, console)
    except StopRequestedError:
        console.say("stopped")
        return 0
    except ProgramError as error:
        console.fail(str(error))
        return 1


def stay_up(size: SandboxSize, directory: Path, wanted_port: int, console: Console) -> NoReturn:
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
            ticket_id = take_first_steps(programs, services, token, console.say)
            start_first_sync(programs, services)
            gorgias, rivo = services.sandbox["gorgias"]["url"], services.sandbox["rivo"]["url"]
            console.say(
                f"Loyalty Desk is up; Ctrl-C stops it\n\n"
                f"  a ticket  {gorgias}/app/ticket/{ticket_id}\n"
                f"            as an agent sees it: the card, a button for points, macros\n"
                f"  the desk  {place.airflow_url}/plugin/loyalty-desk\n"
                f"            for managers: mismatches, awards, people, checks (login below)\n"
                f"  Airflow   {place.airflow_url}\n"
                f"  login     {ADMIN}\n"
                f"  password  {place.password}\n"
                f"  sandbox   Gorgias {gorgias}, Rivo {rivo}; the first sync is under way\n"
                f"  awards    {place.airflow_url}/loyalty/api/v1/awards\n"
                f"  token     {token}\n"
                f"  logs      {place.log_dir}\n"
            )
            while True:
                programs.check()
                time.sleep(0.5)
        except StopRequestedError:
            console.say("stopping")
            raise


def start_first_sync(programs: Programs, services: Services) -> None:
    """Start a sync as soon as Airflow knows the DAG; raises ProgramError when it never does."""
    dag_id = f"loyalty_sync__{STORE}"
    wait_for_dag(programs, services.api, dag_id)
    services.api.trigger(dag_id)


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
