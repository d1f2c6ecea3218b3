"""The DAGs of a store, and what does not happen while one is paused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty_desk.watching.metrics import are_on

SYNC: Final = "loyalty_sync"
WHEN_PAUSED: Final[Mapping[str, str]] = {
    SYNC: "cards are neither read nor written",
    "award_points": "awards wait and are not booked",
    "refresh_cards": "nothing shows at once after an award or a webhook",
    "mismatch_report": "nobody is mailed the report",
    "housekeeping": "nothing is deleted when its time is over",
    "erase_person": "a request to erase somebody waits",
    "gorgias_connect": "connecting waits",
    "gorgias_disconnect": "disconnecting waits",
}
WATCH: Final = "desk_watch"
"""Of all stores together."""


def dag_ids(store: str) -> list[str]:
    """The DAGs that a store needs, the most important first."""
    own = [dag_of(family, store) for family in WHEN_PAUSED]
    return [*own, WATCH] if are_on() else own


def dag_of(family: str, store: str) -> str:
    return f"{family}__{store}"


def when_paused(dag_id: str) -> str:
    """What does not happen while it is paused, or not there."""
    return WHEN_PAUSED.get(dag_id.partition("__")[0], "no store is measured")
