"""A person who was on a platform that the store left, under the id of then: erased and handed out
whole, and no other one who has the same number; on both databases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Connection, Engine, text

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair, Subject
from loyalty_desk.privacy.export import export_person
from loyalty_desk.privacy.person import Person, PersonError, Who, find_person
from loyalty_desk.records import MemberStatus, RunState
from loyalty_desk.staging import award_schema, mismatch_schema, schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.kept_out import CUSTOMER, EMAIL, MEMBER, keep_out, load_kept_out
from loyalty_desk.staging.platform_of import claim_platform
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks import erase as erasing
from loyalty_desk.tasks.platform_change import carry_over
from loyalty_desk.tasks.retention import keep_house
from tests.factories import STORE, member, store_settings
from tests.http.api_client import forget_settings
from tests.sql.award_rows import applied
from tests.sql.quality_rows import insert
from tests.sql.staged import Staged

MIRA, OTTO, EVE = "mira@shop.example", "otto@shop.example", "eve@home.example"
BEFORE = utc_now() - timedelta(days=3)
MOVED = utc_now() - timedelta(days=2)


@pytest.fixture
def left(
    staging: Engine, staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """Mira and Otto are 1 and 3 on Rivo. Both ids are in a run, a check and a report; an award was
    for each, and Otto's mismatch is ignored with words about him.
    """
    stores = tmp_path / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: {"platform": "smile"}}}))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    forget_settings()
    with staging.begin() as connection:
        claim_platform(connection, store_settings(platform="rivo"), BEFORE)
        staged = Staged(connection)
        staged.member("1", MIRA)
        staged.member("3", OTTO)
        start_run(connection, STORE, "old", {}, BEFORE)
        finish_run(connection, STORE, "old", RunState.FAILED, "match: member 3 is two", BEFORE)
        for number, member_id in enumerate(("1", "3")):
            staged.change("old", 20 + number, "done", member_id=member_id)
            award = applied(f"a{member_id}", member_id=member_id, subject=member_id, email=None)
            insert(connection, award_schema.awards, award)
            refused = {"store": STORE, "run_id": "old", "source": "members", "position": number}
            refused |= {"record_id": member_id, "field": "tier", "reason": "is wrong"}
            insert(connection, schema.rejected_records, refused)
        mismatch = {"store": STORE, "side": "member", "subject_id": "3", "outcome": "ambiguous"}
        mismatch |= {"opened_at_utc": utc_text(BEFORE), "returned": 0}
        insert(connection, mismatch_schema.mismatches, mismatch)
        about = [Subject("member", "3")]
        decisions.ignore(connection, STORE, about, "ada", BEFORE, reason="Mr O. asked", until=None)
    report = tmp_path / "var" / "reports" / STORE / "old" / "mismatches.csv"
    report.parent.mkdir(parents=True)
    report.write_text("member_id\n3\n")
    yield staging
    forget_settings()


def move(
    staging: Engine, holders: Mapping[str, Sequence[str]], platform: str = "smile", days: float = 0
) -> None:
    with staging.begin() as connection:
        store = store_settings(platform=platform)
        carry_over(connection, store, holders, "mia", MOVED + timedelta(days=days))


def find(staging: Engine, who: Who) -> Person:
    with reading(staging) as connection:
        return find_person(connection, STORE, who)


@pytest.mark.parametrize("who", [Who(email=OTTO), Who(member_id="rivo 3")])
def test_what_stays_under_the_old_id_is_handed_out_and_erased(left: Engine, who: Who) -> None:
    move(left, {MIRA: ["3"]})  # who is 3 now is somebody else
    with left.begin() as connection:
        Staged(connection).member("3", MIRA)

    folders = {"reports": Path(erasing.folders_of(STORE)["reports"])}
    told = export_person(left, STORE, who, folders, utc_now())

    rows = {part.table: part.rows for part in told.parts}
    [decision], [refused] = rows["decisions"], rows["rejected_records"]
    assert (decision["subject_id"], decision["reason"]) == ("rivo 3", "Mr O. asked")
    assert [row["award_id"] for row in rows["awards"]] == ["a3"]
    assert [row["customer_id"] for row in rows["changes"]] == [21]
    assert refused["record_id"] == "rivo 3"
    assert rows["runs"] == [{"run_id": "old", "named_in": "failure", "as": ["3"]}]
    assert told.files == [f"reports/{STORE}/old"]
    assert (told.email_addresses, "members" in rows) == ([OTTO], False)

    done = erasing.erase(STORE, who)

    assert (done.awards, done.files) == (1, 1)
    with left.connect() as connection:
        staged = Staged(connection)
        assert staged.rows(mismatch_schema.decisions, "subject_id", "reason") == [("erased", None)]
        assert staged.rows(award_schema.awards, "award_id", "subject") == [
            ("a1", "3"),
            ("a3", "erased"),
        ]
        assert staged.rows(schema.changes, "member_id") == ["rivo 1"]
        refused_ids = staged.rows(schema.rejected_records, "position", "record_id")
        assert refused_ids == [(0, "rivo 1"), (1, None)]
        assert staged.rows(schema.runs, "failure") == ["match: member ... is two"]
        assert OTTO not in staged.rows(schema.former_members, "value")
        assert staged.rows(schema.members, "member_id") == ["3"]
        kept = load_kept_out(connection, STORE)
        assert (kept.has(EMAIL, OTTO), kept.has(MEMBER, "3")) == (True, False)


def test_who_is_somebody_else_now_is_handed_out_nothing_of_who_had_the_id(left: Engine) -> None:
    move(left, {MIRA: ["3"]})
    with left.begin() as connection:
        Staged(connection).member("3", MIRA)

    told = export_person(left, STORE, Who(member_id="3"), {}, utc_now())

    rows = {part.table: part.rows for part in told.parts}
    assert told.member_ids == ["3", "rivo 1"]
    assert [row["award_id"] for row in rows["awards"]] == ["a1"]
    assert [row["customer_id"] for row in rows["changes"]] == [20]
    assert [row["record_id"] for row in rows["rejected_records"]] == ["rivo 1"]
    assert "decisions" not in rows


def test_a_link_that_could_not_be_carried_still_tells_who_it_was(left: Engine) -> None:
    with left.begin() as connection:
        staged = Staged(connection)
        for number in (13, 14):
            staged.customer(number, f"c{number}@home.example")
        decisions.link(connection, STORE, [Pair(13, "3")], "ada", BEFORE)
        staged.channel(14, MIRA)
        staged.match(14, "1")

    move(left, {})

    assert find(left, Who(customer_id=13)).award_ids == ("a3",)
    assert find(left, Who(customer_id=14)).award_ids == ("a1",)
    assert find(left, Who(email=OTTO)).customer_ids == {13}


def test_a_customer_who_is_somebody_else_since_is_not_erased_with_who_it_was(left: Engine) -> None:
    with left.begin() as connection:
        staged = Staged(connection)
        staged.customer(20, OTTO)
        staged.match(20, "3")
    move(left, {})
    assert find(left, Who(customer_id=20)).award_ids == ("a3",)

    with left.begin() as connection:
        changed = {"email": EVE, "email_key": EVE}
        Staged(connection).update(schema.customers, {"customer_id": 20}, **changed)

    assert find(left, Who(email=OTTO)).customer_ids == set(), "Eve is not erased with Otto"
    eve = find(left, Who(email=EVE))
    assert (eve.email_keys, eve.award_ids) == ({EVE}, ()), "nor Otto with Eve"


def test_who_moved_twice_is_one_person_under_all_ids(left: Engine) -> None:
    move(left, {OTTO: ["3"]})
    with left.begin() as connection:
        staged = Staged(connection)
        staged.member("3", "other@shop.example")  # whoever Otto was, by another address since
    move(left, {"other@shop.example": ["9"]}, platform="loyaltylion", days=1)
    with left.begin() as connection:
        Staged(connection).member("3", "grace@shop.example")

    for who in (Who(member_id="9"), Who(member_id="rivo 3"), Who(email=OTTO)):
        found = find(left, who)
        assert found.member_ids == {"9", "smile 3", "rivo 3"}
        assert found.award_ids == ("a3",)
    assert find(left, Who(member_id="3")).member_ids == {"3"}
    with pytest.raises(PersonError, match="knows nobody"):
        find(left, Who(member_id="smile 1"))


def test_a_link_that_is_taken_back_after_moves_leads_to_nobody(left: Engine) -> None:
    with left.begin() as connection:
        Staged(connection).customer(13, "eve@home.example")
        decisions.link(connection, STORE, [Pair(13, "3")], "ada", BEFORE)
    move(left, {OTTO: ["7"]})
    for days, platform, member_id in ((0.5, "loyaltylion", "7"), (1, "trifft", "8")):
        with left.begin() as connection:
            Staged(connection).member(member_id, OTTO)
        move(left, {OTTO: ["8" if member_id == "7" else "9"]}, platform=platform, days=days)
    assert find(left, Who(email=OTTO)).customer_ids == {13}

    with left.begin() as connection:
        decisions.unlink(connection, STORE, 13, "ada", utc_now())

    assert find(left, Who(email=OTTO)).customer_ids == set(), "Eve is not erased with Otto"
    assert find(left, Who(customer_id=13)).award_ids == ()


def test_who_was_erased_before_the_move_stays_erased_by_name(left: Engine) -> None:
    with left.begin() as connection:
        person = find_person(connection, STORE, Who(email=OTTO))
        erasing.erase_rows(connection, STORE, person, BEFORE)

    move(left, {})

    with left.connect() as connection:
        staged = Staged(connection)
        assert staged.rows(mismatch_schema.decisions, "subject_id") == ["erased"]
        assert "rivo erased" not in staged.rows(award_schema.awards, "subject")


def test_it_is_known_as_long_as_something_may_name_the_old_id(left: Engine) -> None:
    with left.begin() as connection:
        Staged(connection).member("5", "nobody@shop.example")
    move(left, {MIRA: ["8"]})

    def known() -> set[str]:
        keep_house(STORE)
        with left.connect() as connection:
            return set(Staged(connection).rows(schema.former_members, "member_id"))

    assert known() == {"rivo 1", "rivo 3", "rivo 5"}, "a report of then is kept"
    with left.begin() as connection:
        staged = Staged(connection)
        staged.delete(schema.runs)
        start_run(connection, STORE, "new", {}, utc_now())
    assert known() == {"rivo 3"}, "Mira's award is under the new id"
    with left.begin() as connection:
        Staged(connection).update(award_schema.awards, {"award_id": "a3"}, member_id=None)
    assert known() == {"rivo 3"}, "a decision is about him"
    with left.begin() as connection:
        Staged(connection).delete(mismatch_schema.decisions)
    assert known() == set()


def stop_what_is_long(connection: Connection) -> None:
    """End a statement that computes for as long as one does that compares each with each."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = '60s'"))
        return
    steps = iter(range(100))
    file = connection.connection.driver_connection
    assert file is not None
    file.set_progress_handler(lambda: next(steps, None) is None, 1_000_000)


