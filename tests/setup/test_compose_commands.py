"""Every command that the pages have for operators runs in Docker Compose by `scripts/compose`."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import Group
from typer.main import get_command

from loyalty_desk.__main__ import app
from tests.project import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
SAYS_SO = "put `scripts/compose` before"
NO_OPERATORS = {
    # Pages for who changes the code, and those of other places than compose.
    *("developing", "tables", "card", "watching", "adding-a-platform", "words", "cluster"),
    "serve",  # which compose runs by itself
    *("install-pip", "install-astronomer", "install-mwaa", "install-helm", "install-compose"),
}
OURS = r"(?:python -m loyalty_desk|loyalty-desk|airflow) [a-z]"
INLINE = re.compile(rf"`({OURS}[^`]*)`")
BLOCK = re.compile(r"^ *```(?:bash|sh)\n(.*?)^ *```", re.M | re.S)
HOSTS = {"docker", "curl"}
"""Programs that a page runs beside, on the host."""
FAKE_DOCKER = '#!/bin/sh\nprintf "%s\\n" "$@"\n'


def lines_of(page: Path) -> Iterator[str]:
    """The commands of a page, each on one line."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        joined = block.replace("\\\n", " ")
        yield from (line for line in map(str.strip, joined.splitlines()) if line)
    yield from (" ".join(found.split()) for found in INLINE.findall(BLOCK.sub("", text)))


def pages() -> dict[str, list[str]]:
    return {
        page.stem: [line for line in lines_of(page) if re.match(OURS, line)]
        for page in sorted(DOCS.glob("*.md"))
    }


PAGES = {name: found for name, found in pages().items() if found}
COMMANDS = sorted({line for lines in PAGES.values() for line in lines})


@pytest.mark.parametrize("page", sorted(set(PAGES) - NO_OPERATORS))
def test_a_page_with_commands_for_operators_has_their_form_in_compose(page: str) -> None:
    assert SAYS_SO in " ".join((DOCS / f"{page}.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("page", sorted(set(PAGES) - NO_OPERATORS))
def test_what_such_a_page_runs_is_ours_or_on_the_host(page: str) -> None:
    blocks = BLOCK.findall((DOCS / f"{page}.md").read_text(encoding="utf-8"))
    lines = [
        line.strip()
        for block in blocks
        for line in re.sub(r"'[^']*'", "''", block.replace("\\\n", " ")).splitlines()
    ]
    beside = {line.split()[0] for line in lines if line and not re.match(OURS, line)}
    assert beside <= HOSTS | {"#"}


@pytest.mark.parametrize("line", [line for line in COMMANDS if not line.startswith("airflow")])
def test_a_command_of_a_page_is_there(line: str) -> None:
    words = iter(line.split("loyalty_desk ", 1)[-1].removeprefix("loyalty-desk ").split())
    found = get_command(app)
    while isinstance(found, Group):
        name = next(words, None)
        if name is None or not re.fullmatch(r"[a-z][a-z|-]*", name):
            break
        for one in name.split("|"):
            assert one in found.commands, line
        found = found.commands[name.split("|")[0]]


@pytest.fixture
def docker(tmp_path: Path) -> dict[str, str]:
    """An environment whose docker tells what it was called with."""
    fake = tmp_path / "docker"
    fake.write_text(FAKE_DOCKER)
    fake.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def compose(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROJECT_ROOT / "scripts" / "compose", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("written", ["loyalty-desk", "python -m loyalty_desk"])
def test_it_runs_ours_in_the_worker_with_each_word_as_it_is(
    docker: dict[str, str], written: str
) -> None:
    words = ["connect", "--store", "my shop", "--why", '"as it is"; $HOME']

    said = compose(docker, *shlex.split(written), *words).stdout.splitlines()

    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert said[:5] == ["compose", "exec", "-T", "--env", f"LOGNAME={user}"]
    assert said[5:] == ["worker", "python", "-m", "loyalty_desk", *words]


def test_it_runs_airflow_as_it_is(docker: dict[str, str]) -> None:
    said = compose(docker, "airflow", "dags", "unpause", ".*__my_shop$").stdout.splitlines()

    assert said[5:] == ["worker", "airflow", "dags", "unpause", ".*__my_shop$"]


def test_without_a_command_it_shows_some(docker: dict[str, str]) -> None:
    said = compose(docker)

    assert said.returncode == 2
    assert "scripts/compose loyalty-desk stores" in said.stderr
    assert said.stdout == ""
