"""An installation for the doctor to look at, with real databases, servers and Airflow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from loyalty_desk.doctor.examine import CHECKS, one_check
from loyalty_desk.doctor.finding import Finding
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.settings import stores_file as settings
from sandbox.running import Sandbox
from tests.airflow_home import migrated
from tests.conftest import SetConnection
from tests.http.api_client import forget_settings

STORE = "acme"


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An installation whose settings are those of this process."""

    folder: Path
    patch: pytest.MonkeyPatch

    def set(self, **variables: str) -> None:
        """Set variables `LOYALTY_DESK_…`."""
        for name, value in variables.items():
            self.patch.setenv(f"LOYALTY_DESK_{name.upper()}", value)
        settings.installation.cache_clear()

    def set_stores(self, *, queues: object = None, **stores: dict[str, Any]) -> None:
        """Write the stores file: each store with its settings, on Rivo."""
        content = {name: {"platform": "rivo", **values} for name, values in stores.items()}
        self.write_stores(yaml.safe_dump({"stores": content, "queues": queues or {}}))

    def write_stores(self, text: str) -> None:
        (self.folder / "stores.yaml").write_text(text, encoding="utf-8")

    def look(self, check: str, store: str | None = None) -> list[Finding]:
        """What one check finds."""
        scope = Scope(file=settings.stores_file(), wanted=store)
        try:
            return list(one_check(check, CHECKS[check], scope))
        finally:
            scope.close()

    def look_once(self, check: str, store: str | None = None) -> Finding:
        """The one thing that a check finds."""
        [found] = self.look(check, store)
        return found

    def environment(self) -> dict[str, str]:
        """For a process of its own."""
        return dict(os.environ)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """One store, and neither a staging database nor connections yet."""
    migrated()
    found = Installed(folder=tmp_path, patch=monkeypatch)
    found.set(
        stores_file=str(tmp_path / "stores.yaml"),
        var_dir=str(tmp_path / "var"),
        staging_url=f"sqlite:///{tmp_path / 'staging.db'}",
        speed="50",
    )
    found.set_stores(**{STORE: {}})
    yield found
    forget_settings()


@pytest.fixture
def connected(installed: Installed, sandbox: Sandbox, set_connection: SetConnection) -> Installed:
    """The same with both connections of the store, of our types, to the sandbox."""
    gorgias = sandbox.gorgias
    set_connection(
        f"gorgias_{STORE}",
        conn_type="gorgias",
        host=gorgias["url"],
        login=gorgias["email"],
        password=gorgias["api_key"],
    )
    rivo = {"host": sandbox.rivo_url, "password": sandbox.rivo["api_key"]}
    set_connection(f"rivo_{STORE}", conn_type="rivo", **rivo)
    return installed
