"""What is done again after a restore, and for which days nobody can tell; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, select, text

from loyalty_desk.awards.queue import get_award, get_events
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.connect.disconnect import Waiting, close_store
from loyalty_desk.connect.tokens import (
    find_grant,
    make_token,
    replace_token,
    revoke_token,
    token_id_of,
)
from loyalty_desk.hooks.journal import journal_folder, keep_journal
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair, Subject
from loyalty_desk.privacy.person import Who
from loyalty_desk.staging import schema
from loyalty_desk.staging.journal import Event, find_journal, write_entry
from loyalty_desk.staging.journal_folder import (
    JournalAheadError,
    list_numbers,
)
from loyalty_desk.staging.kept_out import MEMBER, load_kept_out, make_hasher
from loyalty_desk.staging.mismatch_schema import ignored_mismatches, mismatches, refused_suggestions
from loyalty_desk.staging.platform_of import claim_platform
from loyalty_desk.staging.store_state import StateKey, find_state
from loyalty_desk.tasks import erase as erasing
from loyalty_desk.tasks.catching_up import ERASED_BEFORE, CaughtUp, catch_up
from loyalty_desk.tasks.platform_change import carry_over
from tests.factories import STORE, store_settings
from tests.http.api_client import forget_settings
from tests.sql.backups import Backup, back_up
from tests.sql.staged import Staged
from tests.sql.test_awards import queue, request


@pytest.fixture
def desk(
    staging: Engine, staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """A store with some people, whose journal is begun; nothing is pushed anywhere."""
    stores = tmp_path / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: {"platform": "rivo"}}}))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    forget_settings()
    with staging.begin() as connection:
        staged = Staged(connection)
        for number, name in ((7, "ada"), (8, "grace"), (9, "eve")):
            staged.customer(number, f"{name}@example.test", name=name)
            staged.member(f"m{number}", f"{name}@example.test")
            connection.execute(
                mismatches.insert().values(
                    store=STORE,
                    side="customer",
                    subject_id=str(number),
                    outcome="customer_not_found",
                    opened_at_utc=utc_text(utc_now()),
                    returned=0,
                )
            )
        make_hasher(connection, STORE, utc_now())
    keep_journal(staging)
    yield staging
    forget_settings()


def place_of(engine: Engine) -> Path:
    with engine.connect() as connection:
        journal = find_journal(connection)
    assert journal is not None
    return Path(journal_folder()) / journal.id


def caught_up(
    engine: Engine, *, despite_gaps: bool = False, journal: str | None = None
) -> CaughtUp:
    now = utc_now()
    return catch_up(engine, now, by="grace", despite_gaps=despite_gaps, journal_id=journal or None)


def lose(engine: Engine, backup: Backup) -> None:
    """What was done reaches the journal, and the database is restored."""
    keep_journal(engine)
    backup.restore()


def erase_member(engine: Engine, member_id: str) -> None:
    """Erase somebody who is no customer, so that no card is to be cleared."""
    with engine.begin() as connection:
        key = {"id": int(member_id[1:])}
        connection.execute(text("DELETE FROM customers WHERE customer_id = :id"), key)
    erasing.erase(STORE, Who(member_id=member_id))


def test_who_was_erased_since_the_backup_is_erased_from_it(desk: Engine) -> None:
    award_id = queue(desk, request(member_id="m7", note="for Ada")).award_id
    with desk.begin() as connection:
        Staged(connection).link(9, "m7")
    backup = back_up(desk)
    with desk.begin() as connection:
        connection.execute(text("UPDATE awards SET state = 'applied'"))
        connection.execute(text("DELETE FROM links"))
    erase_member(desk, "m7")
    lose(desk, backup)

    done = caught_up(desk)

    assert (done.erasures, done.erased_again, done.gaps) == (1, 1, [])
    with desk.connect() as connection:
        members = connection.execute(select(schema.members.c.member_id)).scalars().all()
        assert sorted(members) == ["m8", "m9"]
        customers = connection.execute(select(schema.customers.c.customer_id)).scalars().all()
        assert sorted(customers) == [8, 9], "Ada's customer had her address"
        assert connection.execute(select(schema.links)).all() == []
        award = get_award(connection, STORE, award_id)
        last = get_events(connection, STORE, award_id)[-1]
    assert (award.state, award.subject, award.member_id, award.note) == (
        *("unknown", "erased"),
        *(None, None),
    )
    assert (last.state, last.detail, last.actor) == ("unknown", ERASED_BEFORE, "grace")
    again = caught_up(desk)
    assert (again.erasures, again.gaps) == (0, []), "may be repeated"


def test_who_was_let_in_again_since_stays(desk: Engine) -> None:
    backup = back_up(desk)
    erase_member(desk, "m7")
    erasing.forget_erasure(STORE, "ada@example.test")
    lose(desk, backup)

    done = caught_up(desk)

    assert (done.erasures, done.let_in, done.erased_again) == (1, 1, 0)
    with desk.connect() as connection:
        assert connection.execute(select(schema.erased_people)).all() == []
        assert connection.execute(select(schema.members)).all()


def test_a_revoked_token_opens_nothing(desk: Engine) -> None:
    with desk.begin() as connection:
        token = make_token(connection, STORE, utc_now(), label="till", made_by="ada")
        other = make_token(connection, STORE, utc_now(), label="web", made_by="ada")
    backup = back_up(desk)
    with desk.begin() as connection:
        revoke_token(connection, STORE, token_id_of(token), utc_now(), revoked_by="ada")
    lose(desk, backup)
    with desk.connect() as connection:
        assert find_grant(connection, token, utc_now()), "as the backup has it"

    assert caught_up(desk).revoked == 1

    with desk.connect() as connection:
        assert find_grant(connection, token, utc_now()) is None
        assert find_grant(connection, other, utc_now())


def test_a_token_that_was_replaced_ends_when_it_was_to(desk: Engine) -> None:
    with desk.begin() as connection:
        token = make_token(connection, STORE, utc_now(), label="till", made_by="ada")
    backup = back_up(desk)
    ends_at = utc_now() + timedelta(hours=1)
    with desk.begin() as connection:
        args = (connection, STORE, token_id_of(token), utc_now())
        replace_token(*args, made_by="ada", ends_at=ends_at)
    lose(desk, backup)

    assert caught_up(desk).revoked == 1

    with desk.connect() as connection:
        assert find_grant(connection, token, utc_now())
        assert find_grant(connection, token, ends_at) is None


def test_decisions_are_in_force_again_with_their_order_and_can_be_undone(desk: Engine) -> None:
    with desk.begin() as connection:
        Staged(connection).link(8, "m9")
    backup = back_up(desk)
    with desk.begin() as connection:
        now = utc_now()
        ignore = decisions.ignore(
            connection, STORE, [Subject("customer", "7")], "ada", now, reason="Mr X", until=None
        )
        undone = decisions.ignore(
            connection, STORE, [Subject("customer", "9")], "ada", now, reason="no", until=None
        )
        decisions.undo(connection, STORE, undone, "ada", now)
        decisions.refuse(connection, STORE, [Pair(9, "m8")], "ada", now)
        decisions.link(connection, STORE, [Pair(9, "m7")], "ada", now)
        decisions.unlink(connection, STORE, 8, "ada", now)
    lose(desk, backup)

    done = caught_up(desk)

    assert (done.decided, done.about_nobody) == (6, 0)
    with desk.begin() as connection:
        staged = Staged(connection)
        [ignored] = staged.rows(ignored_mismatches, "subject_id", "reason")
        assert ignored[0] == "7"
        assert "Mr X" not in ignored[1]
        assert staged.rows(refused_suggestions, "customer_id", "member_id") == [(9, "m8")]
        assert staged.rows(schema.links, "customer_id", "member_id") == [(9, "m7")]
        assert decisions.undo(connection, STORE, ignore, "eve", utc_now()) == 1
        assert staged.rows(ignored_mismatches, "subject_id") == []


def test_a_decision_about_somebody_who_came_after_the_backup_is_said_so(desk: Engine) -> None:
    backup = back_up(desk)
    with desk.begin() as connection:
        staged = Staged(connection)
        staged.customer(30, "new@example.test")
        decisions.link(connection, STORE, [Pair(30, "m7"), Pair(8, "m9")], "ada", utc_now())
    lose(desk, backup)

    done = caught_up(desk)

    assert done.about_nobody == 1
    assert any("1 decisions are about somebody" in line for line in done.lines())
    with desk.begin() as connection:
        assert Staged(connection).rows(schema.links, "customer_id") == [8]


def test_a_member_id_is_somebody_elses_after_the_store_moved_to_another_platform(
    desk: Engine,
) -> None:
    rivo, smile = store_settings(platform="rivo"), store_settings(platform="smile")
    with desk.begin() as connection:
        claim_platform(connection, rivo, utc_now())
    backup = back_up(desk)
    with desk.begin() as connection:
        holders = {"ada@example.test": ["m8"], "grace@example.test": ["m9"]}
        carry_over(connection, smile, holders, "mia", utc_now())
        staged = Staged(connection)
        staged.member("m8", "ada@example.test")
        staged.member("m9", "grace@example.test")
        decisions.link(connection, STORE, [Pair(9, "m9")], "ada", utc_now())
        connection.execute(text("DELETE FROM customers WHERE customer_id = 7"))  # no card to clear
    erasing.erase(STORE, Who(member_id="m8"))  # Ada by now; Grace in the backup
    lose(desk, backup)

    done = caught_up(desk)

    assert (done.erasures, done.about_nobody, done.moved) == (1, 1, {STORE: "smile"})
    assert any("acme moved to smile since the backup" in line for line in done.lines())
    with desk.connect() as connection:
        members = connection.execute(select(schema.members.c.member_id)).scalars().all()
        assert sorted(members) == ["m8", "m9"], "Ada was m7"
        assert connection.execute(select(schema.links)).all() == []
        kept = load_kept_out(connection, STORE)
        assert kept.has(MEMBER, "m7")
        assert not kept.has(MEMBER, "m8"), "Grace, until the store moves again"
    with desk.begin() as connection:
        carry_over(connection, smile, {}, "mia", utc_now())
        kept = load_kept_out(connection, STORE)
        assert kept.has(MEMBER, "m8"), "Ada there"
        assert not kept.has(MEMBER, "m7")


def test_who_was_erased_by_the_old_id_is_erased_from_a_backup_of_before_the_move(
    desk: Engine,
) -> None:
    with desk.begin() as connection:
        claim_platform(connection, store_settings(platform="rivo"), utc_now())
        Staged(connection).member("m4")  # nobody knows an address
    award_id = queue(desk, request(email=None, member_id="m4")).award_id
    with desk.begin() as connection:
        connection.execute(text("UPDATE awards SET state = 'applied'"))
    backup = back_up(desk)
    with desk.begin() as connection:
        carry_over(connection, store_settings(platform="smile"), {}, "mia", utc_now())
        # Told by an earlier version, which hashed ids alone: of somebody else, on Smile.
        bare = make_hasher(connection, STORE, utc_now()).bare_hash(MEMBER, "m9")
        write_entry(connection, STORE, Event.ERASED, {"hashes": [bare]}, utc_now())
    erasing.erase(STORE, Who(member_id="rivo m4"))
    lose(desk, backup)

    assert caught_up(desk).erasures == 2

    with desk.connect() as connection:
        members = connection.execute(select(schema.members.c.member_id)).scalars().all()
        assert sorted(members) == ["m7", "m8", "m9"]
        assert get_award(connection, STORE, award_id).subject == "erased"


def erased_by_an_earlier_version(desk: Engine, member_id: str) -> None:
    """Tell the journal as earlier versions did, which hashed ids alone."""
    with desk.begin() as connection:
        bare = make_hasher(connection, STORE, utc_now()).bare_hash(MEMBER, member_id)
        write_entry(connection, STORE, Event.ERASED, {"hashes": [bare]}, utc_now())


def test_who_was_erased_by_an_earlier_version_is_erased_from_a_backup_of_after_a_move(
    desk: Engine,
) -> None:
    with desk.begin() as connection:
        claim_platform(connection, store_settings(platform="rivo"), utc_now())
        carry_over(connection, store_settings(platform="smile"), {}, "mia", utc_now())
        Staged(connection).member("4")  # nobody knows an address
    backup = back_up(desk)
    erased_by_an_earlier_version(desk, "4")
    lose(desk, backup)

    caught_up(desk)

    with desk.connect() as connection:
        assert Staged(connection).rows(schema.members, "member_id") == []
        assert load_kept_out(connection, STORE).has(MEMBER, "4")


@pytest.mark.parametrize("moves_back", [False, True])
def test_who_is_erased_after_another_move_is_found_under_the_ids_of_before(
    desk: Engine, *, moves_back: bool
) -> None:
    rivo, smile = store_settings(platform="rivo"), store_settings(platform="smile")
    with desk.begin() as connection:
        claim_platform(connection, rivo, utc_now())
        Staged(connection).member("m4")
    award_id = queue(desk, request(email=None, member_id="m4")).award_id
    with desk.begin() as connection:
        connection.execute(text("UPDATE awards SET state = 'applied'"))
        carry_over(connection, smile, {}, "mia", utc_now())
    backup = back_up(desk)
    with desk.begin() as connection:
        there = rivo if moves_back else store_settings(platform="loyaltylion")
        carry_over(connection, there, {}, "mia", utc_now())
    erasing.erase(STORE, Who(member_id="rivo m4"))
    lose(desk, backup)

    caught_up(desk)

    with desk.connect() as connection:
        assert get_award(connection, STORE, award_id).subject == "erased"


def test_a_store_that_was_disconnected_stays_so(desk: Engine) -> None:
    backup = back_up(desk)
    close_store(desk, STORE, Waiting.REFUSE, "ada", utc_now())
    lose(desk, backup)

    assert caught_up(desk).switched == 1

    with desk.connect() as connection:
        assert find_state(connection, STORE, StateKey.DISCONNECTED) is not None


def test_what_waited_for_the_journal_in_the_backup_is_not_done_twice(desk: Engine) -> None:
    with desk.begin() as connection:
        subject = Subject("customer", "7")
        decisions.ignore(connection, STORE, [subject], "ada", utc_now(), reason="no", until=None)
    lose(desk, back_up(desk))

    assert caught_up(desk).decided == 0

    keep_journal(desk)
    with desk.connect() as connection:
        journal = find_journal(connection)
        made = connection.execute(text("SELECT COUNT(*) FROM decisions")).scalar()
    assert journal is not None
    assert (made, journal.last_number, journal.pending) == (1, 1, 0)


def ignore_customer(engine: Engine, customer_id: int) -> None:
    with engine.begin() as connection:
        subject = Subject("customer", str(customer_id))
        decisions.ignore(connection, STORE, [subject], "a", utc_now(), reason="r", until=None)


@pytest.mark.parametrize("decided_late", [1, 2, 3])
def test_what_was_decided_before_anybody_said_restored_hides_no_entry(
    desk: Engine, decided_late: int
) -> None:
    backup = back_up(desk)
    erase_member(desk, "m7")
    erase_member(desk, "m8")
    lose(desk, backup)
    for _ in range(decided_late):  # its numbers are those of the erasures
        ignore_customer(desk, 9)
        with pytest.raises(JournalAheadError):
            keep_journal(desk)

    done = caught_up(desk)

    assert (done.erasures, done.erased_again, done.gaps) == (2, 1, [])
    keep_journal(desk)
    assert list_numbers(place_of(desk)) == [*range(1, 3 + decided_late)]
