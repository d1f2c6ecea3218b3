"""The gate: what it keeps, when it stops a run, and what its pages hold."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from loyalty_desk.errors import QualityError, StorageError
from loyalty_desk.quality.gate import check_step
from loyalty_desk.quality.steps import Step
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import load_run_record
from tests.factories import NOW, STORE, store_settings
from tests.sql.quality_rows import RUN, counter_row, fill_healthy, insert, member_row


def check(engine: Engine, step: Step, docs_dir: Path | None = None) -> Any:
    return check_step(engine, store_settings(), RUN, step, NOW, docs_dir=docs_dir)


def spoil(engine: Engine, **values: Any) -> None:
    with engine.begin() as connection:
        insert(connection, schema.members, member_row("bad", **values))


def kept(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        rows = connection.execute(select(schema.quality_results)).all()
    return {row.expectation: row for row in rows}


def test_a_passing_step_keeps_one_row_per_expectation(staging: Engine) -> None:
    fill_healthy(staging)

    result = check(staging, Step.MEMBERS)

    rows = kept(staging)
    assert set(result.as_counters().values()) == {0}
    assert set(rows) == {found.expectation for found in result.results}
    assert {row.step for row in rows.values()} == {"members"}
    assert all(row.passed for row in rows.values())


@pytest.mark.parametrize(
    ("step", "shares"),
    [
        (Step.MEMBERS, {"members_with_email", "member_points_not_negative"}),
        (Step.CUSTOMERS, {"customers_with_email"}),
    ],
)
def test_a_share_of_nothing_has_not_passed(
    staging: Engine, tmp_path: Path, step: Step, shares: set[str]
) -> None:
    result = check(staging, step, tmp_path)

    assert {found.expectation for found in result.results if not found.is_judged} == shares
    assert shares.isdisjoint(kept(staging))
    assert (tmp_path / step.value / "index.html").read_text("utf-8").count("no rows") == len(shares)


def test_a_warning_is_kept_and_the_run_goes_on(staging: Engine) -> None:
    fill_healthy(staging)
    spoil(staging, points_balance=-1)

    result = check(staging, Step.MEMBERS)

    row = kept(staging)["member_points_not_negative"]
    assert (row.severity, row.passed, row.failing_count) == ("warning", False, 1)
    assert json.loads(row.failing_ids) == ["bad"]
    assert result.quality_warning_failed == 1


def test_a_critical_fault_stops_the_run_after_the_results_are_kept(staging: Engine) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        for name in ("readback_checked", "readback_wrong"):
            insert(connection, schema.run_counters, counter_row(RUN, name, 3))

    with pytest.raises(QualityError, match=r"step push: 1 .*readback_most \(1 rows\)"):
        check(staging, Step.PUSH)

    assert not kept(staging)["readback_most"].passed
    with staging.connect() as connection:
        assert load_run_record(connection, STORE, RUN).quality_critical_failed == 1


def test_a_row_at_fault_is_kept_and_the_run_goes_on(staging: Engine) -> None:
    fill_healthy(staging)
    spoil(staging, status="odd")

    result = check(staging, Step.MEMBERS)

    row = kept(staging)["member_status_known"]
    assert (row.severity, row.passed, json.loads(row.failing_ids)) == ("row", False, ["bad"])
    assert result.quality_row_failed == 1
    with staging.connect() as connection:
        record = load_run_record(connection, STORE, RUN)
    assert (record.quality_critical_failed, record.quality_row_failed) == (0, 1)


def test_a_repeated_step_replaces_its_results(staging: Engine) -> None:
    fill_healthy(staging)
    spoil(staging, status="odd", points_balance=-1)
    check(staging, Step.MEMBERS)
    with staging.begin() as connection:
        connection.execute(text("DELETE FROM members WHERE member_id = 'bad'"))
        connection.execute(
            text("UPDATE customers SET updated_at_utc = '2999' || SUBSTR(updated_at_utc, 5)")
        )

    check(staging, Step.MEMBERS)
    check(staging, Step.CUSTOMERS)

    with staging.connect() as connection:
        record = load_run_record(connection, STORE, RUN)
    assert (record.quality_row_failed, record.quality_warning_failed) == (0, 1)


def test_a_check_that_cannot_run_stops_the_run(staging: Engine) -> None:
    with staging.begin() as connection:
        connection.execute(text("DROP TABLE links"))

    with pytest.raises(QualityError, match=r"match_link_unconfirmed could not be run: [\w.]+$"):
        check(staging, Step.MATCH)


def test_data_docs_stand_alone_and_hold_no_e_mail(
    staging: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    fill_healthy(staging)
    spoil(staging, points_balance=-1, email="bad@shop.example", email_key="bad@shop.example")
    docs_dir = tmp_path / "docs"
    docs_dir.mkdir()
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    if staging.dialect.name == "sqlite":
        monkeypatch.setattr(socket, "socket", None)  # any use of the network would fail

    result = check(staging, Step.MEMBERS, docs_dir)

    assert result.docs_index == docs_dir / "members" / "index.html"
    assert len(re.findall(r'href="(validations/[^"]+)"', result.docs_index.read_text())) == 2
    pages = "".join(page.read_text() for page in docs_dir.rglob("*.html"))
    assert "At least 98% of the points balances are not below zero." in pages
    assert not re.search(r"<script|<iframe|(?:src|href)=.https?:|@shop\.example", pages)
    assert list(temporary.iterdir()) == []
    captured = capfd.readouterr()
    assert "Calculating Metrics" not in captured.err + captured.out
    assert "{batch}" not in captured.out


def test_results_are_kept_where_the_object_store_takes_no_data_docs(
    staging: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextmanager
    def refuse(_folder: Path) -> Iterator[Path]:
        yield tmp_path
        raise StorageError("it is away")

    fill_healthy(staging)
    monkeypatch.setattr("loyalty_desk.folders.filled", refuse)

    result = check(staging, Step.MEMBERS, tmp_path / "docs")

    assert result.docs_index is None
    assert set(kept(staging)) == {found.expectation for found in result.results}
