"""A member's id that is an e-mail address stands whole in no log and in no error."""

from __future__ import annotations

import logging
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import MemberFileError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.same_account import AnotherAccountError
from loyalty_desk.records import Member, MemberStatus
from loyalty_desk.refresh import CardShower, ask_for_cards
from loyalty_desk.tasks import awards
from loyalty_desk.tasks.refresh import _show_batch
from tests.factories import NOW, STORE, store_settings
from tests.sql.staged import Staged
from tests.sql.test_member_folder import Folder, people

BY_ADDRESS, SHOWN = "ada@ids.example", "a…@ids.example"
ANOTHER = Member(
    member_id="grace@ids.example", email=None, status=MemberStatus.MEMBER, card={"member": True}
)


def shower(engine: Engine, find_member: Any) -> CardShower:
    platform: Any = SimpleNamespace(find_member=find_member)
    nobody: Any = None  # nothing comes as far as Gorgias
    return CardShower(store=store_settings(), engine=engine, platform=platform, gorgias=nobody)


def test_about_whom_the_platform_answered_with_another(
    staging: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    assert shower(staging, lambda _: ANOTHER).reread_member(BY_ADDRESS) is None

    assert f"member {SHOWN} is not read" in caplog.text
    assert BY_ADDRESS not in caplog.text


def test_whose_card_cannot_be_shown(staging: Engine, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: str) -> Member:
        raise BadFieldError("points", "is no number")

    with staging.begin() as connection:
        ask_for_cards(connection, STORE, [BY_ADDRESS], NOW)
    counts = Counter[str]()
    with caplog.at_level(logging.INFO):
        _show_batch(staging, store_settings(), shower(staging, fail), counts, time.monotonic() + 60)

    assert counts["failed"] == 1
    assert f"member {SHOWN} is not shown (BadFieldError)" in caplog.text
    assert BY_ADDRESS not in caplog.text


def test_who_is_somebody_else_on_the_platform_of_another_account() -> None:
    assert SHOWN in (said := str(AnotherAccountError(STORE, BY_ADDRESS)))
    assert BY_ADDRESS not in said


def test_who_shares_the_address_that_the_form_of_airflow_awards_by(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staging.begin() as connection:
        for member_id in (BY_ADDRESS, ANOTHER.member_id):
            Staged(connection).member(member_id, "both@shop.example")
    monkeypatch.setattr(awards, "staging_engine", lambda: staging)
    monkeypatch.setattr(awards, "open_store", lambda _: store_settings())
    form = {"email": "both@shop.example", "amount": 5, "reason": "gesture"}

    with pytest.raises(awards.AwardNotQueuedError) as raised:
        awards.queue_from_form(STORE, form, agent="eve", run_id="manual__1")

    assert f"of several members, {SHOWN}, g…@ids.example; choose one" in str(raised.value)
    assert BY_ADDRESS not in str(raised.value)


def test_whose_address_stands_in_the_name_of_a_file(
    staging: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Folder(staging, tmp_path)
    folder.put("of ada@shop.example.csv", people(3).rstrip("\n"), age_s=10)
    folder.put("b.csv", people(3), age_s=20)

    with caplog.at_level(logging.INFO):
        folder.read()
    left = folder.left()
    folder.put("of eve@shop.example.csv", "Id;Post\n1;2\n")
    with pytest.raises(MemberFileError) as raised:
        folder.read()

    assert left == {"b.csv": "is older than of …, which holds everybody too"}
    assert "members: of … is read" in caplog.text
    assert "of … has no column" in str(raised.value)
    assert "@" not in f"{caplog.text} {raised.value}"
