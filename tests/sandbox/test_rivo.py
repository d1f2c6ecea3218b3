"""The Rivo stand-in: login, paging and its traps, members, the ledger."""

from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox.running import Sandbox
from tests.sandbox.calls import MEMBERS, Call, members_of

SINCE, LIMIT = "pagination[since_id]", "pagination[limit]"
PAGE, PER_PAGE = "pagination[page]", "pagination[per_page]"
WHO = "filters[customer_identifier]"


def get_member(rivo: Call, identifier: Any) -> dict[str, Any]:
    answer = rivo("GET", f"/customers/{quote(str(identifier), safe='')}")
    assert answer.status_code == 200
    attributes: dict[str, Any] = answer.json()["data"]["attributes"]
    return attributes


@pytest.fixture
def member(sandbox: Sandbox) -> dict[str, Any]:
    """A member without any trouble."""
    rows = members_of(sandbox, trouble="none", limit=10)
    return next(row for row in rows if row["status"] == "member")


def book(rivo: Call, member: dict[str, Any], **form: Any) -> requests.Response:
    return rivo(
        "POST",
        "/points_events",
        data={"customer_identifier": member["id"], "source": "manual"} | form,
    )


@pytest.mark.parametrize("prefix", ["Bearer ", "Token ", "x"])
def test_only_the_raw_key_is_let_in(sandbox: Sandbox, prefix: str) -> None:
    headers = {"Authorization": prefix + sandbox.rivo["api_key"]}
    answer = requests.get(f"{sandbox.rivo_url}/customers", headers=headers, timeout=10)

    assert answer.status_code == 401
    assert "error" in answer.json()


def test_a_cursor_walk_yields_every_member_once_ids_ascending(rivo: Call) -> None:
    since_id: int | None = 0
    ids: list[int] = []
    while since_id is not None:
        page = rivo("GET", "/customers", params={SINCE: since_id, LIMIT: 250}).json()
        ids += [row["id"] for row in page["data"]]
        assert page["links"].keys() == {"since_id", "limit", "next_since_id"}
        since_id = page["links"]["next_since_id"]

    assert len(set(ids)) == MEMBERS
    assert ids == sorted(ids)
    assert len(str(ids[0])) == 13


def test_next_since_id_may_be_absent(rivo: Call, sandbox: Sandbox) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_next_since_id_present": False})

    assert rivo("GET", "/customers", params={SINCE: 0}).json()["links"].keys() == {"self"}


def test_per_page_beside_since_id_silently_means_offset(rivo: Call) -> None:
    first = rivo("GET", "/customers", params={SINCE: 0, LIMIT: 5}).json()["data"]
    query = {SINCE: first[-1]["id"], PER_PAGE: 5}

    page = rivo("GET", "/customers", params=query).json()

    assert page["data"] == first
    assert page["links"].keys() == {"self", "next", "last"}


def test_offset_pages_have_25_rows_and_at_most_250(rivo: Call) -> None:
    assert len(rivo("GET", "/customers").json()["data"]) == 25
    assert len(rivo("GET", "/customers", params={PER_PAGE: 1000}).json()["data"]) == 250


