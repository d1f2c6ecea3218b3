"""What a platform answers can be changed place by place: to another value, to null, to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.running import Sandbox, SandboxError, running_sandbox
from sandbox.sides import SIDES

MEMBERS = 200
LISTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "rivo": ("/customers", {"pagination[since_id]": 0, "pagination[limit]": 250}, "data"),
    "trifft": ("/member", {"page": 1, "limit": 500}, "data"),
    "smile": ("/customers", {"limit": 250, "include": "vip_status"}, "customers"),
    "loyaltylion": ("/v2/customers", {"limit": 500}, "customers"),
}


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    size = {"members": MEMBERS, "customers": MEMBERS, "seed": 3, "speed": 1000}
    with running_sandbox(**size, platforms=",".join(SIDES)) as running:
        yield running


@pytest.fixture(params=SIDES)
def platform(request: pytest.FixtureRequest, started: Sandbox) -> str:
    started.control("rivo", "POST", "reset", {"data": True})
    return str(request.param)


def listed(running: Sandbox, platform: str) -> dict[str, dict[str, Any]]:
    """Every member by id, as the platform's own list has them."""
    ready = running.credentials[platform]
    path, query, name = LISTS[platform]
    found: dict[str, dict[str, Any]] = {}
    for page in range(1, 4) if platform == "trifft" else (1,):
        query = query | ({"page": page} if platform == "trifft" else {})
        scheme = "" if platform == "rivo" else "Bearer "
        answer = requests.get(
            ready["url"] + path,
            params=query,
            headers={"authorization": scheme + ready["api_key"]},
            timeout=10,
        )
        rows = answer.json()[name]
        found |= {str(row["id"]): row.get("attributes", row) for row in rows}
    return found


def change_every_place(running: Sandbox, platform: str) -> dict[str, str]:
    """By the ids of members: what changed of them."""
    body = {"members": MEMBERS, "seed": 1, "answers": True, "paired": False}
    told = running.control(platform, "POST", "tick", body)
    return {str(one): place for one, place in zip(told["member_ids"], told["places"], strict=True)}


def at(row: Any, place: str) -> Any:
    for step in place.split("."):
        row = row.get(step, "nothing") if isinstance(row, dict) else "nothing"
    return row


def test_a_tick_reaches_every_place_in_every_way(started: Sandbox, platform: str) -> None:
    before = listed(started, platform)

    changed = change_every_place(started, platform)

    after = listed(started, platform)
    for member_id, told in changed.items():
        place, _, way = told.partition(": ")
        was, now = at(before[member_id], place), at(after[member_id], place)
        assert was != now, told
        assert way == "other" or now == (None if way == "null" else "nothing"), told
    places = set(changed.values())
    of_names = {told.rpartition(".")[2] for told in places}
    name = "first_name" if platform != "trifft" else "firstName"
    assert {f"{name}: {way}" for way in ("other", "null", "nothing")} <= of_names
    assert len(places) > 40


def test_the_list_of_answers_is_what_the_platform_lists(started: Sandbox, platform: str) -> None:
    change_every_place(started, platform)

    answers = started.control(platform, "GET", "answers?limit=1000")["data"]

    assert {str(row["id"]): row for row in answers} == listed(started, platform)


def test_what_is_set_on_one_platform_is_set_there_alone(started: Sandbox, platform: str) -> None:
    before = {name: listed(started, name) for name in SIDES}
    member_id = next(iter(before[platform]))
    change = {"set": {"email": "set@shop.example"}, "drop": ["referral_url"]}

    started.control(platform, "PATCH", f"answers/{member_id}", change)

    row = listed(started, platform)[member_id]
    assert row["email"] == "set@shop.example"
    assert "referral_url" not in row
    for name in set(SIDES) - {platform}:
        unstamped = [drop_stamps(listed(started, name)), drop_stamps(before[name])]
        assert unstamped[0] == unstamped[1]

    started.control(platform, "DELETE", f"answers/{member_id}")
    assert drop_stamps(listed(started, platform)) == drop_stamps(before[platform])


def drop_stamps(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one: {k: v for k, v in row.items() if k != "updated_at"} for one, row in rows.items()}


def test_a_place_below_nothing_is_refused(started: Sandbox, platform: str) -> None:
    member_id = next(iter(listed(started, platform)))

    with pytest.raises(SandboxError, match=r"no object to hold email\.first"):
        started.control(platform, "PATCH", f"answers/{member_id}", {"set": {"email.first": "x"}})
    with pytest.raises(SandboxError, match="no such member"):
        started.control(platform, "PATCH", "answers/nobody", {"set": {"email": None}})


def test_each_member_has_its_ids_on_all_platforms(started: Sandbox, platform: str) -> None:
    ids = started.control(platform, "GET", "ids")["data"]

    assert {str(one[platform]) for one in ids} == set(listed(started, platform))
    emails = {name: listed(started, name) for name in SIDES}
    assert all(len({emails[name][str(one[name])]["email"] for name in SIDES}) == 1 for one in ids)
