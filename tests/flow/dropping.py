"""Member files as somebody drops them: of everybody in the sandbox, and the cards made of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from tests.flow.world import World

COLUMNS = """
columns: {member_id: Id, email: Mail, name: Name, points_balance: Points, tier: Tier, status: State}
status: {guest: [guest], excluded: [excluded]}
delimiter: ";"
"""
HEADER = ("Id", "Mail", "Name", "Points", "Tier", "State")
TIERS = {75: "Bronze", 76: "Silver", 77: "Gold", 78: "Platinum"}


def make_listless(world: World, folder: str, columns: Path) -> None:
    """Give the store a TRIFFT account without a list of members, and a folder for files."""
    columns.write_text(COLUMNS, encoding="utf-8")
    world.platform = "trifft"
    world.sandbox.control("trifft", "POST", "switches", {"trifft_members_listed": False})
    world.change_connection("trifft_demo", {"extra": json.dumps({"api": {"path.members": None}})})
    world.settings = {
        "member_files": {
            "folder": folder,
            "columns": str(columns),
            "settle_s": 0,
            "holds": "everybody",
        },
        "member_lookups": {"most_per_run": 0},
    }


def members(world: World) -> list[dict[str, Any]]:
    return list(world.sandbox.control("trifft", "GET", "members?limit=100000")["data"])


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        for one in rows:
            name = f"{one['first_name']} {one['last_name']}"
            tier = TIERS.get(one["tier_id"], "")
            writer.writerow(
                [one["id"], one["email"], name, one["points_tally"], tier, one["status"]]
            )


def cards(world: World) -> dict[int, tuple[Any, ...]]:
    """What the cards say of those keys that a file has."""
    keys = ("member", "name", "status", "points_balance", "tier")
    return {one: tuple(card.get(key) for key in keys) for one, card in world.shown_cards().items()}


def expected(world: World) -> dict[int, tuple[Any, ...]]:
    keys = ("member", "name", "status", "points_balance", "tier")
    found = world.expected_cards()
    return {one: tuple(card.get(key) for key in keys) for one, card in found.items()}
