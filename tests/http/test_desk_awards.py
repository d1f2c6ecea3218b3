"""Awards on the desk over real HTTP: asked for, approved, settled, taken back, from a file."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.awards.queue import add_event
from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token, token_id_of
from loyalty_desk.records import AwardState
from loyalty_desk.staging.award_schema import awards
from loyalty_desk.tasks.restored import take_up
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.sql.staged import Staged


@pytest.fixture
def agent(desk: DeskClient) -> DeskClient:
    return desk.as_user("agent")


@pytest.fixture
def manager(desk: DeskClient) -> DeskClient:
    return desk.as_user("manager")


def found(engine: Engine, **where: Any) -> list[Any]:
    condition = " AND ".join(f"{name} = :{name}" for name in where)
    with engine.connect() as connection:
        sql = f"SELECT * FROM awards WHERE {condition} ORDER BY queued_at_utc"
        return list(connection.execute(text(sql), where).all())


def waiting(engine: Engine) -> str:
    [award] = found(engine, state="needs_approval")
    return str(award.award_id)


def set_state(engine: Engine, award_id: str, state: str) -> None:
    with engine.begin() as connection:
        Staged(connection).update(awards, {"award_id": award_id}, state=state)


def test_an_award_is_queued_once_however_often_its_form_is_sent(
    agent: DeskClient, staging: Engine
) -> None:
    page = agent.get("/awards/new", who="m2").text
    key = re.search(r'name="idempotency_key" value="(\w+)"', page)
    assert key is not None
    fields = {
        "member_id": "m2",
        "amount": "25",
        "unit": "points",
        "reason": "gesture",
        "note": "<b>kind</b>",
        "idempotency_key": key[1],
    }

    first, second = (agent.post("/awards/new", fields) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    [award] = found(staging, door="desk")
    assert (award.agent, award.amount, award.state) == ("agent", 25, "queued")
    where = f"{DESK}/{STORE}/awards/{award.award_id}"
    assert first.headers["location"] == f"{where}?done=awarded"
    assert second.headers["location"] == f"{where}?done=repeated"
    shown = agent.call("GET", first.headers["location"]).text
    assert "The award is queued." in shown
    assert "&lt;b&gt;kind" in shown
    shown = agent.call("GET", second.headers["location"]).text
    assert "Sent twice: nothing new was queued." in shown
    assert award.award_id in shown


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"amount": "many"}, "must be a number such as 50"),
        ({"amount": "5000"}, "one award may have 1,000 points at most"),
        ({"amount": "5", "reason": "because"}, "must be one of"),
        ({"amount": "5", "note": "ld:mark"}, "must not hold"),
        ({"amount": "5", "ticket_id": "x"}, "number in Gorgias"),
        ({"amount": "5", "member_id": ""}, "give either email or member id"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_and_nothing_is_queued(
    agent: DeskClient, staging: Engine, fields: dict[str, str], says: str
) -> None:
    answer = agent.post("/awards/new", {"member_id": "m2", "reason": "gesture", **fields})

    assert answer.status_code == 400
    assert says in answer.text
    assert found(staging, door="desk") == []


def test_of_several_members_with_an_address_one_has_to_be_chosen(
    agent: DeskClient, staging: Engine
) -> None:
    fields = {"amount": "5", "reason": "gesture", "ticket_id": "71"}
    answer = agent.post("/awards/new", {**fields, "email": "twin@example.test"})

    assert answer.status_code == 400
    assert "several members have this address; choose one" in answer.text
    assert found(staging, door="desk") == []
    chosen = re.findall(r'href="[^"]*(/awards/new\?who=m\d[^"]*)">Choose member', answer.text)
    assert [unescape(one) for one in chosen] == [
        "/awards/new?who=m3&ticket_id=71",
        "/awards/new?who=m4&ticket_id=71",
    ]
    assert 'name="member_id" value="m4"' in agent.get(unescape(chosen[1])).text
    assert agent.post("/awards/new", {**fields, "member_id": "m4"}).status_code == 303


def test_a_blank_is_a_plus_where_a_member_has_that_address(
    agent: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m77", "plus+one@example.test", card='{"name":"Plus"}')

    found = agent.get("/awards/new?who=plus+one@example.test").text
    assert 'name="member_id" value="m77"' in found
    assert 'id="by-mail"' not in agent.get("/awards/new?who=plus+two@example.test").text


def test_an_award_refused_for_a_shared_address_names_the_members(
    agent: DeskClient, staging: Engine
) -> None:
    agent.post("/awards/new", {"email": "new@example.test", "amount": "5", "reason": "gesture"})
    [award] = found(staging, door="desk")
    with staging.begin() as connection:
        refused = {"state": "refused", "detail": "ambiguous"}
        Staged(connection).update(awards, {"award_id": award.award_id}, **refused)
        add_event(
            connection,
            STORE,
            award.award_id,
            AwardState.REFUSED,
            utc_now(),
            actor="worker",
            detail="ambiguous",
            facts={"member_ids": ["m8", "m9"]},
        )

    page = agent.get(f"/awards/{award.award_id}").text

    assert "Several members have the e-mail address" in page
    assert "members with the address: m8, m9" in page
    assert "/awards/new?who=new%40example.test" in page


def test_nobody_awards_in_anothers_name(agent: DeskClient, staging: Engine) -> None:
    agent.post(
        "/awards/new", {"member_id": "m2", "amount": "5", "reason": "gesture", "agent": "admin"}
    )

    [award] = found(staging, door="desk")
    assert award.agent == "agent"


def test_a_large_award_is_approved_by_another_and_not_by_whoever_asked(
    manager: DeskClient, desk: DeskClient, staging: Engine
) -> None:
    asked = manager.post("/awards/new", {"member_id": "m2", "amount": "300", "reason": "gesture"})
    [own] = found(staging, door="desk")
    assert own.state == "needs_approval"
    page = manager.call("GET", asked.headers["location"]).text
    assert "Nothing is booked yet" in page
    assert "The award is queued." not in page
    assert "another person has to approve it" in page
    assert 'value="approve"' not in page
    refused = manager.post(f"/awards/{own.award_id}/approval", {"action": "approve"})
    assert refused.status_code == 400
    assert "cannot approve it" in refused.text

    admin = desk.as_user("admin")
    done = admin.post(f"/awards/{own.award_id}/approval", {"action": "approve", "why": "fine"})

    assert done.headers["location"].endswith("?done=approved")
    [award] = found(staging, door="desk")
    assert award.state == "approved"
    timeline = admin.get(f"/awards/{own.award_id}").text
    assert "fine" in timeline
    again = admin.post(f"/awards/{own.award_id}/approval", {"action": "reject"})
    assert again.status_code == 400
    assert "nothing to approve" in again.text


def test_a_large_award_is_rejected(manager: DeskClient, staging: Engine) -> None:
    award_id = waiting(staging)
    manager.post(f"/awards/{award_id}/approval", {"action": "reject", "why": "too much"})
    [award] = found(staging, award_id=award_id)
    assert (award.state, award.detail) == ("rejected", "too much")


@pytest.mark.parametrize(("action", "state"), [("applied", "applied"), ("send_again", "approved")])
def test_an_unknown_award_is_settled_with_how_that_is_known(
    manager: DeskClient, staging: Engine, action: str, state: str
) -> None:
    award_id = waiting(staging)
    manager.post(f"/awards/{award_id}/approval", {"action": "approve"})
    set_state(staging, award_id, "unknown")
    where = f"/awards/{award_id}/outcome"

    assert manager.post(where, {"action": action}).status_code == 400
    done = manager.post(where, {"action": action, "why": "seen in the ledger"})

    assert done.status_code == 303
    assert found(staging, award_id=award_id)[0].state == state


def test_a_restored_award_that_is_rejected_is_not_said_to_be_and_waits_again_to_be_sent(
    manager: DeskClient, staging: Engine
) -> None:
    award_id = waiting(staging)
    take_up(staging, utc_now(), by="grace")
    where = f"/awards/{award_id}"
    assert "Staging was restored while it waited" in manager.get(where).text

    done = manager.post(f"{where}/approval", {"action": "reject"})
    shown = manager.call("GET", done.headers["location"]).text

    assert "It may have been booked before the restore" in shown
    assert "Rejected." not in shown
    assert "It is not: ask for approval again" in shown
    done = manager.post(f"{where}/outcome", {"action": "send_again", "why": "not in Rivo"})
    assert "It waits for approval again." in manager.call("GET", done.headers["location"]).text
    assert found(staging, award_id=award_id)[0].state == "needs_approval"


def test_whoever_made_the_token_does_not_approve_what_came_through_it(
    manager: DeskClient, desk: DeskClient, staging: Engine
) -> None:
    award_id = waiting(staging)
    with staging.begin() as connection:
        token = make_token(connection, STORE, utc_now(), label="x", made_by="manager")
        key = {"award_id": award_id}
        Staged(connection).update(awards, key, token_id=token_id_of(token))
    where = f"/awards/{award_id}"

    page = manager.get(where).text
    assert "You made the token of this award, so another person has to approve it" in page
    assert 'value="approve"' not in page
    refused = manager.post(f"{where}/approval", {"action": "approve"})
    assert (refused.status_code, found(staging, award_id=award_id)[0].state) == (
        400,
        "needs_approval",
    )
    assert "whoever made the token of award" in unescape(refused.text)
    assert desk.as_user("admin").post(f"{where}/approval", {"action": "approve"}).ok
    assert found(staging, award_id=award_id)[0].state == "approved"


def test_an_applied_award_is_taken_back_once(agent: DeskClient, staging: Engine) -> None:
    award_id = waiting(staging)
    set_state(staging, award_id, "applied")
    where = f"/awards/{award_id}/reversal"

    assert "Say why" in agent.post(where, {}).text
    first = agent.post(where, {"why": "wrong member"})
    second = agent.post(where, {"why": "wrong member"})

    assert first.headers["location"].endswith("?done=waits")  # as it is above the threshold
    assert "reversed before" in second.text
    [back] = found(staging, reverses=award_id)
    assert (back.amount, back.agent, back.door) == (-500, "agent", "desk")


def test_the_queue_is_found_by_state_and_words(manager: DeskClient, staging: Engine) -> None:
    award_id = waiting(staging)

    for query in ({"state": "needs_approval"}, {"q": award_id}):
        assert "1 found" in manager.get("/awards", **query).text
    assert "2 found" in manager.get("/awards", q="eve").text
    assert "No award here" in manager.get("/awards", state="unknown").text
    assert manager.get("/awards/nothere").status_code == 404
