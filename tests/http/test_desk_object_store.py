"""The desk's files in an object store, a real S3 server: served, kept in, and removed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.__main__ import main
from loyalty_desk.awards.queue import list_awards
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import StorageError
from loyalty_desk.folders import files_below, filled, find_inside, find_kept, refilled, remove
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.privacy.files import remove_files
from loyalty_desk.records import RunState
from loyalty_desk.report.html import write_report
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks.retention import keep_house
from loyalty_desk.tasks.sync import report_dir
from loyalty_desk.web.desk.overview import TREND_RUNS, has_file
from loyalty_desk.web.desk.standing import newest_runs
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.desk import DeskClient
from tests.object_store import CONNECTION, Bucket

Move = Callable[[str], None]


@pytest.fixture
def move(bucket: Bucket, set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch) -> Move:
    """Say where the desk's files are from now on."""
    set_connection(CONNECTION, **bucket.connection)

    def to(address: str) -> None:
        monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", address)
        forget_settings()

    return to


@pytest.fixture
def viewer(desk: DeskClient, bucket: Bucket, move: Move) -> DeskClient:
    """Somebody who may see the desk, whose files are in the bucket."""
    move(f"{bucket.address}/desk")
    return desk.as_user("viewer")


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_report_and_its_files_are_served_from_there(
    viewer: DeskClient, staging: Engine, bucket: Bucket
) -> None:
    write_report(staging, STORE, "scheduled__1", report_dir(STORE, "scheduled__1"), utc_now())
    bucket.put("desk/reports/acme/scheduled__1/.mismatches.csv", b"not to be seen")

    report = viewer.get("/runs/scheduled__1/report.html")
    sheet = viewer.get("/runs/scheduled__1/mismatches.xlsx")

    assert "/runs/scheduled__1/report.html" in viewer.get().text
    assert "Loyalty sync of acme" in report.text
    assert "default-src 'none'" in report.headers["content-security-policy"]
    assert sheet.content == bucket.read("desk/reports/acme/scheduled__1/mismatches.xlsx")
    assert sheet.headers["content-disposition"] == 'attachment; filename="mismatches.xlsx"'
    assert viewer.get("/runs/scheduled__1/.mismatches.csv").status_code == 404
    assert replace(viewer, store="other").get("/runs/scheduled__1/report.html").status_code == 404

    remove(report_dir(STORE, "scheduled__1"))
    assert viewer.get("/runs/scheduled__1/report.html").status_code == 404


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_data_docs_are_served_from_there_and_nothing_beside_them(
    viewer: DeskClient, bucket: Bucket
) -> None:
    bucket.put("desk/data_docs/acme/match/index.html", b"<p>what was expected of matches</p>")
    bucket.put("desk/data_docs/acme/match/large.html", b"x" * 2_000_000)
    bucket.put("desk/data_docs/acme-two/match/index.html", b"another's")
    bucket.put("secret.html", b"nobody's")

    assert "/docs/match/index.html" in viewer.get("/quality").text
    assert "what was expected" in viewer.get("/docs/match/index.html").text
    assert len(viewer.get("/docs/match/large.html").content) == 2_000_000
    for path in (
        "match",
        "match/",
        "..%2facme-two%2fmatch%2findex.html",
        "match%2f..%2fmatch%2findex.html",
        "..%2f..%2f..%2fsecret.html",
        "%2fmatch%2findex.html",
        "match%2findex.html%00",
    ):
        assert viewer.get(f"/docs/{path}").status_code == 404, path

    bucket.put("desk/data_docs/acme/plan/index.html", b"<p>of plans</p>")
    assert "/docs/plan/index.html" in viewer.get("/quality").text, "what others wrote is seen"


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_store_of_files_that_is_away_is_said_and_the_checks_are_still_shown(
    viewer: DeskClient, staging: Engine, bucket: Bucket, move: Move
) -> None:
    write_report(staging, STORE, "scheduled__1", report_dir(STORE, "scheduled__1"), utc_now())
    with staging.begin() as connection:
        kept = f"s3://{CONNECTION}@no-such-bucket/desk/reports/acme/scheduled__1/report.html"
        binds = {"store": STORE, "run_id": "scheduled__1", "report_path": kept}
        connection.execute(statement("report/runs/set_report_path"), binds)
    move(f"s3://{CONNECTION}@no-such-bucket/desk")

    assert viewer.get("/quality").status_code == 200
    assert viewer.get("/runs/scheduled__1/report.html").status_code == 503
    with pytest.raises(StorageError, match="no-such-bucket"), filled(own_folder("connect")) as made:
        (made / "acme.html").write_text("how to go on")


def make_old_run(staging: Engine) -> None:
    """A run that is long past what is kept."""
    long_ago = utc_now() - timedelta(days=800)
    with staging.begin() as connection:
        start_run(connection, STORE, "old", {}, long_ago)
        finish_run(connection, STORE, "old", RunState.FAILED, None, long_ago)


