"""The DAGs of a store, what does not happen while one is paused, and what switches them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from loyalty_desk.watching.metrics import are_on

SYNC: Final = "loyalty_sync"
WHEN_PAUSED: Final[Mapping[str, str]] = {
    SYNC: "cards are neither read nor written",
    "award_points": "awards wait and are not booked",
    "refresh_cards": "nothing shows at once after an award or a webhook",
    "mismatch_report": "nobody is mailed the report",
    "goodwill_report": "nobody is mailed what goodwill cost",
    "housekeeping": "nothing is deleted when its time is over",
    "erase_person": "a request to erase somebody waits",
    "award_incident": "compensating after an incident waits, but on the desk",
    "gorgias_connect": "connecting waits",
    "gorgias_disconnect": "disconnecting waits",
}
BY_HAND: Final = frozenset(
    {"award_incident", "erase_person", "gorgias_connect", "gorgias_disconnect"}
)
"""What has no schedule."""
WATCH: Final = "desk_watch"
"""Of all stores together."""


def dag_ids(store: str) -> list[str]:
    """The DAGs that a store needs, the most important first."""
    own = own_dag_ids(store)
    return [*own, WATCH] if are_on() else own


def own_dag_ids(store: str) -> list[str]:
    """Those of the store alone."""
    return [dag_of(family, store) for family in WHEN_PAUSED]


def dag_of(family: str, store: str) -> str:
    return f"{family}__{store}"


def when_paused(dag_id: str) -> str:
    """What does not happen while it is paused, or not there."""
    return WHEN_PAUSED.get(dag_id.partition("__")[0], "no store is measured")


def pattern(dag_ids: Sequence[str]) -> str:
    """What Airflow's commands take for these DAGs alone: another store's name may end as this one's
    does.
    """
    return f"^({'|'.join(dag_ids)})$"


def switch_on(dag_ids: Sequence[str]) -> str:
    """The command for a shell of Airflow."""
    return f"airflow dags unpause --treat-dag-id-as-regex '{pattern(dag_ids)}' --yes"
