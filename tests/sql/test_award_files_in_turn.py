"""A file's rows are judged all at once, and must come to what each would come to alone, in turn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from loyalty_desk.awards.csv_import import AwardFile, Import, import_awards
from loyalty_desk.awards.file_rows import RowFate
from loyalty_desk.awards.queue import (
    AwardKeyError,
    AwardLimitError,
    Door,
    midnight_utc,
    queue_award,
)
from loyalty_desk.awards.requests import read_request
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.clock import utc_text
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from tests.factories import NOW, STORE, store_settings
from tests.sql.award_rows import award_row, put
from tests.sql.staged import Staged

COLUMNS = ("member_id", "email", "amount", "unit", "reason", "agent", "idempotency_key")
MEMBERS = {
    "m1": ("one@shop.example", "member", None),
    "m2": ("two@shop.example", "member", None),
    "m3": ("twin@shop.example", "member", None),
    "m4": ("twin@shop.example", "excluded", None),
    "m5": ("out@shop.example", "excluded", None),
    "m6": ("left@shop.example", "member", utc_text(NOW)),
    "m7": ("guest@shop.example", "guest", None),
    "m8": ("both@shop.example", "member", None),
    "m9": ("both@shop.example", "member", None),
    "m10": (None, "member", None),
}
ADDRESSES = ("further@shop.example", "nobody@shop.example")
"""Of nobody who was read; the first of them may turn out to be m10's."""
ALL_ADDRESSES = sorted({key for key, _, _ in MEMBERS.values() if key} | set(ADDRESSES))
STATES = ("queued", "needs_approval", "approved", "applying", "applied", "refused", "rejected")


def fill(staging: Engine, rng: Random) -> None:
    """Members of every kind, and awards of today and yesterday in every state."""
    with staging.begin() as connection:
        staged = Staged(connection)
        for member_id, (key, status, gone) in MEMBERS.items():
            points = rng.choice((100, 100, 30, None))
            staged.member(member_id, key, status=status, gone_at_utc=gone, points_balance=points)
    rows = []
    for number in range(12):
        email, member_id = rng.choice(
            ((rng.choice(ALL_ADDRESSES), None), (None, "m1"), (ADDRESSES[0], "m10"), (None, "m2"))
        )
        day = NOW if rng.random() < 0.8 else NOW.replace(day=NOW.day - 1)
        rows.append(
            award_row(
                f"award-{number}",
                email=email,
                member_id=member_id,
                subject=rng.choice((member_id, email)) or member_id or email,
                amount=rng.choice((10, 25, -20)),
                agent=rng.choice(("ada", "eve")),
                door=rng.choice([door.value for door in Door]),
                state=rng.choice(STATES),
                # One after the other: of two at once nobody can tell which an address was last for.
                queued_at_utc=midnight_utc(day).replace("00:00:00", f"01:00:{number:02}"),
            )
        )
    put(staging, *rows)


def settings(rng: Random) -> StoreSettings:
    return store_settings(
        awards={
            "max_points_per_award": rng.choice((60, 1000)),
            "max_points_per_agent_per_day": rng.choice((300, 10_000)),
            "max_points_per_member_per_day": rng.choice((90, 2000)),
            "max_points_by_file_per_day": rng.choice((200, 10_000)),
            "max_points_by_batch_per_day": rng.choice((200, 10_000)),
            "approval_above_points": rng.choice((None, 30)),
            "points_below_zero": rng.choice(("allow", "warn", "refuse", "refuse")),
            "allow_guests": rng.random() < 0.5,
            "allow_excluded": rng.random() < 0.3,
        }
    )


def rows_of(rng: Random, door: Door) -> list[dict[str, str]]:
    """Few people, many rows; each with a key, and some with one that was used."""
    keys = [f"award-{number}" for number in range(3)]
    people = [{"member_id": one} for one in rng.sample((*MEMBERS, "m404"), 3)]
    people += [{"email": one} for one in (ADDRESSES[0], *rng.sample(ALL_ADDRESSES, 3))]
    rows = []
    for number in range(30):
        used = [row["idempotency_key"] for row in rows]
        key = rng.choice((*keys, *used)) if rng.random() < 0.15 else f"key-{number}"
        again = next((row for row in rows if row["idempotency_key"] == key), None)
        rows.append(
            dict(again)
            if again and rng.random() < 0.5
            else {
                **rng.choice(people),
                "amount": str(rng.choice((5, 10, 40, 70, -20, -60))),
                "unit": "credits" if rng.random() < 0.1 else "points",
                "reason": "gesture",
                # On the desk nobody awards in another's name.
                "agent": rng.choice(("ada", "eve")) if door is Door.FILE else "ada",
                "idempotency_key": key,
            }
        )
    return rows


def as_file(rows: list[dict[str, str]], door: Door) -> AwardFile:
    lines = [",".join(row.get(name, "") for name in COLUMNS) for row in rows]
    return AwardFile("gifts.csv", "\n".join([",".join(COLUMNS), *lines]), door)


def kind_of(error: Exception) -> str:
    """What a row is refused for. Whose a key is, is said otherwise of a row above."""
    return "key" if isinstance(error, AwardKeyError) else str(error)


