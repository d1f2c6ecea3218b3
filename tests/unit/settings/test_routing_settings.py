"""Routing is off by itself, and a mistake in it says where it is and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from loyalty_desk.settings.stores_file import read_stores
from tests.factories import STORE, store_settings


def problem(folder: Path, **routing: Any) -> str:
    path = folder / "stores.yaml"
    path.write_text(yaml.safe_dump({"stores": {STORE: {"platform": "rivo", "routing": routing}}}))
    return read_stores(path).problems[STORE]


def test_it_is_off_by_itself_and_each_store_has_a_tag_of_its_own() -> None:
    assert store_settings().routing.rules == ()
    assert store_settings().routing_tag == "vip-acme"
    assert store_settings(name="other").routing_tag == "vip-other"
    assert store_settings(routing={"tag": "VIP"}).routing_tag == "VIP"


@pytest.mark.parametrize(
    ("routing", "said"),
    [
        (
            {"rules": [{"priority": "high"}]},
            "a rule needs one of tiers, points_at_least, points_expire_within_days: whom it is for",
        ),
        (
            {"rules": [{"tiers": ["Gold"]}, {"tiers": ["Silver"], "priority": "urgent"}]},
            "routing.rules.1.priority is 'urgent': must be 'critical', 'high', 'normal' or 'low'",
        ),
        (
            {"rules": [{"tier": "Gold"}]},
            "routing.rules.0.tier: no such key; allowed are tiers, points_at_least,",
        ),
        (
            {"rules": [{"tiers": [" "]}]},
            "routing.rules.0.tiers.0 is ' ': must be 1 or more characters",
        ),
        (
            {"rules": [{"points_at_least": -1}]},
            "routing.rules.0.points_at_least is -1: must be 0 or more",
        ),
        ({"rules": [{"priority": "low"}]}, "routing.rules.0: a rule needs one of"),
        ({"tag": "a,b"}, "routing.tag is 'a,b': must be as ^"),
        ({"tags": "vip"}, "routing.tags: no such key; allowed are rules, tag, share"),
    ],
)
def test_a_mistake_names_the_place_and_what_is_allowed(
    tmp_path: Path, routing: dict[str, Any], said: str
) -> None:
    assert said in problem(tmp_path, **routing)