def test_all_members_of_a_large_programme_are_forgotten_beside_many_awards(left: Engine) -> None:
    count = 20_000
    with left.begin() as connection:
        Staged(connection).delete(schema.runs)
        about = {"store": STORE, "kind": "email_key", "left_at_utc": utc_text(MOVED)}
        numbers = [str(number) for number in range(count)]
        connection.execute(
            schema.former_members.insert(),
            [
                about | {"member_id": f"rivo {one}", "value": f"{one}@shop.example"}
                for one in numbers
            ],
        )
        row = {"batch_id": "b", "store": STORE, "side": "member", "action": "ignore"}
        row |= {"actor": "ada", "decided_at_utc": utc_text(BEFORE)}
        connection.execute(
            mismatch_schema.decisions.insert(),
            [row | {"decision_id": f"d{one}", "subject_id": one} for one in numbers],
        )
        stop_what_is_long(connection)
        connection.execute(statement("privacy/retention/delete_former_members"), {"store": STORE})
        assert Staged(connection).rows(schema.former_members, "member_id") == []


def test_somebody_else_who_has_the_id_of_an_erased_member_is_taken_in(left: Engine) -> None:
    with left.begin() as connection:
        erased = [(EMAIL, OTTO), (CUSTOMER, 13), (MEMBER, "3")]
        keep_out(connection, STORE, erased, BEFORE)
        kept = load_kept_out(connection, STORE)
    mira, otto = member("3", email=MIRA), member("9", email=OTTO)
    assert kept.strip_member(mira) is None, "3 is Otto on Rivo"

    move(left, {})

    with left.connect() as connection:
        kept = load_kept_out(connection, STORE)
    assert kept.strip_member(mira) is mira
    assert kept.has(CUSTOMER, 13)
    stripped = kept.strip_member(otto)
    assert stripped is not None
    assert (stripped.email, stripped.status) == (None, MemberStatus.ERASED)
    move(left, {}, platform="rivo", days=1)
    with left.connect() as connection:
        assert load_kept_out(connection, STORE).strip_member(mira) is None, "Otto's once more"


