"""The sandbox as a service beside a worker: starts it and tells Airflow how to reach it.

It listens on the loopback address that it shares with that worker, as a client must not send a key
in clear to another machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from scripts.processes import ProgramError, Programs, StopRequestedError, guard
from scripts.secret_files import write_private_json
from scripts.services import (
    AIRFLOW,
    SandboxSize,
    connections,
    read_sandbox_line,
    start_sandbox,
)

WORK_DIR = Path("/tmp/sandbox")  # noqa: S108 - in the container, where nobody else is


def main() -> int:
    members, customers = (int(number) for number in sys.argv[1:3])
    size = SandboxSize(members=members, customers=customers, allowance=float(sys.argv[3]))
    guard()
    try:
        with Programs(WORK_DIR) as programs:
            program = start_sandbox(programs, os.environ, size)
            register(connections(read_sandbox_line(programs, program)))
            (WORK_DIR / "ready").touch()  # what the health check looks for
            print("the sandbox is ready and Airflow knows its connections", flush=True)
            while True:
                programs.check()
                time.sleep(1)
    except StopRequestedError:
        return 0
    except (ProgramError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1


def register(found: dict[str, dict[str, str]]) -> None:
    """Write the connections into Airflow's database, in the place of older ones."""
    file = WORK_DIR / "connections.json"  # not on the command line, which others may read
    write_private_json(file, found)
    try:
        command = [*AIRFLOW, "connections", "import", "--overwrite", str(file)]
        subprocess.run(command, check=True)
    finally:
        file.unlink()


if __name__ == "__main__":
    sys.exit(main())
