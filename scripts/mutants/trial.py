"""One run of tests in a child process, and what it showed.

A child is a fork of a process that has imported the libraries, which takes longer than most tests
of ours, and nothing of the project: that comes from the child's own copy of the tree.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest

LIBRARIES: Final = (
    "alembic", "babel", "fastapi", "numpy", "orjson", "pandas", "psycopg", "pydantic_settings",
    "pytest", "rapidfuzz", "requests", "sqlalchemy", "sqlalchemy.dialects.sqlite", "starlette",
    "structlog", "uvicorn", "yaml",
)  # fmt: skip
"""What most tests import, without threads of its own: a fork would not have them."""
OURS: Final = ("tests", "scripts", "loyalty_desk", "sandbox", "benchmarks", "cluster", "dags")
NOT_RUN: Final = (ImportError, SyntaxError, NameError)
"""Whatever ends so has not run: the mutant is no Python, or the test's own world is missing."""


def import_libraries() -> None:
    """Import once what each child would import; called before the first is started."""
    for name in LIBRARIES:
        importlib.import_module(name)


@dataclass(slots=True, eq=False)  # pytest wants plugins that can be hashed
class Watch:
    """A plugin of pytest: which test failed first, or could not run."""

    failed: str | None = None
    broke: str | None = None
    passed: int = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Count a test that passes, and take note of the first that does not."""
        report = yield
        if report.passed and report.when == "call":
            self.passed += 1
        if report.failed and not (self.failed or self.broke):
            if call.excinfo is not None and issubclass(call.excinfo.type, NOT_RUN):
                self.broke = f"{report.nodeid}: {call.excinfo.typename}"
            else:
                self.failed = report.nodeid
        return report


@dataclass(frozen=True, slots=True)
class Shown:
    """What a run of tests showed. `code` is pytest's, or None for one that was cut off."""

    code: int | None
    failed: str | None
    broke: str | None
    passed: int
    seconds: float

    @property
    def is_noticed(self) -> bool:
        """A test failed by what it wants, not because it could not be read or begun."""
        return self.code == pytest.ExitCode.TESTS_FAILED and self.failed is not None

    @property
    def is_clean(self) -> bool:
        """All passed, and there were some."""
        return self.code == pytest.ExitCode.OK and self.passed > 0


@dataclass(slots=True, kw_only=True)
class Trial:
    """A running child. `folder` is its own: output, result, and what its tests leave."""

    pid: int
    folder: Path
    until_s: float
    began_s: float

    @classmethod
    def start(cls, tree: Path, tests: Sequence[str], *, most_s: float, first: bool) -> Trial:
        """Run tests of a copy of the tree; `first` stops at the first failure."""
        folder = Path(tempfile.mkdtemp(prefix="trial-", dir=tree.parent))
        sys.stdout.flush()
        began_s = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _run(tree, folder, tests, first=first)
        with suppress(PermissionError):  # it was quicker, and is another program by now
            os.setpgid(pid, pid)
        return cls(pid=pid, folder=folder, until_s=began_s + most_s, began_s=began_s)

    def find_end(self) -> Shown | None:
        """What it showed, or None while it runs. One over its time is ended."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        seconds = time.monotonic() - self.began_s
        if pid:
            self._end_group()  # what its tests started and left
            result = self.folder / "result.json"
            said = json.loads(result.read_text("utf-8")) if result.exists() else {}
            return Shown(
                code=os.waitstatus_to_exitcode(status),
                failed=said.get("failed"),
                broke=said.get("broke", None if said else "the process died"),
                passed=said.get("passed", 0),
                seconds=seconds,
            )
        if time.monotonic() > self.until_s:
            self._end_group()
            os.waitpid(self.pid, 0)
            return Shown(code=None, failed=None, broke=None, passed=0, seconds=seconds)
        return None

    def stop(self) -> None:
        """End it, whatever it does."""
        self._end_group()
        os.waitpid(self.pid, 0)

    def take_output(self) -> str:
        """The end of what pytest printed; all that its tests left is removed."""
        output = (self.folder / "output").read_text("utf-8", errors="replace")[-2000:]
        shutil.rmtree(self.folder, ignore_errors=True)
        return output

    def _end_group(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _run(tree: Path, folder: Path, tests: Sequence[str], *, first: bool) -> NoReturn:
    """The child: from here on, everything of ours is the copy's."""
    code: int = pytest.ExitCode.INTERNAL_ERROR
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with (folder / "output").open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        _move_to(tree, folder)
        watch = Watch()
        arguments = [*tests, "-q", "-k", "not postgresql", "-p", "no:cacheprovider"]
        code = pytest.main([*arguments, *(["-x"] if first else [])], plugins=[watch])
        said = {"failed": watch.failed, "broke": watch.broke, "passed": watch.passed}
        (folder / "result.json").write_text(json.dumps(said), encoding="utf-8")
    except BaseException:  # noqa: BLE001 - the child must end here, and not go on as its parent
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)


def _move_to(tree: Path, folder: Path) -> None:
    here = Path.cwd()
    os.chdir(tree)
    temporary = folder / "tmp"
    temporary.mkdir()
    own = [str(tree / "plugins"), str(tree)]
    os.environ |= {"PYTHONPATH": os.pathsep.join(own), "TMPDIR": str(temporary)}
    tempfile.tempdir = None
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    elsewhere = {"", str(here), str(here / "plugins")}
    sys.path[:] = [*own, *(place for place in sys.path if place not in elsewhere)]
    importlib.invalidate_caches()
