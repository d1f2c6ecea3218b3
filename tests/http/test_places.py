"""Everybody is told once while somebody else cannot be reached; that one later, if it is so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.errors import LoyaltyDeskError, NotToldError
from loyalty_desk.records import RunState
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.telling import claim
from loyalty_desk.tasks import awards as award_tasks
from loyalty_desk.tasks.late import tell_late
from loyalty_desk.tasks.report_mail import send_report
from loyalty_desk.tasks.thresholds import alert_thresholds
from tests.factories import STORE, store_settings
from tests.http.api_client import forget_settings
from tests.http.mailbox import (
    LEAD,
    TELLER,
    TOLD,
    Failing,
    Mailbox,
    SetStore,
    let_waits_end,
)
from tests.http.test_award_alerts import ended
from tests.http.test_thresholds import open_mismatches

OTHER = "other@shop.example"
DEAD = {**TELLER, "notifier": "tests.http.mailbox.Failing"}
EVERYBODY: dict[str, Any] = {"email_to": [LEAD], "notifiers": [DEAD, TELLER]}
"""A place that is dead between two that are not."""
Configure = Callable[..., None]
What = Callable[[], object]


@pytest.fixture
def configure(staging: Engine, set_store: SetStore, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """A store that has something to tell of every kind, and those settings of who is told."""
    monkeypatch.setattr(Failing, "dead", True)
    monkeypatch.setattr(Failing, "tries", 0)
    open_mismatches(staging, 1, 2)
    ended(staging)
    with staging.begin() as connection:
        start_run(connection, STORE, "r1", {}, utc_now())
        finish_run(connection, STORE, "r1", RunState.SUCCEEDED, None, utc_now())
        binds = {"store": STORE, "run_id": "r1", "report_path": "r1/report.html"}
        connection.execute(statement("report/runs/set_report_path"), binds)

    def write(told: dict[str, Any], **reports: Any) -> None:
        above = {"customer_not_found": 1}
        set_store(alerts=told, reports={**told, "alert_above": above, **reports})

    return write


KINDS: dict[str, What] = {
    "the report": lambda: send_report(STORE),
    "a threshold": lambda: alert_thresholds(STORE),
    "an award": lambda: award_tasks.alert(STORE, "run", {}),
    "a late sync": lambda: tell_late(STORE, 5, {"dag_run": {"dag_run_id": "r2"}}),
}


def quietly(tell: What) -> None:
    """As a task that fails, and is tried again or follows another."""
    try:
        tell()
    except LoyaltyDeskError:
        return


def settle_award(staging: Engine) -> None:
    with staging.begin() as connection:  # so that `a threshold` has nothing else to tell
        connection.execute(text("UPDATE awards SET alert_run_id = 'told'"))


@pytest.mark.parametrize("kind", KINDS)
def test_each_place_is_told_once_while_another_is_dead(
    configure: Configure, mailbox: Mailbox, staging: Engine, kind: str
) -> None:
    configure(EVERYBODY)
    with pytest.raises(NotToldError, match=r"notifiers\.0 \(.*Failing\): RuntimeError$"):
        KINDS[kind]()
    for _ in range(3):
        quietly(KINDS[kind])
        let_waits_end(staging)
    quietly(KINDS[kind])

    assert (len(mailbox.mails), len(TOLD)) == (1, 1)
    assert 2 <= Failing.tries <= 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_that_is_back_is_told_once(
    configure: Configure, mailbox: Mailbox, staging: Engine, kind: str
) -> None:
    configure({"email_to": [LEAD], "notifiers": [DEAD]})
    quietly(KINDS[kind])
    Failing.dead = False
    quietly(KINDS[kind])
    assert TOLD == [], "it is left alone for a while"
    let_waits_end(staging)

    for _ in range(2):
        KINDS[kind]()

    assert (len(mailbox.mails), len(TOLD)) == (1, 1)


def test_a_place_that_left_the_settings_holds_up_nobody_and_is_not_told(
    configure: Configure, mailbox: Mailbox, staging: Engine
) -> None:
    configure(EVERYBODY)
    for tell in KINDS.values():
        quietly(tell)
    tries, Failing.dead = Failing.tries, False
    configure({"email_to": [LEAD], "notifiers": [TELLER]})
    let_waits_end(staging)

    for tell in KINDS.values():
        tell()

    assert Failing.tries == tries
    assert (len(mailbox.mails), len(TOLD)) == (4, 4)
    with reading(staging) as connection:
        open_ones = connection.execute(
            text("SELECT COUNT(*) FROM owed_alerts WHERE closed_at_utc IS NULL")
        ).scalar()
    assert open_ones == 0


def test_an_address_that_is_refused_is_named_and_the_others_have_their_mail(
    configure: Configure, mailbox: Mailbox
) -> None:
    mailbox.refused.add(OTHER)
    configure({"email_to": [OTHER, LEAD]})

    with pytest.raises(NotToldError, match=r"reports\.email_to\.0: SMTPRecipientsRefused$"):
        send_report(STORE)

    assert [mail["To"] for mail in mailbox.mails] == [LEAD]


def test_who_was_away_on_monday_gets_the_report_of_thursday(
    configure: Configure, staging: Engine
) -> None:
    configure({"notifiers": [DEAD]})
    quietly(KINDS["the report"])
    open_mismatches(staging, 1, 2, 3, 4)
    Failing.dead = False
    let_waits_end(staging)

    assert send_report(STORE, only_owed=True)
    assert not send_report(STORE, only_owed=True)

    assert [subject for subject, _ in TOLD] == [f"Loyalty of {STORE}: 4 to look at, 4 new"]


def test_a_threshold_that_is_not_crossed_any_more_is_not_told_late(
    configure: Configure, staging: Engine
) -> None:
    settle_award(staging)
    configure({"notifiers": [DEAD]})
    quietly(KINDS["a threshold"])
    open_mismatches(staging, 1)
    Failing.dead = False
    let_waits_end(staging)

    assert alert_thresholds(STORE) == {"crossed": [], "cleared": []}
    assert TOLD == []


def test_a_sync_that_ended_meanwhile_is_not_told_to_be_late(
    configure: Configure, staging: Engine
) -> None:
    settle_award(staging)
    configure({"notifiers": [DEAD]}, alert_above={})
    quietly(KINDS["a late sync"])
    with staging.begin() as connection:
        start_run(connection, STORE, "r2", {}, utc_now())
        finish_run(connection, STORE, "r2", RunState.SUCCEEDED, None, utc_now())
    Failing.dead = False
    let_waits_end(staging)

    alert_thresholds(STORE)

    assert TOLD == []


@pytest.mark.parametrize("how", [{"force": True}, {"run_id": "timed"}])
def test_a_run_that_is_tried_again_sends_no_second_report(
    configure: Configure, mailbox: Mailbox, staging: Engine, how: dict[str, Any]
) -> None:
    configure(EVERYBODY, only_when_changed=False)
    again = {"run_id": "by hand", **how}
    for _ in range(3):
        with pytest.raises(NotToldError):
            send_report(STORE, **again)
        let_waits_end(staging)
    assert (len(mailbox.mails), len(TOLD)) == (1, 1)

    quietly(lambda: send_report(STORE, run_id="the next one"))
    assert (len(mailbox.mails), len(TOLD)) == (2, 2)


def test_staging_that_is_away_does_not_silence_a_late_sync(
    configure: Configure, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(EVERYBODY)
    nowhere = "postgresql+psycopg://desk@127.0.0.1:1/desk"
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", nowhere)
    forget_settings()

    with pytest.raises(RuntimeError):
        tell_late(STORE, 5, {})

    assert (len(mailbox.mails), len(TOLD)) == (1, 1)


def test_nothing_of_an_address_or_a_secret_is_kept(configure: Configure, staging: Engine) -> None:
    configure(EVERYBODY)
    for tell in KINDS.values():
        quietly(tell)

    with reading(staging) as connection:
        kept = [
            str(tuple(row))
            for table in ("tellings", "owed_alerts")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert len(kept) > 4
    assert not [row for row in kept if LEAD in row or "hook.example" in row]


def test_housekeeping_forgets_what_was_told_long_ago(
    configure: Configure, staging: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from loyalty_desk.tasks.retention import keep_house

    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    configure(EVERYBODY)
    for tell in KINDS.values():
        quietly(tell)
    configure({"email_to": [OTHER]})  # who was told left the settings, and nobody asks any more
    assert (keep_house(STORE)["alerts"], keep_house(STORE)["tellings"]) == (0, 0)
    old = {"at": f"{utc_now() - timedelta(days=store_settings().retention.run_days + 1):%Y-%m-%d}"}
    with staging.begin() as connection:
        connection.execute(text("UPDATE owed_alerts SET made_at_utc = :at"), old)
        connection.execute(text("UPDATE tellings SET told_at_utc = :at"), old)

    done = keep_house(STORE)

    assert (done["alerts"], done["tellings"]) == (2, 8), "the four that are still tried stay"


def test_a_threshold_that_stays_crossed_is_not_told_again(
    configure: Configure, staging: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from loyalty_desk.tasks.retention import keep_house

    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    settle_award(staging)
    configure({"notifiers": [TELLER]})
    for tell in (KINDS["a threshold"], KINDS["the report"]):
        tell()
    for _ in range(2):  # more than `run_days` go by, and it is looked at meanwhile
        pass_days(staging, store_settings().retention.run_days / 2 + 1)
        KINDS["a threshold"]()
        KINDS["the report"]()
        keep_house(STORE)

    KINDS["a threshold"]()
    KINDS["the report"]()

    assert len(TOLD) == 2
    open_mismatches(staging, 1)
    assert alert_thresholds(STORE)["cleared"] == ["customer_not_found"]


def pass_days(staging: Engine, days: float) -> None:
    """Have everybody been told so much earlier."""
    with staging.begin() as connection:
        rows = connection.execute(text("SELECT place, thing, told_at_utc FROM tellings")).all()
        for place, thing, at in rows:
            binds = {
                "place": place,
                "thing": thing,
                "at": at and utc_text(parse_utc(at) - timedelta(days=days)),
            }
            update = "UPDATE tellings SET told_at_utc = :at WHERE place = :place AND thing = :thing"
            connection.execute(text(update), binds)


def test_a_new_place_is_told_once_of_what_is_so(
    configure: Configure, mailbox: Mailbox, staging: Engine
) -> None:
    settle_award(staging)
    for thing, content in (("thresholds", {"told": ["customer_not_found"]}), ("report", None)):
        everybody = claim(staging, STORE, "", thing)  # as an upgrade leaves it
        assert everybody is not None
        everybody.note_told(content or {"at_utc": utc_text(utc_now()), "run_id": "r1"})
    configure({"notifiers": [TELLER]})
    for tell in (KINDS["a threshold"], KINDS["the report"]):
        tell()
    assert TOLD == [], "it was there when everybody was told"

    configure({"notifiers": [TELLER], "email_to": [LEAD]})
    for tell in 2 * (KINDS["a threshold"], KINDS["the report"]):
        tell()

    assert TOLD == []
    assert [mail["Subject"] for mail in mailbox.mails] == [
        f"Loyalty of {STORE}: over a threshold",
        f"Loyalty of {STORE}: 2 to look at, 2 new",
    ]
