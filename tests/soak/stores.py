"""The three stores of a soak, each on a platform of its own, with what they are asked to hold."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from scripts import preload
from scripts.desk import Desk, running_desk
from scripts.first_steps import register_webhooks
from scripts.services import VAR_DIR, SandboxSize
from tests.live.office import Office
from tests.soak.agents import run_dag
from tests.soak.journal import Journal
from tests.soak.shop import Shop

PLATFORMS = {"soak_rivo": "rivo", "soak_lion": "loyaltylion", "soak_smile": "smile"}
PEOPLE, PEOPLE_A_MINUTE = 120, 16
"""Whom deeds are about: some go in each minute, erased, merged or deleted."""
SPEED = 40.0
FIRST_SYNCS_S = 20.0
"""What the three first syncs take where 2 cores have no other work."""
NO_LIMIT = 100_000_000
AWARDS: dict[str, Any] = {
    "approval_above_points": 100,
    "schedule": "*/5 * * * *",
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
    "turn_minutes": 30 * SPEED,  # a sync is mostly Airflow's work, which no speed makes faster
}
AIRFLOW = {
    "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "1000",
    "LOYALTY_DESK_DATA_DOCS": "False",  # half of the time of a run, and nothing else touches them
}


@contextlib.contextmanager
def open_shops(seed: int, minutes: float, journal: Journal) -> Iterator[tuple[Desk, list[Shop]]]:
    """Start everything in var/soak, with people for so long, and sync each store once."""
    directory = VAR_DIR / "soak"
    stores = {name: {**SETTINGS, "platform": platform} for name, platform in PLATFORMS.items()}
    people = round(PEOPLE + PEOPLE_A_MINUTE * minutes)
    size = SandboxSize(members=2 * people + 20, customers=2 * people - 20, seed=seed, speed=SPEED)
    with running_desk(
        directory,
        stores,
        size,
        settings=AIRFLOW,
        platforms=PLATFORMS,
        preloads=preload.LIBRARIES + preload.OWN_MODULES,
    ) as desk:
        office = Office(desk)
        shops = [
            Shop(name, platform, desk, office, journal) for name, platform in PLATFORMS.items()
        ]
        began_s = time.monotonic()
        assert set(sync_all(shops)) == {"success"}, "a first sync is red"
        pace = max(1.0, (time.monotonic() - began_s) / FIRST_SYNCS_S)
        for shop in shops:
            shop.pace = pace
            shop.meet_people(people)
            subscribe(shop)
            run_dag(shop, "gorgias_connect")  # from here on a ticket makes Gorgias look a card up
        yield desk, shops


def sync_all(shops: Sequence[Shop], **params: object) -> list[str]:
    """Sync every store at the same time; returns the states of the runs."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda one: run_dag(one, "loyalty_sync", **params)[1], shops))


def subscribe(shop: Shop) -> None:
    """Have the platform tell the store's webhook endpoint of each change, if it can."""
    airflow_url, ready = shop.desk.place.airflow_url, shop.sandbox.credentials[shop.platform]
    if shop.platform == "rivo":
        register_webhooks(ready, airflow_url, shop.name)
    elif shop.platform == "loyaltylion":
        target = f"{airflow_url}/loyalty/api/v1/webhooks/{shop.platform}/{shop.name}"
        requests.post(
            f"{ready['url']}/v2/webhooks",
            json={"topic": "customers/update", "address": target},
            headers={"Authorization": f"Bearer {ready['api_key']}"},
            timeout=20,
        ).raise_for_status()
