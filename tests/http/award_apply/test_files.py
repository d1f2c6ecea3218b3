"""Files of awards with people in them several times: what the preview says is what is booked."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.batches import decide_batch, get_batch
from loyalty_desk.awards.csv_import import AwardFile, Import, import_awards
from loyalty_desk.awards.file_rows import STOPPING, RowFate
from loyalty_desk.awards.queue import Door
from loyalty_desk.clock import utc_now
from sandbox.running import Sandbox
from tests.factories import STORE, store_settings
from tests.http.award_apply.applying import Apply, events_of
from tests.sql.staged import Staged

LIMITS: dict[str, Any] = {
    "max_points_per_member_per_day": 250,
    "points_below_zero": "refuse",
    "allow_guests": False,
}
BOOKED = {
    RowFate.AWARD: ("applied", None),
    RowFate.EXCLUDED: ("refused", "excluded"),
    RowFate.NOT_A_MEMBER: ("refused", "customer_not_found"),
}


def fill(staging: Engine, sandbox: Sandbox) -> dict[str, str]:
    """Members with 100 points, of whom one is excluded, as a sync read them: address by id."""
    people = {}
    with staging.begin() as connection:
        staged = Staged(connection)
        for name in ("mira", "leo", "noa", "out"):
            email, status = f"{name}@shop.example", "excluded" if name == "out" else "member"
            told = {"email": email, "status": status, "points_tally": 100}
            member_id = str(sandbox.control("rivo", "POST", "members", told)["id"])
            staged.member(member_id, email, status=status)
            people[member_id] = email
    return people


def random_file(rng: Random, people: dict[str, str], door: Door) -> AwardFile:
    who = [*(f"{one}," for one in people), *(f",{one}" for one in people.values())]
    who.append(",nobody@shop.example")
    amounts = (10, 50, 90, -30, -80, -120)
    rows = [f"{rng.choice(who)},{rng.choice(amounts)},gesture" for _ in range(20)]
    return AwardFile("gifts.csv", "\n".join(["member_id,email,amount,reason", *rows]), door)


def send(staging: Engine, file: AwardFile, **options: bool) -> Import:
    store = store_settings(awards=LIMITS)
    return import_awards(staging, store, file, utc_now(), agent="ada", **options)


def told_of(staging: Engine, award_id: str) -> int | None:
    """The balance that the platform told right before an award was booked."""
    facts = [json.loads(event.facts) for event in events_of(staging, award_id)]
    return next((one["balance_before"] for one in facts if "balance_before" in one), None)


@pytest.mark.parametrize("door", [Door.DESK, Door.BATCH], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_each_row_ends_as_its_class_says_and_leads_to_the_balance_that_the_preview_tells(
    staging: Engine, sandbox: Sandbox, apply: Apply, seed: int, door: Door
) -> None:
    people = fill(staging, sandbox)
    file = random_file(Random(seed), people, door)
    preview = send(staging, file, preview=True)

    queued = send(staging, file, skip_bad=True)

    assert queued.bad == preview.bad
    assert queued.counts == preview.counts
    assert STOPPING & queued.counts.keys(), "limits and balances stopped some"
    if door is Door.BATCH:
        with staging.begin() as connection:
            decide_batch(
                connection, STORE, queued.batch_id, utc_now(), approved=True, by="bo", why=None
            )
    apply(**LIMITS)
    with staging.connect() as connection:
        ended = get_batch(connection, STORE, queued.batch_id)
    ended.sort(key=lambda award: award.award_id)  # as the file has them
    after = dict.fromkeys(people, 100)
    for line, award in zip(preview.lines, ended, strict=True):
        assert (award.state, award.detail) == BOOKED[line.fate]
        assert (line.balance is None) == (line.fate is not RowFate.AWARD)
        if line.balance and line.recipient:
            assert told_of(staging, award.award_id) == line.balance.before
            assert line.balance.before == after[line.recipient.member_id]
            after[line.recipient.member_id] = line.balance.after
    for member_id, points in after.items():
        held = sandbox.control("rivo", "GET", f"members/{member_id}")
        assert held["points_tally"] == points
