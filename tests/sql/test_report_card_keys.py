"""What the report says of the keys of members' cards, on both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.card.keys import TOLD
from loyalty_desk.records import MemberStatus
from loyalty_desk.report import card_keys
from loyalty_desk.report.card_keys import CardKeys, count_card_keys
from loyalty_desk.report.html import write_report
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import stage_members
from loyalty_desk.staging.run_record import start_run
from tests.factories import LATER, NOW, STORE, member


def stage(engine: Engine, member_id: str, now: Any = NOW, **values: Any) -> None:
    with engine.begin() as connection:
        stage_members(connection, STORE, [member(member_id, **values)], now, first_load=False)


def counted(engine: Engine) -> CardKeys:
    with reading(engine) as connection:
        return count_card_keys(connection, STORE)


def test_each_key_is_counted_by_its_label_in_the_order_of_the_widget(staging: Engine) -> None:
    stage(staging, "m1", card={"tier": "Gold", "points_balance": 0, "segments": []})
    stage(staging, "m2", card={"points_balance": 5})
    stage(staging, "m3", status=MemberStatus.ERASED)

    found = counted(staging)

    assert found.looked_at == 2
    assert found.found == [("Points", 2), ("VIP tier", 1), ("Segments", 1)]
    assert len(found.found) + len(found.on_no_card) == len(TOLD)


def test_the_cards_that_changed_last_are_looked_at(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_keys, "LOOKED_AT", 2)
    stage(staging, "m1", card={"tier": "Gold"})
    stage(staging, "m2", LATER, card={"birthday": "03-19"})
    stage(staging, "m3", LATER + timedelta(hours=1), card={"birthday": "03-19"})

    assert counted(staging).found == [("Birthday", 2)]


def test_the_page_shows_labels_and_counts_and_no_value(staging: Engine, tmp_path: Path) -> None:
    stage(staging, "m1", card={"tier": "Zirconium", "points_balance": 5})
    with staging.begin() as connection:
        start_run(connection, STORE, "r1", {}, NOW)

    page = write_report(staging, STORE, "r1", tmp_path / "run", LATER).read_text("utf-8")

    section = page.partition('aria-labelledby="card-keys"')[2].partition("</section>")[0]
    rows = re.findall(r'<th scope="row">([^<]+)</th><td class="num">(\d+)</td>', section)
    assert rows == [("Points", "1"), ("VIP tier", "1")]
    assert "On none of them: Name, Points pending," in section
    assert "Zirconium" not in page
