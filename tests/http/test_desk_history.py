"""What was written to a card, and what a run changes or would change, on the desk's pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.card.cards import card_json, fingerprint
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.gorgias.destinations import WantedCard, find_delivery
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.records import Cause, CauseKind
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import add_counters, start_run
from loyalty_desk.sync.plan import plan_changes
from loyalty_desk.web.desk import run_changes
from tests.factories import STORE
from tests.http.desk import DeskClient
from tests.http.desk_world import ADA, DOUBLE, EVIL, GRACE, HTML
from tests.sql.staged import Staged

RUN, DRY = "scheduled__1", "manual__2026-11-03T05:00:00+00:00"
DRY_PAGE = "/runs/manual__2026-11-03T05%3A00%3A00%2B00%3A00/changes"
PAGE = f"/customers/{GRACE}"


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def become(engine: Engine, **card: Any) -> None:
    """Have the platform tell another card of Grace, m2."""
    whole = {"member": True, "member_id": "m2", "status": "member", "name": "Grace Hopper", **card}
    with engine.begin() as connection:
        Staged(connection).update(
            schema.members,
            {"member_id": "m2"},
            card=card_json(whole),
            card_fingerprint=fingerprint(whole),
            points_balance=card.get("points_balance"),
        )


def write(engine: Engine, kind: CauseKind, ref: str | None) -> str:
    """Have Gorgias accept the card of Grace as it is staged; returns its version."""
    wanted = WantedCard(GRACE, "customer_data", "matched", "m2")
    with engine.begin() as connection:
        delivery = find_delivery(connection, stores_file().get(STORE), wanted, utc_now())
        assert delivery is not None
        cause = Cause(kind=kind, ref=ref)
        keep_pushed(connection, STORE, delivery, utc_text(utc_now()), cause=cause)
    return delivery.version_utc


def plan(engine: Engine, run_id: str = DRY, **params: Any) -> None:
    with engine.begin() as connection:
        start_run(connection, STORE, run_id, {"dry_run": True, **params}, utc_now())
        counts = plan_changes(
            connection, stores_file().get(STORE), run_id, utc_now(), full=True, limit=None
        )
        add_counters(connection, STORE, run_id, {"planned": counts.planned})


def test_a_customers_page_says_what_was_written_when_and_what_for(
    desk: DeskClient, staging: Engine
) -> None:
    become(staging, points_balance=900)
    write(staging, CauseKind.SYNC, RUN)
    become(staging, points_balance=1950, tier=HTML)
    write(staging, CauseKind.AWARD, "a1")

    page = desk.as_user("viewer").get(PAGE).text

    said = text_of(page)
    assert f"Changed member m2 Points: 900 → 1,950 VIP tier: {HTML} An award" in said
    assert "Points: 900 A sync" in said
    assert '/awards/a1">An award</a>' in page
    assert f'/runs/{RUN}/changes">A sync</a>' in page
    assert HTML not in page


def test_the_history_of_a_card_is_read_page_by_page(desk: DeskClient, staging: Engine) -> None:
    for points in range(11):
        become(staging, points_balance=points)
        write(staging, CauseKind.WEBHOOK, None)
    user = desk.as_user("viewer")

    newest = user.get(PAGE).text
    [older] = re.findall(r'href="[^"]*\?before=([^"#]*)#history" rel="next"', newest)
    rest = text_of(user.get(PAGE, before=unescape(older).replace("%3A", ":")).text)

    assert "Points: 9 → 10 The platform told of a change" in text_of(newest)
    assert "Points: 0 The platform told" in rest
    assert "Points: 9 → 10" not in rest
    assert "The newest" in rest


def test_a_dry_run_shows_what_it_would_write_before_anything_is_written(
    desk: DeskClient, staging: Engine
) -> None:
    become(staging, points_balance=900)
    write(staging, CauseKind.SYNC, RUN)
    become(staging, points_balance=950)
    plan(staging)
    user = desk.as_user("viewer")

    page = user.get(DRY_PAGE)
    assert page.status_code == 200
    said = text_of(page.text)
    assert "Nothing was written: this is what would be" in said
    assert "Grace Hopper 8 Changed member m2 Points: 900 → 950 not written yet" in said
    assert "First card Not a member of the programme" in said
    assert HTML not in page.text
    assert f'{DRY_PAGE}">Changes</a>' in user.get().text, "the overview leads there"


@pytest.mark.parametrize(
    ("query", "customers"),
    [
        ({"field": "points_balance"}, {GRACE}),
        ({"field": "tier"}, set()),
        ({"kind": "update"}, {GRACE}),
        ({"kind": "clear"}, set()),
        ({"customer": str(ADA)}, {ADA}),
        ({"customer": "nobody"}, set()),
        ({"customer": str(GRACE), "kind": "new"}, set()),
        ({"state": "failed"}, set()),
        ({"kind": "of no list"}, {ADA, GRACE, DOUBLE, EVIL}),
    ],
)
def test_changes_are_filtered_by_field_kind_state_and_customer(
    desk: DeskClient, staging: Engine, query: dict[str, str], customers: set[int]
) -> None:
    become(staging, points_balance=900)
    write(staging, CauseKind.SYNC, RUN)
    become(staging, points_balance=950)
    plan(staging)

    page = desk.as_user("viewer").get(DRY_PAGE, **query).text

    assert set(map(int, re.findall(r"/customers/(\d+)\"", page))) == customers
    assert ("Nothing here is as the filters ask" in page) == (not customers)


def test_changes_come_page_by_page_and_a_rare_field_costs_no_long_wait(
    desk: DeskClient, staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_changes, "MOST", 2)
    become(staging, points_balance=950)
    plan(staging)
    user, seen, after = desk.as_user("viewer"), [], ""
    while True:
        page = user.get(DRY_PAGE, after=after).text
        seen += re.findall(r"/customers/(\d+)\"", page)
        found = re.search(r'after=(\d+)\+(\w+)" rel="next"', page)
        if found is None:
            break
        after = " ".join(found.groups())
    assert list(map(int, seen)) == [ADA, GRACE, DOUBLE, EVIL]

    monkeypatch.setattr(run_changes, "LOOKED_AT", 1)
    page = user.get(DRY_PAGE, field="tier").text
    assert "only a part of this run" in page
    assert "Look further" in page


def test_what_was_written_is_told_by_the_write_itself_whatever_came_after(
    desk: DeskClient, staging: Engine
) -> None:
    become(staging, points_balance=900)
    write(staging, CauseKind.SYNC, RUN)
    become(staging, points_balance=950)
    version = write(staging, CauseKind.SYNC, RUN)
    become(staging, points_balance=5)
    write(staging, CauseKind.AWARD, "a1")
    with staging.begin() as connection:
        Staged(connection).update(
            schema.changes, {"run_id": RUN, "customer_id": GRACE}, ledger_version_utc=version
        )

    said = text_of(desk.as_user("viewer").get(f"/runs/{RUN}/changes").text)

    assert "Points: 900 → 950 written" in said


def test_it_is_said_where_the_differences_are_not_all(desk: DeskClient, staging: Engine) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        for customer_id, values in {
            ADA: {"state": "failed", "error": "Gorgias answered 500", "member_id": "m1"},
            DOUBLE: {"state": "planned", "member_id": "m9"},
            EVIL: {"state": "planned", "member_id": "m1", "fingerprint": "another card"},
        }.items():
            staged.change(RUN, customer_id, **values)

    said = text_of(desk.as_user("viewer").get(f"/runs/{RUN}/changes").text)

    assert "Gorgias answered 500" in said
    assert "The member is not known any more. not written yet" in said
    assert "The member changed since this was planned; this is as of now." in said
    assert "What was written is not kept, or it stood there already. written" in said


def test_a_run_that_is_not_there_has_no_page(desk: DeskClient) -> None:
    assert desk.as_user("viewer").get("/runs/scheduled__9/changes").status_code == 404


def test_who_may_only_look_sees_a_name_that_is_an_address_masked(
    desk: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        connection.execute(schema.customers.update().values(name="hidden@shop.example"))
    become(staging, name="hidden@shop.example", points_balance=1)
    write(staging, CauseKind.SYNC, RUN)
    become(staging, name="hidden.too@shop.example", points_balance=2)
    plan(staging)
    pages = (PAGE, DRY_PAGE, "/mismatches", f"/mismatches/customer/{ADA}", f"/customers?q={GRACE}")

    for path in pages:
        whole = desk.as_user("manager").get(path).text
        masked = desk.as_user("viewer").get(path).text

        assert "hidden@shop.example" in whole, path
        assert "h…@shop.example" in masked, path
        assert "hidden@" not in masked, path
        assert "hidden.too" not in masked, path


def test_what_no_text_holds_is_not_asked_of_a_database(desk: DeskClient) -> None:
    manager = desk.as_user("manager")

    assert manager.get("/runs/%00/changes").status_code == 404
    assert manager.get("/runs/scheduled__1/changes", after="5 \0").status_code == 200
    assert manager.get(f"/customers/{GRACE}", before="\0").status_code == 200
