"""Each page of the desk over real HTTP, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.connect.tokens import find_grant, is_over, list_tokens
from loyalty_desk.errors import StorageError
from loyalty_desk.records import RunState
from loyalty_desk.report.html import write_report
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import add_counters, start_run
from loyalty_desk.staging.unwritten import DATA_DOCS, for_reading
from loyalty_desk.tasks.sync import report_dir
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import ADA, DOUBLE, EVIL, GRACE, HTML
from tests.sql.staged import Staged

PAGES = {
    "": ["Overview", "20.0%", "by schedule", "No sync is running"],
    "/progress": ["No sync is running"],
    "/mismatches": ["6 found"],
    f"/mismatches/customer/{ADA}": ["ada@gmail.com", "Who it may be"],
    "/mismatches/member/m3": ["Members with the same address", "m4"],
    "/awards": ["2 found", "+500 points", "needs approval"],
    "/awards/new": ["New award"],
    "/awards/new?who=m2": ["Grace Hopper", "900", "1,450 of 2,000", "Above 100 points"],
    "/awards/new?who=nobody@example.test": ["No member with this address is known"],
    "/awards/import": ["Choose a file", "member_id"],
    "/customers": ["Customer"],
    "/customers?q=grace@example.test": ["Grace Hopper 8", "Grace Hopper m2"],
    "/customers?q=m2": ["Grace Hopper 8", "Grace Hopper m2"],
    "/customers?q=80": ["Grace Hopper 8", "Grace Hopper m2"],
    "/customers?q=8": ["Grace Hopper 8", "Grace Hopper m2"],
    "/customers?q=hopper GRACE": ["Grace Hopper 8", "Grace Hopper m2"],
    "/customers?q=m1": ["No customer of those that were read so far", "Ada Byron m1"],
    "/customers?q=7": ["Ada Byron 7", "No member of those that were read so far"],
    "/customers?q=nobody@": ["That is not an e-mail address"],
    f"/customers/{GRACE}": ["they have the same e-mail address", "+50 points", "by schedule"],
    f"/customers/{DOUBLE}": ["Unclear", "See who it may be"],
    f"/customers/{EVIL}": ["Wrote to us, not a member", "&lt;img src=x"],
    "/quality": ["Match email differs", "▲ warning", "<code>7</code>"],
    "/quality/member-file": ["Choose a file", "as a sync would"],
    "/setup": ["None yet.", "What we made in Gorgias", "approval_above_points"],
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_what_it_is_for_and_nothing_as_html_that_people_wrote(
    desk: DeskClient, path: str
) -> None:
    page = desk.as_user("admin").get(path)

    assert page.status_code == 200
    for text in PAGES[path]:
        assert text in page.text
    assert HTML not in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert "style=" not in page.text, "the policy would not let it work"


def test_member_files_that_were_not_read_are_named_on_the_desk_and_in_the_report(
    desk: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        add_counters(connection, STORE, "scheduled__1", {"member_files_left": 3})
        for position, name in enumerate((f"{HTML}.csv", "old")):
            row = {
                "record_id": name,
                "field": "file",
                "reason": "is empty",
                "source": "member_files",
            }
            key = {"store": STORE, "run_id": "scheduled__1", "position": position}
            connection.execute(schema.rejected_records.insert().values(**row, **key))
    write_report(staging, STORE, "scheduled__1", report_dir(STORE, "scheduled__1"), utc_now())
    viewer = desk.as_user("viewer")

    page, report = viewer.get().text, viewer.get("/runs/scheduled__1/report.html").text

    for text in (page, report):
        assert "<code>old</code> is empty" in text
        assert "<code>&lt;img src=x" in text
        assert HTML not in text
    assert "Member files that were not read" in page
    assert "3 member files were not read" in report
    assert "and 1 more" in report
    assert "Rows that could not be used" not in report


def test_a_card_that_stays_as_it_was_is_marked_stale_with_the_reason(
    desk: DeskClient, staging: Engine
) -> None:
    row = {
        "store": STORE,
        "side": "member",
        "subject_id": "m2",
        "found_by": "read",
        "reason": "points_balance is beyond 1,000,000,000, up or down",
        "since_utc": utc_text(utc_now()),
    }
    with staging.begin() as connection:
        connection.execute(schema.set_aside.insert(), row)

    page = desk.as_user("admin").get(f"/customers/{GRACE}").text

    assert "stale" in page
    assert "a row of the member is at fault" in page
    assert "points balance is beyond" in page
    assert "stale" not in desk.as_user("admin").get(f"/customers/{DOUBLE}").text


@pytest.mark.parametrize("email", [None, "no address"])
def test_a_customer_without_a_usable_address_has_a_page_too(
    desk: DeskClient, staging: Engine, email: str | None
) -> None:
    state = "invalid" if email else "missing"
    with staging.begin() as connection:
        Staged(connection).customer(55, name="Chatty", email=email, email_state=state)

    page = desk.as_user("admin").get("/customers/55")

    assert page.status_code == 200
    assert "Chatty" in page.text
    assert "Never pushed." in page.text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("žofie nováková", True),
        ("Nováková", True),
        ("ŽOFIE", True),
        ("Žof", True),
        ("Novák Ada", False),
        ("50%_\\", False),
        ('"name"', False),
    ],
)
def test_a_name_is_found_however_it_is_written(
    desk: DeskClient, staging: Engine, words: str, *, found: bool
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(55, "z@example.test", name="Žofie Nováková")
        staged.member("m55", "zz@example.test", card='{"name":"Nováková Žofie","tier":"Gold"}')

    page = desk.as_user("admin").get("/customers", q=words).text

    assert ("Žofie Nováková 55" in page) is found
    assert ("Nováková Žofie m55" in page) is found


def test_who_is_linked_and_a_ticket_whose_lookup_found_nobody_are_found_too(
    desk: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        Staged(connection).link(ADA, "m1")
        connection.execute(
            schema.METADATA.tables["lookups_not_found"].insert(),
            {
                "store": STORE,
                "ticket_id": 4711,
                "customer_id": ADA,
                "outcome": "customer_not_found",
                "first_at_utc": "x",
                "last_at_utc": "x",
            },
        )
    admin = desk.as_user("admin")

    for words in ("m1", str(ADA), "4711"):
        page = admin.get("/customers", q=words).text
        assert "Ada Byron 7" in page
        assert "Ada Byron m1" in page


def test_before_any_member_was_read_the_search_says_so(desk: DeskClient, staging: Engine) -> None:
    with staging.begin() as connection:
        connection.execute(schema.members.delete())

    page = desk.as_user("admin").get("/customers", q="nobody@example.test").text

    assert "No members were read yet" in page
    assert "No member of" not in page


def test_the_first_page_lists_the_stores_or_goes_to_the_only_one(desk: DeskClient) -> None:
    both = desk.as_user("admin").call("GET", DESK)
    assert "other" in both.text
    assert STORE in both.text

    one = desk.as_user("viewer").call("GET", DESK)
    assert one.headers["location"] == f"{DESK}/{STORE}"


def test_a_running_sync_shows_how_far_it_is(desk: DeskClient, staging: Engine) -> None:
    now = utc_now()
    with staging.begin() as connection:
        start_run(connection, STORE, "running", {}, now)
        add_counters(
            connection,
            STORE,
            "running",
            {
                f"seconds_{stage}": 1
                for stage in ("members", "customers", "tickets", "match", "plan")
            },
        )
        staged = Staged(connection)
        for customer_id, state in ((1, "done"), (2, "done"), (3, "planned"), (4, "planned")):
            staged.change("running", customer_id, state, changed_at_utc=utc_text(now))

    part = desk.as_user("viewer").get("/progress").text

    assert "push, 2 of 4 cards, 2 a minute, about 1 minute left" in part
    assert '<progress max="4" value="2"' in part


def test_a_full_scan_shows_how_many_rows_it_has_seen(desk: DeskClient, staging: Engine) -> None:
    with staging.begin() as connection:
        add_counters(connection, STORE, "scheduled__1", {"members_fetched": 40})
        start_run(connection, STORE, "running", {}, utc_now() - timedelta(minutes=2))
        connection.execute(
            schema.scan_seen.insert(),
            [{"store": STORE, "source": "members", "subject_id": f"m{n}"} for n in range(10)],
        )

    part = desk.as_user("viewer").get("/progress").text

    assert "members, 10 of about 40 rows, 5 a minute, about 6 minutes left" in part


def test_a_stopped_run_says_why_on_the_overview(desk: DeskClient, staging: Engine) -> None:
    from loyalty_desk.staging.run_record import finish_run

    with staging.begin() as connection:
        start_run(connection, STORE, "stopped", {}, utc_now())
        finish_run(connection, STORE, "stopped", RunState.FAILED, "plan: too many", utc_now())

    assert "The last run stopped.</strong> plan: too many" in desk.as_user("viewer").get().text


def test_a_token_is_shown_once_and_revoked(desk: DeskClient, staging: Engine) -> None:
    admin = desk.as_user("admin")
    made = admin.post("/setup/tokens", {"label": "the widget", "opens": "awards"})
    token = made.text.split('class="secret">')[1].split("<")[0]

    page = admin.get("/setup").text
    assert token not in page
    assert "the widget" in page
    with staging.begin() as connection:
        [token_id] = Staged(connection).rows(schema.api_tokens, "token_id")
    assert token.startswith(f"ld_{token_id}_")
    assert admin.post(f"/setup/tokens/{token_id}/revoke", {}).status_code == 303
    assert admin.post(f"/setup/tokens/{token_id}/revoke", {}).status_code == 404
    assert "revoked" in admin.get("/setup").text


def test_a_token_is_replaced_and_the_old_one_holds_for_the_time_chosen(
    desk: DeskClient, staging: Engine
) -> None:
    admin = desk.as_user("admin")
    admin.post("/setup/tokens", {"label": "the widget", "opens": "awards"})
    with staging.begin() as connection:
        [token_id] = Staged(connection).rows(schema.api_tokens, "token_id")

    for wrong in ("2", "", "-1", "x"):
        answer = admin.post(f"/setup/tokens/{token_id}/replace", {"hours": wrong})
        assert answer.status_code == 404
    made = admin.post(f"/setup/tokens/{token_id}/replace", {"hours": "24"})
    token = made.text.split('class="secret">')[1].split("<")[0]

    assert admin.post(f"/setup/tokens/{token_id}/replace", {"hours": "24"}).status_code == 404
    page = admin.get("/setup").text
    assert token not in page
    assert "ends " in page
    with reading(staging) as connection:
        tomorrow = utc_now() + timedelta(hours=25)
        assert find_grant(connection, token, tomorrow) is not None
        [old] = [one for one in list_tokens(connection, STORE) if one.token_id == token_id]
    assert not is_over(old, utc_now())
    assert is_over(old, tomorrow)


@pytest.mark.parametrize("fields", [{"opens": "awards"}, {"label": "x", "opens": "everything"}])
def test_a_token_needs_a_label_and_an_endpoint(desk: DeskClient, fields: dict[str, str]) -> None:
    assert desk.as_user("admin").post("/setup/tokens", fields).status_code == 400


def test_settings_show_a_notifier_without_what_it_is_made_with(desk: DeskClient) -> None:
    assert "smtp_default" in desk.as_user("admin").get("/setup").text


def test_what_is_searched_for_is_in_no_log(
    desk: DeskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    manager = desk.as_user("manager")
    for path, name in (("/customers", "q"), ("/mismatches", "q"), ("/awards/new", "who")):
        assert manager.get(path, **{name: "grace@example.test"}).status_code == 200
        answer = desk.get(path, **{name: "grace@example.test"})
        assert answer.status_code == 303
        assert "grace" not in answer.headers["location"]

    logged = [record.getMessage() for record in caplog.records]
    assert any("/loyalty/desk" in line for line in logged), "there is an access log"
    assert not [line for line in logged if "grace" in line]


def test_a_runs_report_and_its_files_are_served_to_who_may_see_the_store(
    desk: DeskClient, staging: Engine
) -> None:
    write_report(staging, STORE, "scheduled__1", report_dir(STORE, "scheduled__1"), utc_now())
    viewer = desk.as_user("viewer")
    assert "/runs/scheduled__1/report.html" in viewer.get().text

    report = viewer.get("/runs/scheduled__1/report.html")
    sheet = viewer.get("/runs/scheduled__1/mismatches.xlsx")
    document = viewer.get("/runs/scheduled__1/mismatches.json")

    assert "Loyalty sync of acme" in report.text
    assert "script-src" not in report.headers["content-security-policy"]
    assert "default-src 'none'" in report.headers["content-security-policy"]
    assert sheet.content.startswith(b"PK")
    assert "attachment" in sheet.headers["content-disposition"]
    assert "ada@" not in document.text, "the files hold ids"
    assert viewer.get("/runs/scheduled__0/report.html").status_code == 404
    assert viewer.get("/runs/scheduled__1/.mismatches.csv").status_code == 404
    outside = replace(viewer, store="other")
    assert outside.get("/runs/scheduled__1/report.html").status_code == 404


def test_pages_say_which_files_a_run_could_not_write(desk: DeskClient, staging: Engine) -> None:
    viewer, run_id = desk.as_user("viewer"), "scheduled__1"
    why = "/srv/desk cannot be used now (No space left on device)"
    with for_reading(staging, STORE, run_id, DATA_DOCS):
        raise StorageError(why)

    for page in (viewer.get().text, viewer.get(f"/quality?run={run_id}").text):
        assert "The Data Docs could not be written" in page
        assert why in page
        assert "see that there is room" in page
    assert why not in viewer.get("/quality?run=scheduled__0").text
    report_at = write_report(staging, STORE, run_id, report_dir(STORE, run_id), utc_now())
    assert "The Data Docs could not be written" in report_at.read_text()


def test_the_data_docs_of_the_checks_are_served(desk: DeskClient) -> None:
    page = installation().var_dir / "data_docs" / STORE / "match" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>what was expected of matches</p>")
    viewer = desk.as_user("viewer")
    assert "/docs/match/index.html" in viewer.get("/quality").text

    found = viewer.get("/docs/match/index.html")

    assert "what was expected" in found.text
    assert "script-src" not in found.headers["content-security-policy"]
    assert viewer.get("/docs/match").status_code == 404
    assert replace(viewer, store="other").get("/docs/match/index.html").status_code == 404
