"""The DAGs, a module a family: order, retries, lineage, runbook. A DAG file has them made.

Never: work of its own; slow imports outside of tasks; settings that are read when it is imported.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib import import_module
from typing import Any, Final

from airflow.sdk import get_parsing_context

from loyalty_desk.orchestration.store_dags import account_zones

MAKES: Final = {
    "award_incident": ("award_incident",),
    "award_points": ("award_points",),
    "desk_watch": ("desk_watch",),
    "goodwill_report": ("goodwill_report",),
    "gorgias_connect": ("gorgias_connect", "gorgias_disconnect"),
    "loyalty_sync": ("loyalty_sync",),
    "mismatch_report": ("mismatch_report",),
    "privacy": ("erase_person", "housekeeping"),
    "refresh_cards": ("refresh_cards",),
}
"""By module: what the ids of its DAGs begin with, before the store's name."""


def make(namespace: MutableMapping[str, Any], *modules: str) -> None:
    """Make all DAGs, or those of some modules, in the `globals()` of a DAG file.

    A task has its DAG file read again before it runs: then only its own DAG's module is.
    """
    account_zones.cache_clear()
    wanted = get_parsing_context().dag_id
    for module in modules or MAKES:
        if wanted is None or wanted.partition("__")[0] in MAKES[module]:
            made = import_module(f"{__name__}.{module}").make()
            namespace.update({dag.dag_id: dag for dag in made})
