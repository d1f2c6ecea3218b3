"""Who is erased with whom, what refuses it, and that no table is forgotten; on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Connection, Engine, select, text

from loyalty_desk.__main__ import main
from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.clock import utc_text
from loyalty_desk.privacy.person import PersonError, Who, find_person
from loyalty_desk.privacy.tables import BLANKED, NOBODY_IN_IT, ROWS_GO, ROWS_GO_BY_KIND
from loyalty_desk.records import Outcome
from loyalty_desk.staging import full_scans, schema
from loyalty_desk.staging.intake import stage_customers, stage_members, stage_tickets
from loyalty_desk.staging.kept_out import CUSTOMER, EMAIL, MEMBER, keep_out, let_in, load_kept_out
from loyalty_desk.staging.schema import METADATA
from loyalty_desk.staging.watermarks import Watermark, find_watermark, save_watermark
from loyalty_desk.tasks import erase as erasing
from tests.factories import LATER, NOW, STORE, customer, member, ticket
from tests.http.api_client import forget_settings
from tests.sql.award_rows import applied, put
from tests.sql.staged import Staged, customer_classes, match, member_classes, pairs
from tests.sql.test_awards import queue, request


@pytest.fixture
def people(staging: Engine) -> Engine:
    """Ada by address, link and channel; Grace is somebody else."""
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(7, "ada@example.test", name="Ada Byron")
        staged.customer(8, "work@example.test", name="A. Byron")
        staged.channel(8, "ada@example.test")
        staged.member("m1", "ada@example.test", card='{"name":"Ada Byron"}')
        staged.customer(9, "third@example.test")
        staged.link(9, "m1")
        staged.customer(20, "grace@example.test")
        staged.member("m20", "grace@example.test")
        staged.match(7, "m1")
        staged.match(20, "m20")
    return staging


@pytest.fixture
def installed(
    people: Engine, staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """The same as the store's own database, without any place to push to."""
    stores = tmp_path / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: {"platform": "rivo"}}}))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    forget_settings()
    yield people
    forget_settings()


def test_every_table_says_what_erasing_does_to_it() -> None:
    # One table leads to people by a kind of id and by an address.
    by_kind = [table for table in ROWS_GO_BY_KIND if table not in ROWS_GO]
    listed = [*ROWS_GO, *by_kind, *BLANKED, *NOBODY_IN_IT]

    assert sorted(table.name for table in listed) == sorted(METADATA.tables)


@pytest.mark.parametrize(
    "who",
    [Who(email=" ADA@example.test"), Who(customer_id=9), Who(member_id="m1"), Who(customer_id=7)],
)
def test_a_person_is_everybody_with_the_address_or_paired_with_it(people: Engine, who: Who) -> None:
    with people.connect() as connection:
        found = find_person(connection, STORE, who)

    assert (found.customer_ids, found.member_ids) == ({7, 8, 9}, {"m1"})
    assert "ada@example.test" in found.email_keys
    assert "Ada" not in repr(found)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (Who(), "name one of"),
        (Who(email="a@b.test", customer_id=7), "name one of"),
        (Who(email="nobody"), "not an e-mail"),
        (Who(customer_id=99), "nobody with that id"),
        (Who(member_id="nobody"), "nobody with that id"),
    ],
)
def test_who_is_named_wrongly_is_said_so(people: Engine, who: Who, says: str) -> None:
    with people.connect() as connection, pytest.raises(PersonError, match=says):
        find_person(connection, STORE, who)


def test_an_award_that_waits_refuses_the_erasure(installed: Engine) -> None:
    queue(installed, request(member_id="m1"))

    with pytest.raises(PersonError, match="1 awards of this person wait"):
        erasing.erase(STORE, Who(member_id="m1"))

    with installed.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM customers")).scalar() == 4
        assert connection.execute(text("SELECT COUNT(*) FROM locks")).scalar() == 0


def test_somebody_unknown_is_kept_out_by_the_address_alone(installed: Engine) -> None:
    assert erasing.erase(STORE, Who(email="new@example.test")).rows_deleted == 0
    with installed.begin() as connection:
        done = stage_members(
            connection, STORE, [member(email="New@example.test")], LATER, first_load=False
        )
    assert (done.staged, len(done.kept_out)) == (0, 1)