def erase_as_before(staging: Engine, member_id: str, at: datetime) -> None:
    """Keep a member out as earlier versions did, which hashed the id alone."""
    with staging.begin() as connection:
        keep_out(connection, STORE, [(EMAIL, OTTO)], at)
        hashed = load_kept_out(connection, STORE).bare_hash(MEMBER, member_id)
        row = {"store": STORE, "person_hash": hashed, "erased_at_utc": utc_text(at)}
        insert(connection, schema.erased_people, row)


def kept_out_ids(staging: Engine) -> set[str]:
    with staging.connect() as connection:
        kept = load_kept_out(connection, STORE)
    return {number for number in ("3", "4") if kept.has(MEMBER, number)}


def test_who_was_erased_by_an_earlier_version_is_kept_out_on_the_platform_of_then(
    left: Engine,
) -> None:
    erase_as_before(left, "3", BEFORE)
    assert kept_out_ids(left) == {"3"}

    move(left, {})
    assert kept_out_ids(left) == set(), "3 is somebody else on Smile"

    erase_as_before(left, "4", MOVED + timedelta(hours=1))
    assert kept_out_ids(left) == {"4"}, "who was erased on Smile is no member of Rivo"

    move(left, {}, platform="rivo", days=1)
    assert kept_out_ids(left) == {"3"}, "Otto's once more"
