from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from loyalty_desk.settings import stores_file as settings
from loyalty_desk.settings.project import PROJECT_ROOT
from tests import airflow_home


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Load the DAG files with these stores, and whatever else a stores file may hold."""
    airflow_home.migrated()

    def load_dags(stores: object, **more: object) -> Any:
        from airflow.dag_processing.dagbag import DagBag

        path = tmp_path / "stores.yaml"
        path.write_text(yaml.safe_dump({"stores": stores, **more}), encoding="utf-8")
        monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(path))
        settings.installation.cache_clear()
        return DagBag(dag_folder=str(PROJECT_ROOT / "dags"))

    yield load_dags
    settings.installation.cache_clear()