def test_offset_links_lead_to_the_last_page(rivo: Call) -> None:
    page = rivo("GET", "/customers", params={PER_PAGE: 250, PAGE: MEMBERS // 250 - 1}).json()
    last = rivo("GET", page["links"]["next"].partition("/merchant_api/v1")[2]).json()

    assert page["links"]["next"] == page["links"]["last"]
    assert last["links"]["next"] is None
    assert len(last["data"]) == 250


@pytest.mark.parametrize(("setting", "status", "rows"), [("empty", 200, 0), ("last", 200, 1)])
def test_offset_paging_ends_at_page_500(
    rivo: Call, sandbox: Sandbox, setting: str, status: int, rows: int
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_page_beyond_max": setting})
    assert "page%5D=500" in rivo("GET", "/customers", params={PER_PAGE: 1}).json()["links"]["last"]

    answer = rivo("GET", "/customers", params={PER_PAGE: 1, PAGE: 501})

    assert (answer.status_code, len(answer.json()["data"])) == (status, rows)


def test_an_updated_since_filter_is_silently_ignored(rivo: Call, sandbox: Sandbox) -> None:
    query = {"updated_at_min": "2099-01-01"}
    assert len(rivo("GET", "/customers", params=query).json()["data"]) == 25

    sandbox.control("rivo", "POST", "switches", {"rivo_unknown_parameter_status": 400})
    assert rivo("GET", "/customers", params=query).status_code == 400


def test_a_member_is_found_by_id_and_by_percent_encoded_email(rivo: Call, sandbox: Sandbox) -> None:
    plus = members_of(sandbox, trouble="member_plus_tag")[0]

    assert get_member(rivo, plus["email"])["id"] == plus["id"]
    assert get_member(rivo, plus["id"])["email"] == plus["email"]
    assert rivo("GET", f"/customers/{plus['id']}/advocate_stats").json()["data"]["id"] == plus["id"]


def test_every_generated_email_finds_its_member(rivo: Call, sandbox: Sandbox) -> None:
    rows = [row for row in members_of(sandbox)[::50] if row["email"] and "@" in row["email"]]

    assert all(get_member(rivo, row["email"])["id"] for row in rows)


def test_an_unknown_customer_is_a_404(rivo: Call) -> None:
    assert rivo("GET", "/customers/123").status_code == 404
    assert rivo("GET", "/customers/nobody%40example.test").status_code == 404


@pytest.mark.parametrize("path", ["/vip-tiers", "/earning-rules", "/customers/1/rewards"])
def test_paths_that_do_not_exist_are_404(rivo: Call, path: str) -> None:
    assert rivo("GET", path).status_code == 404


def test_attributes_have_the_live_or_the_printed_names(
    rivo: Call, sandbox: Sandbox, member: dict[str, Any]
) -> None:
    live = get_member(rivo, member["id"])
    assert {"points_tally", "loyalty_status_last_changed_at"} <= live.keys()

    sandbox.control("rivo", "POST", "switches", {"rivo_names": "printed"})
    printed = get_member(rivo, member["id"])
    assert printed["loyalty_points_tally"] == live["points_tally"]
    assert "points_tally" not in printed
    assert "loyalty_status_last_updated_at" in printed


def test_points_are_whole_numbers_and_credits_text(member: dict[str, Any]) -> None:
    assert isinstance(member["points_tally"], int)
    assert isinstance(member["credits_tally"], str)


def test_expiry_is_a_display_date(rivo: Call, sandbox: Sandbox) -> None:
    row = next(row for row in members_of(sandbox, limit=50) if row["points_expire_at"])
    month, day, year = row["points_expire_at"].split(" ")
    assert month.isalpha()
    assert (len(day), day[-1], len(year)) == (3, ",", 4)

    sandbox.control("rivo", "POST", "switches", {"rivo_dates_iso": True})
    assert get_member(rivo, row["id"])["points_expire_at"].endswith("Z")


def test_the_birthday_is_set_with_put(rivo: Call, member: dict[str, Any]) -> None:
    path = f"/customers/{member['id']}"

    assert rivo("PUT", path, data={"dob": "03-19"}).json()["data"]["attributes"]["dob"] == "03-19"
    assert rivo("PUT", path, data={"dob": "1990-03-19"}).status_code == 422


def test_tiers_are_not_in_order(rivo: Call) -> None:
    thresholds = [
        row["attributes"]["threshold"] for row in rivo("GET", "/vip_tiers").json()["data"]
    ]

    assert thresholds != sorted(thresholds)
    assert rivo("GET", "/vip_tiers/77").json()["data"]["attributes"]["name"] == "Gold"


def test_a_manual_event_moves_the_balance_and_is_created_with_201(
    rivo: Call, member: dict[str, Any]
) -> None:
    answer = book(rivo, member, points_amount="-5", internal_note="marker-1")
    event = answer.json()["data"]

    assert answer.status_code == 201
    assert event["attributes"]["id"][1] == event["id"]
    assert (event["attributes"]["points_amount"], event["attributes"]["points_diff"]) == (5, -5)
    assert get_member(rivo, member["id"])["points_tally"] == member["points_tally"] - 5


def test_a_credit_event_has_no_points_and_text_amounts(rivo: Call, member: dict[str, Any]) -> None:
    event = book(rivo, member, credits_amount="2.25").json()["data"]["attributes"]

    assert (event["points_amount"], event["credits_amount"]) == (0, "2.25")
    held = float(get_member(rivo, member["id"])["credits_tally"])
    assert held == pytest.approx(float(member["credits_tally"]) + 2.25)


def test_events_are_not_idempotent(rivo: Call, member: dict[str, Any]) -> None:
    ids = {book(rivo, member, points_amount=1).json()["data"]["id"] for _ in range(2)}

    assert len(ids) == 2
    assert get_member(rivo, member["id"])["points_tally"] == member["points_tally"] + 2


def test_a_marker_in_the_note_is_found_in_the_ledger(rivo: Call, member: dict[str, Any]) -> None:
    booked = book(rivo, member, points_amount=7, internal_note="marker-7").json()["data"]
    for identifier in (member["id"], member["email"]):
        rows = rivo("GET", "/points_events", params={WHO: identifier}).json()["data"]
        assert [row["id"] for row in rows if row["attributes"]["internal_note"] == "marker-7"] == [
            booked["id"]
        ]


def test_an_event_may_show_late_in_the_ledger(
    rivo: Call, sandbox: Sandbox, member: dict[str, Any]
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_event_visible_after_s": 1e6})
    before = rivo("GET", "/points_events", params={WHO: member["id"]}).json()["data"]
    book(rivo, member, points_amount=7)

    assert rivo("GET", "/points_events", params={WHO: member["id"]}).json()["data"] == before
    assert sandbox.control("rivo", "GET", "ledger")["unseen"] == 1


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"source": "gift"}, 422),
        ({}, 422),
        ({"points_amount": "1.5"}, 422),
        ({"customer_identifier": "123", "points_amount": 1}, 404),
        ({"source": "custom_action", "custom_action_name": "review"}, 201),
        ({"source": "custom_action", "custom_action_name": "unknown"}, 422),
    ],
    ids=["unknown source", "no amount", "half a point", "unknown customer", "amount of the rule",
         "unknown action"],
)  # fmt: skip
def test_events_are_checked(
    rivo: Call, member: dict[str, Any], form: dict[str, Any], status: int
) -> None:
    assert book(rivo, member, **form).status_code == status


