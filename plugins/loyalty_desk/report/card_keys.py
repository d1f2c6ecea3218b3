"""What members' cards say: how many have each key that a platform can tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection

from loyalty_desk.card.keys import TOLD
from loyalty_desk.staging.statements import statement

LOOKED_AT: Final = 1_000
"""A platform that stops telling a key shows in these, and reading all would cost seconds a run."""


@dataclass(frozen=True, slots=True)
class CardKeys:
    """How many of the cards that were looked at have each key, by its label; then who has none."""

    looked_at: int
    found: list[tuple[str, int]]
    on_no_card: list[str]


def count_card_keys(connection: Connection, store: str) -> CardKeys:
    """Look at the cards that changed last."""
    binds = {"store": store, "how_many": LOOKED_AT}
    found = connection.execute(statement("report/findings/select_newest_cards"), binds).all()
    counts = Counter(key for row in found for key in orjson.loads(row.card))
    return CardKeys(
        looked_at=len(found),
        found=[(key.label, counts[key.name]) for key in TOLD if counts[key.name]],
        on_no_card=[key.label for key in TOLD if not counts[key.name]],
    )
