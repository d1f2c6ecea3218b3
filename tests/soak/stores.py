"""The three stores of a soak, each on a platform of its own, with what they are asked to hold."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from scripts.desk import Desk, running_desk
from scripts.services import VAR_DIR, SandboxSize
from tests.live.office import Office
from tests.soak.agents import run_dag
from tests.soak.journal import Journal
from tests.soak.shop import Shop

PLATFORMS = {"soak_rivo": "rivo", "soak_lion": "loyaltylion", "soak_smile": "smile"}
PEOPLE = 120
SPEED = 40.0
NO_LIMIT = 100_000_000
AWARDS: dict[str, Any] = {
    "approval_above_points": 100,
    "schedule": "* * * * *",
    **{
        f"max_points_{which}": NO_LIMIT
        for which in (
            "per_agent_per_day",
            "per_member_per_day",
            "per_token_per_hour",
            "per_token_per_day",
            "over_http_per_day",
        )
    },
}
SETTINGS: dict[str, Any] = {
    "schedule": None,
    "budget": {"share": 1.0},
    # A soak changes in minutes what changes in months.
    "brake": {"max_change_share": 1.0, "max_clear_share": 1.0},
    "awards": AWARDS,
}
AIRFLOW = {"AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "1000"}


@contextlib.contextmanager
def open_shops(seed: int, journal: Journal) -> Iterator[tuple[Desk, list[Shop]]]:
    """Start everything in var/soak and sync each store for the first time."""
    directory = VAR_DIR / "soak"
    stores = {name: {**SETTINGS, "platform": platform} for name, platform in PLATFORMS.items()}
    size = SandboxSize(members=260, customers=220, seed=seed, speed=SPEED)
    with running_desk(directory, stores, size, settings=AIRFLOW, platforms=PLATFORMS) as desk:
        office = Office(desk, directory / "alerts.jsonl")
        shops = [
            Shop(name, platform, desk, office, journal) for name, platform in PLATFORMS.items()
        ]
        for shop in shops:
            _, state = run_dag(shop, "loyalty_sync")
            assert state == "success", f"the first sync of {shop.name} is {state}"
            shop.meet_people(PEOPLE)
        yield desk, shops