def test_a_json_body_is_taken_only_by_switch(
    rivo: Call, sandbox: Sandbox, member: dict[str, Any]
) -> None:
    body = {"customer_identifier": member["id"], "source": "manual", "points_amount": 3}
    assert rivo("POST", "/points_events", json=body).status_code == 400

    sandbox.control("rivo", "POST", "switches", {"rivo_json_body_accepted": True})
    assert rivo("POST", "/points_events", json=body).status_code == 201


def test_a_balance_may_go_below_zero_unless_switched(
    rivo: Call, sandbox: Sandbox, member: dict[str, Any]
) -> None:
    amount = -member["points_tally"] - 1
    sandbox.control("rivo", "POST", "switches", {"rivo_overdraw_allowed": False})
    assert book(rivo, member, points_amount=amount).status_code == 422

    sandbox.control("rivo", "POST", "switches", {"rivo_overdraw_allowed": True})
    assert book(rivo, member, points_amount=amount).status_code == 201
    assert get_member(rivo, member["id"])["points_tally"] == -1


def test_a_batch_is_json_and_all_or_nothing(rivo: Call, member: dict[str, Any]) -> None:
    good = {"customer_identifier": member["id"], "source": "manual", "points_amount": 3}
    bad = good | {"customer_identifier": "123"}
    path = "/points_events/batch"

    assert rivo("POST", path, json={"points_events": [good, bad]}).status_code == 404
    assert get_member(rivo, member["id"])["points_tally"] == member["points_tally"]
    assert rivo("POST", path, json={"points_events": [good, good]}).status_code == 201
    assert get_member(rivo, member["id"])["points_tally"] == member["points_tally"] + 6


