from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from loyalty_desk.settings import stores_file as settings
from tests import airflow_home
from tests.dags.schedules import timetable_of
from tests.project import PROJECT_ROOT


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Load the DAG files with these stores, and whatever else a stores file may hold."""
    airflow_home.migrated()

    def load_dags(stores: object, *, folder: Path = PROJECT_ROOT / "dags", **more: object) -> Any:
        from airflow.dag_processing.dagbag import DagBag

        path = tmp_path / "stores.yaml"
        path.write_text(yaml.safe_dump({"stores": stores, **more}), encoding="utf-8")
        monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(path))
        settings.installation.cache_clear()
        return DagBag(dag_folder=str(folder))

    yield load_dags
    settings.installation.cache_clear()


@pytest.fixture
def timetables(load: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """The timetables of a store whose every schedule is the same cron expression."""

    def make(cron: str, **settings: Any) -> dict[str, Any]:
        part = {"schedule": cron}
        store = {
            "platform": "rivo",
            "schedule": cron,
            **dict.fromkeys(("reports", "awards", "retention", "goodwill"), part),
            **settings,
        }
        bag = load({"one": store})
        assert bag.import_errors == {}
        return {dag_id: timetable_of(dag) for dag_id, dag in bag.dags.items()}

    return make


@pytest.fixture(scope="session")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The DAGs of a store whose settings are right and of one whose are wrong, to be looked at."""
    airflow_home.migrated()
    from airflow.dag_processing.dagbag import DagBag

    path = tmp_path_factory.mktemp("stores") / "stores.yaml"
    stores = {"one": {"platform": "rivo"}, "wrong": {"platform": "nobody"}}
    path.write_text(yaml.safe_dump({"stores": stores}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOYALTY_DESK_STORES_FILE", str(path))
        settings.installation.cache_clear()
        bag = DagBag(dag_folder=str(PROJECT_ROOT / "dags"))
    settings.installation.cache_clear()
    assert bag.import_errors == {}
    return bag.dags
