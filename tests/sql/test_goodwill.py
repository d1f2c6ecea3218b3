"""What awards by hand cost, over a generated year, against an oracle and against plain SQL."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.budget import load_burndown
from loyalty_desk.goodwill.chosen import Chosen
from loyalty_desk.goodwill.ledger import Goodwill, load_goodwill
from loyalty_desk.goodwill.spans import Span
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement
from tests.factories import NOW, STORE, store_settings
from tests.sql.award_rows import applied, put
from tests.sql.staged import Staged

YEAR = (date(2025, 4, 1), date(2026, 3, 31))
POINT_VALUE = Decimal("0.0125")
SETTINGS: dict[str, Any] = {"goodwill": {"point_value": 0.0125}, "currency": "EUR"}
Row = dict[str, Any]


def a_year(seed: int) -> list[Row]:
    """Awards of a year, of every state, a fifth of them taken back by somebody else later."""
    dice, rows = random.Random(seed), list[Row]()
    for number in range(250):
        at = datetime(2025, 3, 20, tzinfo=UTC) + timedelta(minutes=dice.randint(0, 560_000))
        tags = dice.choice([None, [], ["shoes"], ["shoes", "Größe 42"], ["hats"]])
        row = {
            "award_id": f"a{number}",
            "unit": dice.choice(["points", "credits"]),
            "amount": dice.choice([-1, 1, 1, 1]) * dice.randint(1, 999),
            "agent": dice.choice(["ada", "eve", "joan"]),
            "reason": dice.choice(["gesture", "late_delivery"]),
            "member_id": f"m{dice.randint(1, 30)}",
            "member_tier": dice.choice([None, "", "Gold", "Silver"]),
            "ticket_tags": None if tags is None else json.dumps(tags),
            "state": dice.choices(["applied", "refused", "unknown", "rejected"], (80, 5, 10, 5))[0],
            "at": at,
        }
        rows.append(row)
        if row["state"] == "applied" and dice.random() < 0.2:
            back = {"award_id": f"b{number}", "amount": -row["amount"], "agent": "boss"}
            back |= {"reason": "taken back", "reverses": row["award_id"], "member_tier": "Bronze"}
            later = at + timedelta(hours=dice.randint(1, 900))
            rows.append(row | back | {"ticket_tags": '["other"]', "at": later})
    return rows


def write(engine: Engine, rows: Iterable[Row]) -> None:
    for row in rows:
        values = {name: value for name, value in row.items() if name not in {"award_id", "at"}}
        put(engine, applied(row["award_id"], **values, settled_at_utc=stamp(row["at"])))


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def money(points: int, hundredths: int) -> int:
    exact = abs(points) * POINT_VALUE * 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP)) * (1 if points >= 0 else -1) + hundredths


def keys_of(row: Row, column: str) -> list[str]:
    """Under what an award is counted; of one that takes another back, as the other is."""
    day = row["at"].date()
    if column == "tags":
        found = row["ticket_tags"]
        return ["not known"] if found is None else json.loads(found) or ["none"]
    return [
        {
            "agent": row["agent"],
            "reason": row["reason"],
            "tier": {None: "not known", "": "none"}.get(row["member_tier"], row["member_tier"]),
            "day": day.isoformat(),
            "week": (day - timedelta(days=day.isocalendar().weekday - 1)).isoformat(),
            "month": day.replace(day=1).isoformat(),
        }[column]
    ]


def oracle(rows: list[Row], column: str) -> dict[str, tuple[int, int, int, int]]:
    """Awards, points, credits and money by the values of a column."""
    originals = {row["award_id"]: row for row in rows}
    sums = defaultdict[str, list[int]](lambda: [0, 0, 0])
    for row in rows:
        if row["state"] != "applied" or not YEAR[0] <= row["at"].date() <= YEAR[1]:
            continue
        backed = originals.get(row.get("reverses", ""))
        about = row if backed is None else backed | {"at": row["at"]}
        for key in keys_of(about, column):
            sums[key][0] += -1 if backed else 1
            sums[key][1 if row["unit"] == "points" else 2] += row["amount"]
    return {key: (*three, money(three[1], three[2])) for key, three in sums.items()}


def load(engine: Engine, first: date = YEAR[0], last: date = YEAR[1], **choice: Any) -> Goodwill:
    chosen = Chosen(first=first, last=last, **choice)
    with reading(engine) as connection:
        return load_goodwill(connection, store_settings(**SETTINGS), chosen, NOW)


def sums(table: pd.DataFrame, key: str) -> dict[str, tuple[int, ...]]:
    names = ("awards", "points", "credits", "money")
    return {row[key]: tuple(int(row[name]) for name in names) for _, row in table.iterrows()}


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_of_a_year_is_that_of_the_oracle(staging: Engine, seed: int) -> None:
    rows = a_year(seed)
    write(staging, rows)

    for span in Span:
        assert sums(load(staging, span=span).by_span, "span") == oracle(rows, span)
    found = load(staging)
    for column in ("agent", "reason", "tier", "tags"):
        assert sums(found.groups[column], column) == oracle(rows, column), column
    agents = oracle(rows, "agent")
    assert found.awards == sum(row[0] for row in agents.values())
    assert found.money == money(*(sum(row[place] for row in agents.values()) for place in (1, 2)))
    shares = found.groups["reason"]["share"]
    assert shares.sum() == pytest.approx(1)
    of_year = [row for row in rows if YEAR[0] <= row["at"].date() <= YEAR[1]]
    assert len(found.unknown) == sum(row["state"] == "unknown" for row in of_year)


def test_the_sums_of_a_year_are_those_of_plain_sql(staging: Engine) -> None:
    write(staging, a_year(7))

    with staging.connect() as connection:
        wanted = connection.execute(
            text(
                "SELECT unit, SUM(amount) FROM awards WHERE state = 'applied'"
                " AND settled_at_utc BETWEEN '2025-04-01' AND '2026-04-01' GROUP BY unit"
            )
        )
        of_unit = {unit: int(amount) for unit, amount in wanted}
    found = load(staging)
    assert (found.points, found.credits) == (of_unit["points"], of_unit["credits"])


@pytest.mark.parametrize(
    ("column", "choice"),
    [
        ("agent", {"agent": "eve"}),
        ("reason", {"reason": "gesture"}),
        ("tier", {"tier": "not known"}),
        ("tags", {"tag": "Größe 42"}),
    ],
)
def test_a_filter_leaves_what_was_chosen_and_shares_stay_those_of_all(
    staging: Engine, column: str, choice: dict[str, str]
) -> None:
    rows = a_year(4)
    write(staging, rows)
    whole, part = load(staging), load(staging, **choice)
    [wanted] = choice.values()

    assert sums(part.groups[column], column)[wanted] == oracle(rows, column)[wanted]
    assert (part.awards, part.points) == oracle(rows, column)[wanted][:2]
    share = part.groups[column].set_index(column)["share"][wanted]
    assert share == pytest.approx(part.awards / whole.awards)
    assert part.agents == whole.agents == ["ada", "eve", "joan"], "who took back is no agent of it"


def test_without_a_value_of_points_no_money_is_made_of_them(staging: Engine) -> None:
    write(staging, a_year(1))
    chosen = Chosen(first=YEAR[0], last=YEAR[1])
    with reading(staging) as connection:
        found = load_goodwill(connection, store_settings(), chosen, NOW)

    assert found.money is None
    assert found.groups["agent"]["money"].isna().all()


def test_a_time_without_awards_is_empty_and_no_error(staging: Engine) -> None:
    found = load(staging)

    assert (found.awards, found.points, found.credits, found.money) == (0, 0, 0, 0)
    assert (list(found.by_span["span"]), found.agents, found.outliers) == ([], [], [])


def test_a_tag_may_be_chosen_where_nothing_was_booked(staging: Engine) -> None:
    write(staging, a_year(1))

    for found in (
        load(staging, agent="nobody", tag="shoes"),
        load(staging, first=date(2020, 1, 1), last=date(2020, 1, 31), tag="shoes"),
    ):
        assert (found.awards, found.money, list(found.by_span["span"])) == (0, 0, [])


def test_a_person_is_one_customer_whichever_way_the_awards_were_asked_for(staging: Engine) -> None:
    address = {"email": "mira@shop.example", "subject": "mira@shop.example", "member_id": "m7"}
    at = {"settled_at_utc": stamp(NOW)}
    put(
        staging,
        applied("by address", **address, **at, agent="ada"),
        applied("by a further one", **address | {"subject": "m@shop.example"}, **at, agent="eve"),
        applied("by id", **at, member_id="m7", subject="m7", agent="joan"),
    )
    today = NOW.date()

    [one] = load(staging, first=today, last=today).outliers
    assert (one.rule, one.who, one.awards) == ("several_agents", "m7", 3)


def test_whoever_is_worth_a_look_goes_by_name_and_not_by_who_was_first(staging: Engine) -> None:
    people = ("m9", "m10", "m2")
    first_to_last = {who: stamp(NOW + timedelta(seconds=n)) for n, who in enumerate(people)}
    put(
        staging,
        *(
            applied(f"{who} by {agent}", settled_at_utc=at, member_id=who, agent=agent)
            for who, at in first_to_last.items()
            for agent in ("ada", "eve", "joan")
        ),
    )
    today = NOW.date()

    found = load(staging, first=today, last=today).outliers
    assert [one.who for one in found] == sorted(people)


def test_tags_that_are_blank_are_not_known_as_those_that_are_not_there(staging: Engine) -> None:
    at = {"settled_at_utc": stamp(NOW), "member_id": "m7"}
    put(staging, applied("blank", **at, ticket_tags=""), applied("no ticket", **at))
    today = NOW.date()

    found = load(staging, first=today, last=today)

    assert (found.tags, list(found.groups["tags"]["awards"])) == (["not known"], [2])


def test_awards_per_100_tickets_are_told_only_while_all_tickets_are_held(staging: Engine) -> None:
    today = NOW.date()
    for number in range(3):
        put(staging, applied(f"a{number}", settled_at_utc=stamp(NOW - timedelta(hours=1))))
    with staging.begin() as connection:
        for number in range(8):
            Staged(connection).ticket(number, 7, created_at_utc=stamp(NOW - timedelta(hours=2)))
        Staged(connection).ticket(99, 7, created_at_utc=stamp(NOW - timedelta(days=40)))

    found = load(staging, first=today, last=today)
    assert list(found.by_span["per_100_tickets"]) == [37.5]
    older = load(staging, first=today - timedelta(days=30), last=today)
    assert "per_100_tickets" not in older.by_span
    assert "known from 2026-02-01 on" in older.why_no_rates
    part = load(staging, first=today, last=today, agent="eve")
    assert "known for all awards alone" in part.why_no_rates
    with staging.begin() as connection:
        Staged(connection).ticket(100, 7)
    assert "no time is told" in load(staging, first=today, last=today).why_no_rates


def test_the_budget_burns_down_by_what_was_booked_less_what_was_taken_back(staging: Engine) -> None:
    store = store_settings(goodwill={"point_value": 0.01, "budget_per_month": 100}, currency="EUR")
    first = datetime(2026, 3, 1, tzinfo=UTC)
    before = stamp(first - timedelta(seconds=1))
    put(
        staging,
        applied("before", amount=9_999, settled_at_utc=before),
        applied("points", amount=5_000, settled_at_utc=stamp(first)),
        applied("credits", unit="credits", amount=4_000, settled_at_utc=stamp(first)),
        applied("unknown", amount=9_999, state="unknown", settled_at_utc=stamp(first)),
        applied("back", amount=-1_000, reverses="points", settled_at_utc=stamp(NOW)),
        applied("other", store="other", amount=9_999, settled_at_utc=stamp(NOW)),
    )
    with reading(staging) as connection:
        found = load_burndown(connection, store, NOW)

    assert found is not None
    assert found.left == [(date(2026, 3, 1), 1_000), (date(2026, 3, 2), 2_000)]
    assert (found.budget, found.spent, found.reached) == (10_000, 8_000, 80)
    assert store.name == STORE


def test_what_took_an_award_back_is_found_by_an_index(staging: Engine) -> None:
    """A walk over all awards for each of them takes minutes with 200,000."""
    for number in range(50):
        put(staging, applied(f"a{number}", settled_at_utc=utc_text(NOW)))
    query = statement("goodwill/awards/select_awards").compile(staging)
    binds = {"store": STORE, "from_utc": "2000", "until_utc": "3000"}
    with reading(staging) as connection:
        if staging.dialect.name == "sqlite":
            values = tuple(binds[name] for name in query.positiontup)
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {query}", binds)
        steps = " ".join(str(row) for row in plan)
    assert "awards_reversed" in steps


def test_a_tier_or_tag_that_is_called_as_our_words_are_is_another_one(staging: Engine) -> None:
    names = ("none", "not known", "“none”", "None")
    at = {"settled_at_utc": stamp(NOW), "member_id": "m7"}
    tags = [json.dumps([name]) for name in names]
    put(staging, applied("no tier", **at, member_tier="", ticket_tags="[]"))
    put(staging, applied("nobody knows", **at))
    for number, (name, tag) in enumerate(zip(names, tags, strict=True)):
        put(staging, applied(f"t{number}", **at, member_tier=name, ticket_tags=tag))
    today = NOW.date()

    found = load(staging, first=today, last=today)

    shown = ["none", "not known", "“none”", "“not known”", "““none””", "None"]
    for column, wanted in (("tier", found.tiers), ("tags", found.tags)):
        assert sorted(wanted) == sorted(shown)
        counted = found.groups[column]
        assert dict(zip(counted[column], counted["awards"], strict=True)) == dict.fromkeys(shown, 1)
    for name in shown:
        for choice in ({"tier": name}, {"tag": name}):
            assert load(staging, first=today, last=today, **choice).awards == 1
