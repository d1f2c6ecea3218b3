"""An award is asked for and followed by its address."""

from __future__ import annotations

from sqlalchemy import Engine

from loyalty_desk.records import AwardState
from tests.factories import STORE
from tests.http.api_client import AWARDS, ApiClient, award_fields, serving
from tests.http.awards_api.asking import Send, both_kinds, rows, send_form, set_state


@both_kinds
def test_an_award_is_queued_and_followed_by_its_address(
    api: ApiClient, staging: Engine, send: Send
) -> None:
    answer = send(api, award_fields(note="late parcel", ticket_id=12))
    (award,) = rows(staging)
    address = f"{AWARDS}/{award.award_id}"
    assert answer.status_code == 202
    assert answer.headers["Location"] == address
    assert answer.json() == {
        "message": "Queued: +50 points will be booked in a moment, unless the platform refuses.",
        "id": award.award_id,
        "state": "queued",
        "status_url": address,
        "repeats": None,
    }
    followed = api.call("GET", address)
    assert followed.status_code == 200
    assert followed.json() == {
        "id": award.award_id,
        "state": "queued",
        "detail": None,
        "amount": "50",
        "unit": "points",
        "reason": "gesture",
        "agent": "ada",
        "ticket_id": 12,
        "member_id": "7",
        "reverses": None,
        "queued_at": award.queued_at_utc,
        "settled_at": None,
    }
    assert (award.door, award.note, award.store) == ("http", "late parcel", STORE)


def test_what_becomes_of_an_award_shows_at_its_address(api: ApiClient, staging: Engine) -> None:
    award_id = api.award(amount="12.5", unit="credits").json()["id"]
    set_state(staging, award_id, AwardState.REFUSED)
    shown = api.read(award_id).json()
    assert (shown["state"], shown["amount"], shown["unit"]) == ("refused", "12.50", "credits")


def test_an_award_that_needs_approval_says_so(api: ApiClient) -> None:
    api.set_awards(approval_above_points=40)
    assert api.award().json()["state"] == "needs_approval"


def test_the_address_of_an_award_holds_where_airflow_has_a_base_path(
    api: ApiClient, staging: Engine
) -> None:
    with serving("/airflow") as url:
        answer = api.session.post(
            f"{url}/airflow{AWARDS}",
            json=award_fields(),
            headers={"Authorization": f"Bearer {api.token}"},
            timeout=10,
        )
        address = answer.json()["status_url"]
        assert address == f"/airflow{AWARDS}/{rows(staging)[0].award_id}"
        followed = api.session.get(
            f"{url}{address}", headers={"Authorization": f"Bearer {api.token}"}, timeout=10
        )
        assert followed.status_code == 200


def test_the_store_may_be_named_if_it_is_the_tokens(api: ApiClient) -> None:
    assert api.award(store=STORE).status_code == 202
    assert send_form(api, award_fields(store=STORE)).status_code == 202
    assert api.call("POST", f"{AWARDS}?store={STORE}", json=award_fields()).status_code == 202