def queue_in_turn(
    staging: Engine, store: StoreSettings, rows: list[dict[str, str]], door: Door
) -> tuple[dict[int, Any], list[Any]]:
    """What each row comes to, queued alone, and what that leaves; and all is as it was again."""
    found: dict[int, Any] = {}
    with staging.connect() as connection, connection.begin() as transaction:
        for line, row in enumerate(rows, 2):
            request = read_request(row, store.awards)
            try:
                queued = queue_award(connection, store, request, NOW, door=door)
            except (AwardKeyError, AwardLimitError, SharedAwardError) as error:
                found[line] = kind_of(error)
            else:
                found[line] = (queued.state, queued.is_new)
        left = left_in(connection)
        transaction.rollback()
    return found, left


def left_in(connection: Connection) -> list[Any]:
    """All awards, the audit and the cards that are asked for, but for ids."""
    awards = connection.execute(select(schema.awards)).mappings().all()
    keys = {row["award_id"]: row["idempotency_key"] for row in awards}
    events = connection.execute(select(schema.award_events)).mappings().all()
    cards = connection.execute(select(schema.cards_to_show)).mappings().all()
    return [
        sorted(
            str({name: row[name] for name in row if name not in {"award_id", "batch_id"}})
            for row in awards
        ),
        sorted(str((keys[event["award_id"]], event["state"], told(event))) for event in events),
        sorted((card["member_id"], keys[card["cause_ref"]]) for card in cards),
    ]


def told(event: Mapping[str, Any]) -> dict[str, Any]:
    facts = json.loads(event["facts"])
    return {name: fact for name, fact in facts.items() if name != "batch_id"}


def said(done: Import) -> dict[int, Any]:
    """What a preview says of each row, as `queue_in_turn` does."""
    bad = {line: "key" if "idempotency key" in why else why for line, why in done.bad_lines.items()}
    return {line.number: (line.state, line.is_new) for line in done.lines} | bad


@pytest.mark.parametrize("door", [Door.FILE, Door.DESK, Door.BATCH], ids=str)
@pytest.mark.parametrize("seed", range(12))
def test_a_file_is_judged_and_queued_as_each_of_its_rows_would_be_in_turn(
    staging: Engine, seed: int, door: Door
) -> None:
    rng = Random(seed)
    fill(staging, rng)
    store, rows = settings(rng), rows_of(rng, door)
    file = as_file(rows, door)
    in_turn, left = queue_in_turn(staging, store, rows, door)

    preview = import_awards(staging, store, file, NOW, agent="ada", preview=True)

    assert said(preview) == in_turn
    done = import_awards(staging, store, file, NOW, agent="ada", skip_bad=True)
    assert said(done) == in_turn
    with staging.connect() as connection:
        assert left_in(connection) == left


@pytest.mark.parametrize(
    "others", [{"email": "one@shop.example"}, {"member_id": "m1"}, {}], ids=str
)
def test_a_member_is_one_person_also_by_an_address_that_was_booked_for_them_today(
    staging: Engine, others: dict[str, str]
) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m1", "one@shop.example")
    earlier = {"member_id": "m1", "state": "applied", "queued_at_utc": utc_text(NOW)}
    further = {"email": ADDRESSES[0]}
    put(staging, award_row("earlier", **further, **earlier))
    rows = [
        {**who, "amount": "50", "reason": "gesture"}
        for who in (further, others or further, further)
    ]

    found = import_awards(
        staging, store_settings(), as_file(rows, Door.DESK), NOW, agent="ada", preview=True
    )

    assert found.counts == {RowFate.AWARD: 3}
    assert {line.recipient and line.recipient.member_id for line in found.lines} == {"m1"}
    balances = [line.balance for line in found.lines if line.balance]
    assert [(one.before, one.after) for one in balances] == [(100, 150), (150, 200), (200, 250)]


def test_a_preview_writes_nothing_and_waits_for_nobody(staging: Engine) -> None:
    file = as_file(rows_of(Random(1), Door.DESK), Door.DESK)
    with staging.connect() as agent, agent.begin():
        queue_award(
            agent,
            store_settings(),
            read_request(
                {"member_id": "m1", "amount": "5", "reason": "gesture", "agent": "eve"},
                store_settings().awards,
            ),
            NOW,
            door=Door.HTTP,
        )  # and holds the store's gate

        assert import_awards(staging, store_settings(), file, NOW, agent="ada", preview=True).queued

    with staging.connect() as connection:
        assert connection.execute(
            select(schema.awards.c.store).where(schema.awards.c.store == STORE)
        ).all() == [(STORE,)]


def test_what_is_queued_at_once_is_booked_in_the_order_of_the_file(staging: Engine) -> None:
    rows = [
        {
            "member_id": "m1",
            "amount": str(number),
            "reason": "gesture",
            "idempotency_key": f"{number}",
        }
        for number in range(1, 40)
    ]
    import_awards(staging, store_settings(), as_file(rows, Door.DESK), NOW, agent="ada")

    with staging.connect() as connection:
        ids = select(schema.awards.c.amount).order_by(schema.awards.c.award_id)
        assert list(connection.execute(ids).scalars()) == list(range(1, 40))