@pytest.mark.parametrize("first_load", [True, False])
def test_erased_people_are_not_staged_and_nobody_else_is_missing(
    staging: Engine,
    first_load: bool,  # noqa: FBT001 - pytest gives it
) -> None:
    with staging.begin() as connection:
        named = [(EMAIL, "ada@example.test"), (CUSTOMER, 7), (MEMBER, "m1")]
        keep_out(connection, STORE, named, NOW)
        members = stage_members(
            connection,
            STORE,
            [
                member(member_id="m1", email=None),
                member(member_id="m9", email="ADA@example.test"),
                member(member_id="m2", email="grace@example.test"),
            ],
            NOW,
            first_load=first_load,
        )
        customers = stage_customers(
            connection,
            STORE,
            [
                customer(customer_id=7, email=None),
                customer(customer_id=8, email="x@example.test", channels=("ada@example.test",)),
                customer(customer_id=20, email="grace@example.test"),
            ],
            NOW,
            card_key="loyalty",
            first_load=first_load,
        )
        tickets = stage_tickets(
            connection,
            STORE,
            [ticket(ticket_id=1, customer_id=7), ticket(ticket_id=2, customer_id=20)],
            NOW,
        )
    assert (members.staged, members.kept_out) == (1, {"m1", "m9"})
    assert (customers.staged, customers.kept_out) == (1, {7, 8})
    assert (tickets.staged, tickets.kept_out) == (1, {1})