def test_old_reports_go_with_their_runs_and_those_that_name_a_person(
    desk: DeskClient, staging: Engine, bucket: Bucket, move: Move
) -> None:
    move(f"{bucket.address}/desk")
    make_old_run(staging)
    for run_id in ("old", "scheduled__1"):
        write_report(staging, STORE, run_id, report_dir(STORE, run_id), utc_now())
    bucket.put("desk/reports/acme/named/report.html", b"<p>of ada@example.test</p>")
    bucket.put("desk/reports/acme/named/mismatches.csv", b"1,2")

    removed = remove_files((own_folder("reports", STORE),), re.compile(rb"ada@example\.test"))
    assert [one.name for one in removed] == ["named"]
    assert folders(bucket) == {"latest.html", "old", "scheduled__1"}

    keep_house(STORE)
    assert folders(bucket) == {"latest.html", "scheduled__1"}


def test_what_may_not_be_deleted_there_is_not_forgotten(
    desk: DeskClient, staging: Engine, bucket: Bucket, move: Move
) -> None:
    move(f"{bucket.address}/desk")
    make_old_run(staging)
    with staging.begin() as connection:
        for run_id in ("old", "scheduled__1"):
            kept = f"{own_folder('reports', STORE, run_id)}/report.html"
            binds = {"store": STORE, "run_id": run_id, "report_path": kept}
            connection.execute(statement("report/runs/set_report_path"), binds)
    bucket.put("desk/reports/acme/old/report.html", b"<p>of ada@example.test</p>")
    bucket.refuse_deletes()

    with pytest.raises(StorageError, match="the right to delete is missing"):
        remove_files((own_folder("reports", STORE),), re.compile(rb"ada@example\.test"))
    assert keep_house(STORE)["runs"] == 0

    assert folders(bucket) == {"old"}
    with staging.connect() as connection:
        assert "old" in [run.run_id for run in newest_runs(connection, STORE, 100)]


def folders(bucket: Bucket) -> set[str]:
    names = bucket.names("desk/reports/acme/")
    return {name.removeprefix("desk/reports/acme/").partition("/")[0] for name in names}


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_file_of_awards_is_imported_from_there(
    desk: DeskClient,
    staging: Engine,
    bucket: Bucket,
    move: Move,
    capsys: pytest.CaptureFixture[str],
) -> None:
    move(f"{bucket.address}/desk")
    bucket.put("awards.csv", b"member_id,amount,unit,reason\n1,50,,gesture\n")
    with staging.connect() as connection:
        before = len(list_awards(connection, STORE, most=100))

    command = ["awards", "import", "--store", STORE, "--agent", "eve"]
    assert main([*command, f"{bucket.address}/none.csv"]) == 1
    assert capsys.readouterr().err == f"loyalty_desk: there is no {bucket.address}/none.csv\n"
    assert main([*command, f"{bucket.address}/awards.csv"]) == 0

    with staging.connect() as connection:
        assert len(list_awards(connection, STORE, most=100)) == before + 1


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_run_further_back_than_the_overview_has_its_file_too(
    viewer: DeskClient, staging: Engine
) -> None:
    write_report(staging, STORE, "scheduled__1", report_dir(STORE, "scheduled__1"), utc_now())
    with staging.begin() as connection:
        for number in range(TREND_RUNS):
            start_run(connection, STORE, f"later-{number}", {}, utc_now())

    assert viewer.get("/runs/scheduled__1/report.html").status_code == 200
    assert has_file(STORE, "scheduled__1", "report.html")
    assert not has_file(STORE, "later-1", "report.html")


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_pages_are_shown_where_the_storage_of_files_is_not_installed(
    desk: DeskClient, move: Move
) -> None:
    move("gs://bucket/desk")
    viewer = desk.as_user("viewer")

    assert viewer.get().status_code == 200
    assert viewer.get("/quality").status_code == 200


def test_a_folder_that_cannot_be_emptied_is_filled_all_the_same(bucket: Bucket, move: Move) -> None:
    move(f"{bucket.address}/desk")
    docs = own_folder("data_docs", STORE, "match")
    bucket.put("desk/data_docs/acme/match/old.html", b"old")
    bucket.refuse_deletes()

    with refilled(docs) as made:
        (made / "new.html").write_text("new")

    assert files_below(docs) == ["new.html", "old.html"]
    with pytest.raises(StorageError, match="the right to delete is missing"):
        remove(docs)


def test_a_folder_that_is_filled_anew_keeps_nothing_of_before(bucket: Bucket, move: Move) -> None:
    move(f"{bucket.address}/desk")
    docs = own_folder("data_docs", STORE, "match")
    assert files_below(docs) == []
    for name in ("old.html", "new.html"):
        with refilled(docs) as made:
            (made / "static").mkdir()
            (made / "static" / name).write_text(name)
            place = made
        assert not place.exists(), "the temporary folder is taken away"

    assert files_below(own_folder("data_docs", STORE)) == ["match/static/new.html"]
    assert bucket.names() == ["desk/data_docs/acme/match/static/new.html"]
    assert find_inside(docs, "static/new.html") is not None
    assert find_kept(docs, f"{docs}/static/new.html") == docs / "static" / "new.html"
    for name in ("../match/static/new.html", "static//new.html", "./static/new.html", ""):
        assert find_inside(docs, name) is None
        assert find_kept(docs, f"{docs}/{name}") is None, name
    assert find_kept(docs, f"{docs}-two/index.html") is None
    remove(docs)
    remove(docs)
    assert bucket.names() == []