def test_the_valid_ledger_entries_of_a_member_add_up_to_the_balance(
    rivo: Call, sandbox: Sandbox
) -> None:
    for row in members_of(sandbox)[::300]:
        events = rivo("GET", "/points_events", params={WHO: row["id"]}).json()["data"]
        valid = [
            one["attributes"]
            for one in events
            if not one["attributes"]["revoked_at"] and not one["attributes"]["hidden"]
        ]
        assert sum(one["points_diff"] for one in valid) == row["points_tally"]
        assert sum(float(one["credits_amount"]) for one in valid) == float(row["credits_tally"])


def test_the_ledger_is_walked_by_id(rivo: Call, member: dict[str, Any]) -> None:
    booked = book(rivo, member, points_amount=1).json()["data"]["id"]

    page = rivo("GET", "/points_events", params={SINCE: booked - 3, LIMIT: 250}).json()

    assert [row["id"] for row in page["data"]] == [booked - 2, booked - 1, booked]
    assert page["links"]["next_since_id"] is None


def test_some_ledger_rows_are_revoked_and_some_hidden(rivo: Call) -> None:
    rows = rivo("GET", "/points_events", params={SINCE: 0, LIMIT: 250}).json()["data"]

    assert any(row["attributes"]["revoked_at"] for row in rows)
    assert any(row["attributes"]["hidden"] for row in rows)
    assert any(row["attributes"]["source"] == "points_purchase" for row in rows)


def test_a_reward_is_redeemed_for_points(rivo: Call, sandbox: Sandbox) -> None:
    rich = next(row for row in members_of(sandbox, limit=50) if row["points_tally"] > 500)
    form = {"customer_identifier": rich["id"], "reward_id": 41}
    answer = rivo("POST", "/points_redemptions", data=form)

    assert answer.status_code == 201
    assert get_member(rivo, rich["id"])["points_tally"] == rich["points_tally"] - 100
    rows = rivo("GET", "/points_redemptions", params={WHO: rich["id"]}).json()["data"]
    assert [row["attributes"]["code"] for row in rows] == [
        answer.json()["data"]["attributes"]["code"]
    ]


def test_a_referrers_reward_cannot_be_redeemed(rivo: Call, member: dict[str, Any]) -> None:
    form = {"customer_identifier": member["id"], "reward_id": 45}

    assert rivo("POST", "/points_redemptions", data=form).status_code == 422


@pytest.mark.parametrize("shape", ["error", "message", "errors"])
def test_the_error_body_has_the_shape_of_the_switch(
    rivo: Call, sandbox: Sandbox, shape: str
) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_error_shape": shape})

    assert rivo("GET", "/customers/123").json().keys() == {shape}


def test_a_new_member_may_be_unknown_for_a_while(rivo: Call, sandbox: Sandbox) -> None:
    sandbox.control("rivo", "POST", "switches", {"rivo_new_customer_delay_s": 1e6})
    added = sandbox.control("rivo", "POST", "members", {"email": "new@example.test"})
    assert rivo("GET", f"/customers/{added['id']}").status_code == 404

    sandbox.control("rivo", "POST", "switches", {"rivo_new_customer_delay_s": 0})
    added = sandbox.control("rivo", "POST", "members", {"email": "newer@example.test"})
    assert get_member(rivo, "newer@example.test")["id"] == added["id"]
