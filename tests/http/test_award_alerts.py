"""Alerts about refused and unknown awards, by a real mail server and by any other notifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import NotToldError, SettingsError
from loyalty_desk.staging import award_schema
from loyalty_desk.tasks import awards as award_tasks
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.mailbox import (
    LEAD,
    TELLER,
    TOLD,
    Mailbox,
    SetStore,
    let_waits_end,
    set_mail_server,
)
from tests.sql.staged import Staged
from tests.sql.test_awards import queue, request

Tell = Callable[..., int]


@pytest.fixture
def tell(set_store: SetStore) -> Tell:
    """Run the task that alerts, with those settings."""

    def run(run_id: str = "run", **alerts: Any) -> int:
        set_store(alerts=alerts)
        return award_tasks.alert(STORE, run_id, {})

    return run


def ended(staging: Engine, state: str = "refused", **values: Any) -> str:
    key = f"key {len(values)} {state} {sorted(values.items())}"
    award_id = queue(staging, request(idempotency_key=key, **values)).award_id
    with staging.begin() as connection:
        key_of = {"award_id": award_id}
        why = {"refused": "customer_not_found", "unknown": "not in the ledger"}.get(state)
        Staged(connection).update(award_schema.awards, key_of, state=state, detail=why)
    return award_id


def text_of(mailbox: Mailbox) -> str:
    body = mailbox.mails[-1].get_body()
    assert body is not None
    return str(body.get_content())


def test_one_mail_tells_of_all_refused_and_unknown_awards_and_of_no_other(
    staging: Engine, tell: Tell, mailbox: Mailbox
) -> None:
    refused = ended(staging, agent="eve@shop.example")
    unknown = ended(staging, "unknown", ticket_id=4711)
    others = [ended(staging, state) for state in ("applied", "queued", "rejected")]

    assert tell(email_to=[LEAD]) == 2

    mail = mailbox.mails[0]
    assert len(mailbox.mails) == 1
    assert (mail["To"], mail["From"]) == (LEAD, "desk@shop.example")
    assert mail["Subject"] == f"[{STORE}] 2 awards refused or unknown"
    text = text_of(mailbox)
    for told in (
        refused,
        unknown,
        "customer_not_found",
        "ticket 4711",
        "awards resolve",
        "by eve\n",
    ):
        assert told in text
    for untold in (*others, "m1@shop.example", "eve@"):
        assert untold not in text


def test_an_award_is_told_of_once_also_by_a_task_that_is_tried_again(
    staging: Engine, tell: Tell, mailbox: Mailbox
) -> None:
    ended(staging)

    assert [tell("one", email_to=[LEAD]), tell("one", email_to=[LEAD])] == [1, 0]
    assert tell("two", email_to=[LEAD]) == 0
    assert len(mailbox.mails) == 1


def test_a_mail_server_that_is_away_fails_the_task_and_a_later_run_tells(
    staging: Engine, tell: Tell, mailbox: Mailbox, set_connection: SetConnection
) -> None:
    ended(staging)
    set_mail_server(set_connection, 1)
    with pytest.raises(NotToldError, match=r"alerts\.email_to\.0: ConnectionRefusedError"):
        tell(email_to=[LEAD])

    set_mail_server(set_connection, mailbox.port)
    let_waits_end(staging)
    tell("another run", email_to=[LEAD])
    assert len(mailbox.mails) == 1


def test_what_people_wrote_is_neither_rendered_nor_markup(
    staging: Engine, tell: Tell, mailbox: Mailbox
) -> None:
    ended(staging, agent="{{ 7*7 }} <b>eve</b>")

    tell(email_to=[LEAD], notifiers=[TELLER])

    assert "{{ 7*7 }} &lt;b&gt;eve&lt;/b&gt;" in text_of(mailbox)
    assert "{{ 7*7 }} <b>eve</b>" in TOLD[0][1]


def test_any_other_notifier_gets_subject_and_text(staging: Engine, tell: Tell) -> None:
    award_id = ended(staging)

    tell(notifiers=[TELLER])

    assert TOLD[0][0] == f"[{STORE}] 1 award refused or unknown"
    assert award_id in TOLD[0][1]


@pytest.mark.parametrize(
    ("notifier", "says"),
    [
        ({"notifier": "no.such.Notifier"}, "there is no class no.such.Notifier"),
        ({"notifier": "pathlib.Path"}, "is no Airflow notifier"),
        ({**TELLER, "arguments": {"nonsense": 1}}, "does not take these arguments"),
    ],
)
def test_a_wrong_notifier_is_named_with_its_place(
    staging: Engine, tell: Tell, notifier: dict[str, Any], says: str
) -> None:
    ended(staging)

    with pytest.raises(SettingsError, match=f"store '{STORE}': alerts.notifiers.0.*{says}"):
        tell(notifiers=[notifier])


def test_a_wrong_notifier_holds_up_nobody_and_is_told_once_it_is_mended(
    staging: Engine, tell: Tell, mailbox: Mailbox
) -> None:
    ended(staging)
    with pytest.raises(SettingsError):
        tell(email_to=[LEAD], notifiers=[{"notifier": "no.such.Notifier"}])
    assert len(mailbox.mails) == 1

    tell(email_to=[LEAD], notifiers=[TELLER])

    assert (len(mailbox.mails), len(TOLD)) == (1, 1)


def test_without_anybody_to_tell_there_is_a_warning(
    staging: Engine, tell: Tell, caplog: pytest.LogCaptureFixture
) -> None:
    ended(staging)

    assert tell() == 1
    assert "has no `alerts`" in caplog.text


def test_an_award_that_becomes_unknown_again_is_told_of_again(
    staging: Engine, tell: Tell, mailbox: Mailbox
) -> None:
    from loyalty_desk.awards.queue import settle_unknown
    from tests.factories import LATER

    award_id = ended(staging, "unknown")
    tell("one", email_to=[LEAD])
    with staging.begin() as connection:
        settle_unknown(
            connection, STORE, award_id, LATER, was_applied=False, actor="bo", why="looked"
        )
        Staged(connection).update(
            award_schema.awards, {"award_id": award_id}, state="unknown", detail="again"
        )

    assert tell("two", email_to=[LEAD]) == 1
