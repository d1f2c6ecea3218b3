"""What all members hold, by day and tier, against sums made beside it; on both databases."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.goodwill.held import load_days
from loyalty_desk.goodwill.liability import keep_liability, keep_what_awards_were_for
from loyalty_desk.staging.award_schema import awards
from loyalty_desk.staging.schema import liability_days, members
from tests.factories import NOW, STORE, store_settings
from tests.oracle.liability import Booked, Held, Liability
from tests.sql.award_rows import applied, put
from tests.sql.staged import Staged

DAY = timedelta(days=1)
NAMES = (
    *("members", "members_told", "points", "points_pending", "credits"),
    *("points_by_hand", "credits_by_hand"),
)
Person = dict[str, Any]


def write(engine: Engine, people: dict[str, Person]) -> None:
    """Have staging hold exactly these members of the store."""
    with engine.begin() as connection:
        connection.execute(members.delete())
        for number, (member_id, one) in enumerate(people.items()):
            card = {key: one[key] for key in one if key in {"tier", "points_pending"}}
            if "credits" in one:
                card["credits_balance"] = str(one["credits"])
            Staged(connection).member(
                member_id,
                points_balance=one.get("points"),
                card=json.dumps(card),
                gone_at_utc="2026-01-01T00:00:00.000000Z" if one.get("gone") else None,
                status=one.get("status", "member"),
                tier_rank=number,
            )


def keep(engine: Engine, at: datetime, **settings: Any) -> None:
    with engine.begin() as connection:
        keep_liability(connection, store_settings(**settings), at)


def rows(engine: Engine, day: datetime) -> dict[str, dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(
            select(liability_days).where(liability_days.c.day == day.strftime("%Y-%m-%d"))
        ).mappings()
        return {row["tier"]: dict(row) for row in found}


def text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def figures(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in NAMES}


def figures_of(held: Held) -> dict[str, Any]:
    told = {name: getattr(held, name) for name in NAMES}
    money = {name: told[name] for name in ("credits", "credits_by_hand")}
    return told | {name: None if one is None else int(one * 100) for name, one in money.items()}


def some_person(dice: random.Random) -> Person:
    one: Person = {}
    if dice.random() < 0.9:
        one["points"] = dice.randint(-50, 5_000)
    if dice.random() < 0.8:
        one["tier"] = dice.choice(["Silver", "Gold", 'The "best"'])
    if dice.random() < 0.3:
        one["points_pending"] = dice.randint(0, 900)
    if dice.random() < 0.5:
        one["credits"] = Decimal(dice.randint(0, 99_999)) / 1000
    one["status"] = dice.choices(["member", "guest", "excluded", "erased"], (80, 10, 5, 5))[0]
    return one


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_of_a_fortnight_is_that_of_the_oracle(staging: Engine, seed: int) -> None:
    dice, oracle, booked = random.Random(seed), Liability(), list[Booked]()
    people = {f"m{number}": some_person(dice) for number in range(60)}
    now = NOW
    for day in range(14):
        now += DAY * dice.choice([1, 1, 1, 2])  # some days there is no sync
        for member_id in dice.sample(sorted(people), 10):
            people[member_id] = some_person(dice) | {"gone": dice.random() < 0.2}
        for number in range(dice.randint(0, 6)):
            at = now - timedelta(minutes=dice.randint(0, 1_400))
            member_id, unit = f"m{dice.randint(0, 70)}", dice.choice(["points", "credits"])
            amount, state = dice.randint(-80, 300), dice.choice(["applied", "applied", "unknown"])
            put(
                staging,
                applied(
                    f"a{day}x{number}",
                    member_id=member_id,
                    unit=unit,
                    amount=amount,
                    state=state,
                    settled_at_utc=text(at),
                ),
            )
            if state == "applied":
                size = 1 if unit == "points" else 100
                booked.append((at, member_id, unit, Decimal(amount) / size))
        write(staging, people)
        oracle.synced(now, people, booked)
        keep(staging, now)
        assert {tier: figures(row) for tier, row in rows(staging, now).items()} == {
            tier: figures_of(held) for tier, held in oracle.days[now.date()].items()
        }


def test_the_last_sync_of_a_day_stays_and_what_moved_is_since_the_day_before(
    staging: Engine,
) -> None:
    write(staging, {"a": {"points": 100, "tier": "Gold"}})
    keep(staging, NOW)
    write(staging, {"a": {"points": 130, "tier": "Gold"}})
    put(staging, applied("x", member_id="a", amount=20, settled_at_utc=text(NOW + DAY)))
    for hours in (1, 5, 9):
        keep(staging, NOW + DAY + timedelta(hours=hours))

    [first], [second] = rows(staging, NOW).values(), rows(staging, NOW + DAY).values()
    assert (first["points"], first["since_day"], first["points_by_hand"]) == (100, None, None)
    assert (second["points"], second["since_day"], second["points_by_hand"]) == (
        130,
        "2026-03-02",
        20,
    )
    assert second["taken_at_utc"] == text(NOW + DAY + timedelta(hours=9))


def test_what_nobody_tells_is_unknown_and_not_zero(staging: Engine) -> None:
    write(staging, {"a": {"tier": "Gold"}})
    keep(staging, NOW)

    [row] = rows(staging, NOW).values()
    assert (row["members"], row["members_told"], row["points"]) == (1, 0, 0)
    assert (row["points_pending"], row["credits"]) == (None, None)
    assert (row["point_value_millionths"], row["currency"]) == (None, None)


def test_a_day_keeps_what_a_point_was_worth_then(staging: Engine) -> None:
    write(staging, {"a": {"points": 100}})
    keep(staging, NOW, goodwill={"point_value": 0.0125}, currency="EUR")
    keep(staging, NOW + DAY, goodwill={"point_value": 0.02}, currency="EUR")

    [first], [second] = rows(staging, NOW).values(), rows(staging, NOW + DAY).values()
    assert (first["point_value_millionths"], first["currency"]) == (12_500, "EUR")
    assert second["point_value_millionths"] == 20_000


def test_a_tier_that_lost_everybody_has_zeros_once(staging: Engine) -> None:
    write(staging, {"a": {"points": 100, "tier": "Gold"}})
    keep(staging, NOW)
    write(staging, {"a": {"points": 100, "tier": "Silver"}})
    keep(staging, NOW + DAY)
    keep(staging, NOW + 2 * DAY)

    assert {tier: row["points"] for tier, row in rows(staging, NOW + DAY).items()} == {
        "Gold": 0,
        "Silver": 100,
    }
    assert set(rows(staging, NOW + 2 * DAY)) == {"Silver"}


def test_what_moved_is_known_also_after_a_day_on_which_nobody_was_there(staging: Engine) -> None:
    for day, people in enumerate(({"a": {"points": 100}}, {}, {}, {"a": {"points": 70}})):
        write(staging, people)
        keep(staging, NOW + day * DAY)
    put(staging, applied("x", member_id="a", amount=20, settled_at_utc=text(NOW + 3 * DAY)))
    keep(staging, NOW + 3 * DAY)

    [row] = rows(staging, NOW + 3 * DAY).values()
    assert (row["points"], row["since_day"], row["points_by_hand"]) == (70, "2026-03-03", 20)
    with staging.connect() as connection:
        [*_, last] = load_days(connection, STORE, NOW.date(), (NOW + 3 * DAY).date())
    assert (last.points_moved, last.points_unexplained) == (70, 50)


def test_a_store_counts_its_own_members_and_awards(staging: Engine) -> None:
    with staging.begin() as connection:
        Staged(connection, "other").member("a", points_balance=7_000)
    write_own = {"b": {"points": 5}}
    with staging.begin() as connection:
        Staged(connection).member("b", points_balance=5)
    keep(staging, NOW)
    put(
        staging,
        applied("x", store="other", member_id="b", settled_at_utc=text(NOW + timedelta(hours=1))),
    )
    keep(staging, NOW + DAY)

    [row] = rows(staging, NOW + DAY).values()
    assert (row["members"], row["points"], row["points_by_hand"]) == (len(write_own), 5, 0)


def kept_of(engine: Engine) -> dict[str, tuple[str | None, str | None]]:
    with engine.begin() as connection:
        keep_what_awards_were_for(connection, store_settings(), NOW)
        found = connection.execute(
            select(awards.c.award_id, awards.c.member_tier, awards.c.ticket_tags)
        )
        return {row.award_id: (row.member_tier, row.ticket_tags) for row in found}


def test_an_award_keeps_the_tier_of_then_and_one_of_long_ago_is_not_given_that_of_now(
    staging: Engine,
) -> None:
    here = {"m1": {"points": 1, "tier": "Gold"}, "m2": {"points": 1}}
    write(staging, here | {"m4": {"tier": "Gold", "gone": True}, "m5": {"status": "erased"}})
    recent, old = text(NOW - timedelta(hours=2)), text(NOW - timedelta(hours=25))
    put(
        staging,
        applied("gold", settled_at_utc=recent),
        applied("none", member_id="m2", settled_at_utc=recent),
        applied("forgotten", member_id="m3", settled_at_utc=recent),
        applied("gone", member_id="m4", settled_at_utc=recent),
        applied("erased", member_id="m5", settled_at_utc=recent),
        applied("old", settled_at_utc=old),
        applied("open", state="unknown", settled_at_utc=recent),
    )
    first = {award_id: tier for award_id, (tier, _) in kept_of(staging).items()}
    write(staging, {"m1": {"points": 1, "tier": "Platinum"}})

    nobody = dict.fromkeys(("forgotten", "gone", "erased", "old", "open"))
    assert first == {"gold": "Gold", "none": ""} | nobody
    assert kept_of(staging)["gold"][0] == "Gold"


def test_an_award_keeps_its_tickets_tags_when_the_ticket_is_forgotten(staging: Engine) -> None:
    queued = text(NOW - timedelta(hours=2))
    put(
        staging,
        applied("tagged", ticket_id=1, queued_at_utc=queued),
        applied("untold", ticket_id=2, queued_at_utc=queued),
        applied("old", ticket_id=1, queued_at_utc=text(NOW - 31 * DAY)),
        applied("none", queued_at_utc=queued),
    )
    with staging.begin() as connection:
        Staged(connection).ticket(1, 7, tags='["shoes"]')
        Staged(connection).ticket(2, 7)
    first = {award_id: tags for award_id, (_, tags) in kept_of(staging).items()}
    with staging.begin() as connection:
        Staged(connection).delete(awards, award_id="none")
        connection.exec_driver_sql("DELETE FROM tickets")

    assert first == {"tagged": '["shoes"]', "untold": None, "old": None, "none": None}
    assert kept_of(staging)["tagged"][1] == '["shoes"]'
