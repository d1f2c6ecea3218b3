"""A row at fault is one row: set aside with its reason, the card as it was, others served."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import QualityError
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.platforms.rivo import read_member
from loyalty_desk.quality.gate import check_step
from loyalty_desk.quality.steps import Step
from loyalty_desk.records import Customer, Member, MemberStatus, Rejected
from loyalty_desk.settings.sections import ExtractSettings
from loyalty_desk.staging import full_scans, intake, schema
from loyalty_desk.staging.intake_batch import StagedCounts
from loyalty_desk.staging.set_aside import note_rejected
from loyalty_desk.sync.match import match_customers
from loyalty_desk.sync.plan import PlanCounts, plan_changes
from tests.factories import LATER, NOW, STORE, customer, member, store_settings
from tests.sql.quality_rows import RUN, fill_healthy, insert, member_row, run_row

HUGE = 2_000_000_000
SETTINGS = store_settings()


def read(staging: Engine, *people: Member | Customer, later: bool = False) -> StagedCounts:
    now = LATER if later else NOW
    with staging.begin() as connection:
        if isinstance(people[0], Member):
            members = [one for one in people if isinstance(one, Member)]
            return intake.stage_members(connection, STORE, members, now, first_load=False)
        customers = [one for one in people if isinstance(one, Customer)]
        return intake.stage_customers(
            connection, STORE, customers, now, card_key="loyalty", first_load=False
        )


def match_and_plan(staging: Engine, run_id: str = RUN, *, full: bool = False) -> PlanCounts:
    with staging.begin() as connection:
        match_customers(connection, SETTINGS, NOW, full=full)
        return plan_changes(connection, SETTINGS, run_id, NOW, full=full)


def planned(staging: Engine, run_id: str = RUN) -> dict[int, str]:
    with staging.connect() as connection:
        changes = schema.changes
        rows = connection.execute(select(changes).where(changes.c.run_id == run_id))
        return {row.customer_id: row.outcome for row in rows}


def aside(staging: Engine) -> set[tuple[str, str, str, str]]:
    with staging.connect() as connection:
        rows = connection.execute(select(schema.set_aside)).all()
    return {(row.side, row.subject_id, row.found_by, row.reason) for row in rows}


def check(staging: Engine, step: Step, **extract: Any) -> Any:
    store = store_settings(extract=extract)
    return check_step(staging, store, RUN, step, NOW, docs_dir=None)


# --- received ----------------------------------------------------------------------------------


def rivo_row(member_id: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(member_id),
        "attributes": {
            "email": f"m{member_id}@shop.example",
            "loyalty_status": "member",
            "points_tally": 100,
            **fields,
        },
    }


def test_an_implausible_balance_sets_one_member_aside_and_the_card_stays(staging: Engine) -> None:
    read(staging, customer(7), customer(8))
    read(staging, *(read_member(rivo_row(number)) for number in (7, 8)))
    match_and_plan(staging, "first")

    bad, good = (rivo_row(number, points_tally=points) for number, points in ((7, HUGE), (8, 120)))
    counts = read(staging, read_member(bad), read_member(good), later=True)

    assert [(one.record_id, one.field) for one in counts.set_aside] == [("7", "points_balance")]
    assert (counts.staged, counts.changed) == (1, 1)
    reason = "points_balance is beyond 1,000,000,000, up or down"
    assert aside(staging) == {("member", "7", "read", reason)}
    with staging.connect() as connection:
        points = select(schema.members.c.points_balance).where(schema.members.c.member_id == "7")
        assert connection.execute(points).scalar() == 100


@pytest.mark.parametrize("full", [True, False])
def test_the_card_of_who_is_set_aside_is_not_planned_until_a_good_row_comes(
    staging: Engine,
    full: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    read(staging, customer(7), customer(8))
    read(staging, member("m7", card={"points_balance": HUGE}), member("m8"))

    counts = match_and_plan(staging, full=full)

    assert planned(staging) == {8: "matched"}  # and 7 is not told that it is no member
    assert counts.cards_stale == 1

    read(staging, member("m7"), later=True)
    match_and_plan(staging, "next")
    assert planned(staging, "next")[7] == "matched"
    assert aside(staging) == set()


def test_who_was_not_read_again_is_looked_at_again_by_each_plan(staging: Engine) -> None:
    read(staging, customer(7))
    read(staging, member("m7"))
    with staging.begin() as connection:
        bad = Rejected(source="customers", record_id="7", field="name", reason="is a list")
        note_rejected(connection, STORE, "customer", [bad], NOW)
    assert match_and_plan(staging).cards_stale == 1
    assert planned(staging) == {}

    with staging.begin() as connection:
        connection.execute(text("DELETE FROM set_aside"))
    match_and_plan(staging, "next")

    assert planned(staging, "next") == {7: "matched"}


def test_who_left_is_not_held_back_any_more(staging: Engine) -> None:
    read(staging, customer(7))
    read(staging, member("m7"))
    read(staging, member("m7", card={"points_balance": HUGE}), later=True)
    with staging.begin() as connection:
        full_scans.begin_scan(connection, STORE, "members", RUN)
        full_scans.finish_scan(connection, STORE, "members", NOW)

    match_and_plan(staging)

    assert aside(staging) == set()
    with staging.connect() as connection:
        outcome = connection.execute(select(schema.unmatched_customers.c.outcome)).scalar()
    assert outcome == "not_a_member"


def test_an_erased_member_is_erased_whatever_else_the_row_says(staging: Engine) -> None:
    read(staging, member("m7"))

    erased = member("m7", status=MemberStatus.ERASED, card={"points_balance": HUGE})
    assert read(staging, erased, later=True).set_aside == ()


def test_a_coupon_with_nothing_under_a_key_is_at_fault_and_its_words_are_not(
    staging: Engine,
) -> None:
    words = {"name": '":null,"', "coupons": [{"name": '{"value":null}'}]}
    assert read(staging, member("m1", card=words)).set_aside == ()

    gap = {"coupons": [{"name": "5 off", "value": None}]}
    assert [one.field for one in read(staging, member("m2", card=gap)).set_aside] == ["coupons"]


def test_a_lookup_says_since_when_it_does_not_know_better(staging: Engine) -> None:
    read(staging, member("m7"))
    read(staging, member("m7", card={"points_balance": HUGE}), later=True)
    with staging.begin() as connection:
        connection.execute(
            schema.watermarks.insert(),
            {"store": STORE, "source": "members", "full_scan_at_utc": utc_text(LATER)},
        )
        found = find_staged(connection, SETTINGS, "m7@shop.example")

    assert (found.card["points_balance"], found.as_of_utc) == (100, utc_text(NOW))


# --- checked -----------------------------------------------------------------------------------


def test_what_the_match_got_wrong_for_one_customer_is_not_planned(staging: Engine) -> None:
    read(staging, customer(1), customer(2))
    read(staging, member("m1"), member("m2"))
    with staging.begin() as connection:
        insert(connection, schema.runs, run_row(RUN, "running", NOW))
        match_customers(connection, SETTINGS, NOW, full=True)
        connection.execute(text("UPDATE matches SET member_id = 'm1' WHERE customer_id = 2"))

    result = check(staging, Step.MATCH)

    assert result.quality_critical_failed == 0
    assert ("customer", "2", "match", "match_email_differs") in aside(staging)
    match_and_plan(staging, full=True)
    assert 2 not in planned(staging)


def test_a_check_that_holds_again_takes_back_what_it_found(staging: Engine) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        insert(connection, schema.members, member_row("bad", status="odd"))
    check(staging, Step.MEMBERS)
    assert {row[1] for row in aside(staging)} == {"bad"}

    with staging.begin() as connection:
        connection.execute(text("UPDATE members SET status = 'member'"))
    check(staging, Step.MEMBERS)

    assert aside(staging) == set()


def test_a_change_at_fault_is_taken_out_of_the_plan_and_planned_again(staging: Engine) -> None:
    read(staging, customer(1), customer(2))
    read(staging, member("m1"), member("m2"))
    with staging.begin() as connection:
        insert(connection, schema.runs, run_row(RUN, "running", NOW))
    match_and_plan(staging, full=True)
    with staging.begin() as connection:
        connection.execute(text("UPDATE changes SET member_id = 'm1' WHERE customer_id = 2"))

    check(staging, Step.PLAN)

    assert planned(staging) == {1: "matched"}
    with staging.connect() as connection:
        again = connection.execute(select(schema.to_plan.c.customer_id)).scalars().all()
        counters = dict(
            connection.execute(
                select(schema.run_counters.c.name, schema.run_counters.c.value)
            ).all()
        )
    assert again == [2]
    assert (counters["planned"], counters["planned_new"]) == (1, 1)
    match_and_plan(staging, "next")  # what a plan's check found holds no later plan back
    assert planned(staging, "next")[2] == "matched"


@pytest.mark.parametrize(
    ("check_name", "at_fault"),
    [("member_email", {"email_key": None}), ("member_status_known", {"status": "odd"})],
)
def test_each_of_several_hundred_rows_at_fault_is_set_aside(
    staging: Engine, check_name: str, at_fault: dict[str, Any]
) -> None:
    fill_healthy(staging)
    names = [f"bad{number}" for number in range(300)]  # GX itself names 200
    with staging.begin() as connection:
        insert(connection, schema.members, *(member_row(name, **at_fault) for name in names))

    check(staging, Step.MEMBERS, max_rejected=1_000, max_rejected_share=1.0)

    assert aside(staging) == {("member", name, "members", check_name) for name in names}


@pytest.mark.parametrize(
    ("extract", "limit"),
    [
        ({"max_rejected": 1}, r"max_rejected = 1 "),
        ({"always_set_aside": 0, "max_rejected_share": 0.2}, r"max_rejected_share = 0\.2 "),
    ],
)
def test_many_rows_at_fault_stop_the_run_by_count_or_share(
    staging: Engine, extract: dict[str, Any], limit: str
) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        bad = [member_row(f"bad{number}", status="odd") for number in range(2)]
        insert(connection, schema.members, *bad)

    with pytest.raises(QualityError, match=rf"member_status_known \(2 rows\).*{limit}"):
        check(staging, Step.MEMBERS, **extract)

    assert aside(staging) == set()


@pytest.mark.parametrize(
    ("at_fault", "rows", "limit"),
    [
        (0, 0, None),
        (10, 10, None),
        (11, 11, "max_rejected_share"),
        (11, 1000, None),
        (51, 1000, "max_rejected_share"),
        (5001, 1_000_000, "max_rejected"),
    ],
)
def test_a_few_rows_never_stop_a_run(at_fault: int, rows: int, limit: str | None) -> None:
    found = ExtractSettings().limit_exceeded(at_fault, rows)

    assert found is None if limit is None else found.startswith(f"extract.{limit} = ")  # type: ignore[union-attr] # None is told apart


def test_the_time_stays_when_the_same_row_is_at_fault_again(staging: Engine) -> None:
    bad = member("m7", card={"points_balance": HUGE})
    read(staging, bad)
    read(staging, bad, later=True)

    with staging.connect() as connection:
        since = connection.execute(select(schema.set_aside.c.since_utc)).scalar()
    assert since == utc_text(NOW)