@pytest.mark.parametrize("first_load", [True, False])
def test_somebody_else_who_has_an_erased_persons_address_is_erased_and_not_gone(
    staging: Engine,
    first_load: bool,  # noqa: FBT001 - pytest gives it
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        keep_out(connection, STORE, [(EMAIL, "ada@example.test"), (MEMBER, "m1")], NOW)
        if not first_load:  # they had another address, a card, and a further address before
            staged.member("m9", "nine@example.test", phone="+49 30 1")
            staged.customer(8, "nine@example.test", name="Nina Neun")
            staged.channel(8, "far@example.test")
            staged.member("far", "far@example.test")
            match(staged)
        full_scans.begin_scan(connection, STORE, "members", "r")
        full_scans.begin_scan(connection, STORE, "customers", "r")
        people = [
            member(member_id="m1", email="ada@example.test"),
            member(member_id="m9", email="Ada@example.test", phone="+49 30 1"),
        ]
        members = stage_members(connection, STORE, people, LATER, first_load=first_load)
        holder = customer(
            8,
            email="ada@example.test",
            name="Nina Neun",
            data={"other": 1},
            updated_at_utc=utc_text(NOW),
        )
        customers = stage_customers(
            connection, STORE, [holder], NOW, card_key="loyalty", first_load=first_load
        )
        assert (members.staged, members.kept_out, members.unknown) == (0, {"m1", "m9"}, {"m1"})
        assert (customers.staged, customers.kept_out, customers.unknown) == (0, {8}, frozenset())
        full_scans.note_seen(connection, STORE, "members", {"m9", "far"})
        full_scans.note_seen(connection, STORE, "customers", {8})
        for source in ("members", "customers"):
            full_scans.finish_scan(connection, STORE, source, LATER)  # type: ignore[arg-type]
        match(staged)

        assert customer_classes(staged) == {8: "erased"}
        assert member_classes(staged)["m9"] == "erased"
        columns = ("email", "email_key", "name", "external_id", "other_data")
        [row] = staged.rows(schema.customers, *columns)
        assert row == (None, None, None, None, '{"other":1}')
        kept = staged.rows(schema.members, "member_id", "email", "phone", "status")
        assert ("m9", None, None, "erased") in kept
        assert "--forget" in CUSTOMER_CLASSES[Outcome.ERASED].what_to_do
        assert "--forget" in MEMBER_CLASSES[Outcome.ERASED].what_to_do


def test_who_was_stripped_is_taken_in_when_the_erasure_is_forgotten(installed: Engine) -> None:
    erasing.erase(STORE, Who(email="new@example.test"))
    people = [customer(30, email="new@example.test")], [member("m30", email="new@example.test")]

    def read() -> dict[int, str]:
        with installed.begin() as connection:
            stage_members(connection, STORE, people[1], LATER, first_load=False)
            stage_customers(
                connection, STORE, people[0], LATER, card_key="loyalty", first_load=False
            )
            staged = Staged(connection)
            match(staged)
            return customer_classes(staged) | {
                customer_id: member_id for customer_id, member_id, _ in pairs(staged)
            }

    assert read()[30] == "erased"
    with installed.begin() as connection:
        whole = Watermark(since=utc_text(NOW), full_scan_at_utc=utc_text(NOW))
        save_watermark(connection, STORE, "members", whole)

    erasing.forget_erasure(STORE, "new@example.test")

    with installed.begin() as connection:
        assert find_watermark(connection, STORE, "members").full_scan_at_utc is None
    assert read()[30] == "m30"


def test_the_list_is_of_hashes_of_its_own_store_and_can_be_forgotten(staging: Engine) -> None:
    with staging.begin() as connection:
        keep_out(connection, STORE, [(EMAIL, "ada@example.test"), (CUSTOMER, 7)], NOW)
        keep_out(connection, "other", [(EMAIL, "ada@example.test")], NOW)
        keep_out(connection, STORE, [(EMAIL, "eve@example.test")], LATER)
        rows = connection.execute(text("SELECT person_hash FROM erased_people")).scalars().all()
        assert len(set(rows)) == 4, "each store has a salt of its own"
        assert all(len(row) == 64 for row in rows)

        assert let_in(connection, STORE, "ada@example.test", LATER) == 2
        known = load_kept_out(connection, STORE)
        assert not known.has(CUSTOMER, 7)
        assert known.has(EMAIL, "eve@example.test")
        assert load_kept_out(connection, "other").has(EMAIL, "ada@example.test")


def test_forgetting_somebody_who_was_not_erased_is_said_so(installed: Engine) -> None:
    with pytest.raises(PersonError, match="erased nobody"):
        erasing.forget_erasure(STORE, "ada@example.test")


def test_nothing_is_erased_while_the_folder_of_reports_is_away(
    installed: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = tmp_path / "var" / "reports"
    reports.parent.mkdir()
    reports.write_text("no folder, as where a disk is not mounted rightly")
    rows = "SELECT (SELECT COUNT(*) FROM members), (SELECT COUNT(*) FROM erased_people)"

    # There is no Gorgias to clear a card in, so it would say so if that were tried.
    assert main(["erase", "--store", STORE, "--customer", "7"]) == 1

    [said] = capsys.readouterr().err.splitlines()
    assert "the person is not erased and no card is cleared, as reports may name them" in said
    assert f"{reports / STORE} cannot be used now (Not a directory); erase again once" in said
    with installed.begin() as connection:
        assert tuple(connection.execute(text(rows)).one()) == (2, 0)
        drop_customers(connection)

    reports.unlink()
    (reports / STORE / "run").mkdir(parents=True)
    (reports / STORE / "run" / "mismatches.csv").write_text("member_id\nm1\n")
    assert erasing.erase(STORE, Who(member_id="m1")).files == 1


def drop_customers(connection: Connection) -> None:
    """Leave nobody who has a card in Gorgias that is to be cleared."""
    for table in ("customers", "links", "matches"):
        connection.execute(text(f"DELETE FROM {table}"))


def test_the_audit_of_an_erased_persons_award_says_who_awarded_how_much_and_when(
    installed: Engine,
) -> None:
    wanted = request(
        member_id="m1", note="for Ada", message="Dear Ada, with our thanks", ticket_id=987_654
    )
    award_id = queue(installed, wanted).award_id
    with installed.begin() as connection:
        connection.execute(
            text(
                "UPDATE awards SET state = 'applied', entry_id = 'e7', settled_at_utc = :now,"
                " ticket_tags = '[\"Ada Byron\"]'"
            ),
            {"now": utc_text(NOW)},
        )
        drop_customers(connection)

    assert erasing.erase(STORE, Who(member_id="m1")).awards == 1

    with installed.connect() as connection:
        award = connection.execute(text("SELECT * FROM awards")).one()._asdict()
        event = connection.execute(text("SELECT * FROM award_events")).one()
    kept = {"award_id": award_id, "subject": "erased", "amount": 50, "agent": "ada"}
    kept |= {"reason": "gesture", "state": "applied", "settled_at_utc": utc_text(NOW)}
    assert {name: award[name] for name in kept} == kept
    about = ("member_id", "email", "note", "message", "ticket_id", "entry_id", "detail")
    about += ("ticket_tags",)
    assert {name: award[name] for name in about} == dict.fromkeys(about)
    assert award["idempotency_key"] == award_id, "which may have been the ticket's"
    assert "subject" not in json.loads(event.facts)
    assert "amount" in json.loads(event.facts)


def test_who_has_the_ticket_that_an_award_names_keeps_what_is_kept_of_them(
    installed: Engine,
) -> None:
    """An agent may award Ada in Grace's ticket, and by no customer's in one of nobody known."""
    put(installed, applied("ada's", member_id="m1", email=None, ticket_id=200))
    behind = {"store": STORE, "batch_id": "b", "tickets": 1, "fate": "award", "ticket_id": 200}
    routed = {"store": STORE, "state": "done", "at_utc": utc_text(NOW)}
    people, tickets = schema.incident_people, schema.routed_tickets
    with installed.begin() as connection:
        connection.execute(
            people.insert(),
            [
                {**behind, "customer_id": 20, "award_id": "grace's"},
                {**behind, "customer_id": 77, "award_id": "ada's"},
            ],
        )
        connection.execute(tickets.insert(), {**routed, "ticket_id": 200, "customer_id": 20})
        drop_customers(connection)

    erasing.erase(STORE, Who(member_id="m1"))

    with installed.connect() as connection:
        assert connection.execute(select(people.c.customer_id)).scalars().all() == [20]
        assert connection.execute(select(tickets.c.customer_id)).scalars().all() == [20]
