"""Notes of runs can be left out."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy.orm.exc import UnmappedInstanceError

from loyalty_desk.orchestration import run_notes
from loyalty_desk.settings.stores_file import installation

RUN = SimpleNamespace(dag_id="loyalty_sync__one")
"""Nothing of it can be read: it is in no database."""


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    installation.cache_clear()
    yield
    installation.cache_clear()


@pytest.mark.parametrize("ended", [run_notes.on_dag_run_success, run_notes.on_dag_run_failed])
def test_where_notes_are_off_the_scheduler_reads_nothing_for_one(
    ended: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(ended)
    with pytest.raises(UnmappedInstanceError):
        ended(RUN)
    installation.cache_clear()
    monkeypatch.setenv("LOYALTY_DESK_RUN_NOTES", "false")

    ended(RUN)
