"""A file of awards on the desk that another person approves as a whole."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.tasks.restored import take_up
from tests.factories import STORE
from tests.http.award_files import HEAD, form_of, preview_of
from tests.http.desk import DESK, DeskClient
from tests.http.test_desk_awards import found
from tests.sql.award_rows import applied, put

CONTENT = f"{HEAD}m2,10,gesture\nm1,-20,other\n"


def send(user: DeskClient) -> str:
    """Send the file as one to be approved as a whole; returns the path of its batch."""
    preview = preview_of(user, CONTENT, whole="1")
    assert "They wait until another person approves them as a whole" in preview
    done = user.post("/awards/import", form_of(preview)).text
    assert "2 queued" in done
    batch = re.search(rf'href="{DESK}/{STORE}(/awards/batches/\w+)">the batch', done)
    assert batch is not None
    return batch[1]


def states(engine: Engine) -> list[str]:
    return [one.state for one in found(engine, door="batch")]


def test_a_file_is_approved_as_a_whole_by_another_person(desk: DeskClient, staging: Engine) -> None:
    manager, admin = desk.as_user("manager"), desk.as_user("admin")
    where = send(manager)
    assert states(staging) == ["needs_approval"] * 2
    assert where in admin.get("/awards").text
    page = admin.get(where).text
    assert "-20 points, +10 points" in page
    assert "Approve or reject all 2 that wait" in page

    done = admin.post(f"{where}/approval", {"action": "approve", "why": "the campaign"})

    assert done.headers["location"] == f"{DESK}/{STORE}{where}?done=approved"
    assert states(staging) == ["approved"] * 2
    assert "2 approved" in admin.get(where).text
    assert where not in admin.get("/awards").text
    assert where in admin.get(f"/awards/{found(staging, door='batch')[0].award_id}").text
    again = admin.post(f"{where}/approval", {"action": "reject"})
    assert again.status_code == 400
    assert "nothing of batch" in again.text
    assert states(staging) == ["approved"] * 2


def test_a_file_that_names_several_agents_was_asked_by_each(
    desk: DeskClient, staging: Engine
) -> None:
    agents = ["ada", "joan@shop.example", "mary", "zoe"]
    put(staging, *(applied(who, agent=who, batch_id="f11e", door="file") for who in agents))

    page = desk.as_user("agent").get("/awards/batches/f11e").text

    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())
    assert "Asked by ada, joan@shop.example, mary, 1 more, " in text


@pytest.mark.parametrize(
    ("sender", "approver", "approve", "reject"),
    [
        ("agent", "nobody", 401, 401),
        ("agent", "viewer", 403, 403),
        ("agent", "agent", 403, 403),
        ("agent", "manager", 303, 303),
        ("manager", "agent", 403, 403),
        ("manager", "manager", 400, 303),
        ("manager", "admin", 303, 303),
        ("admin", "admin", 400, 303),
    ],
)
def test_who_approves_and_who_rejects_whose_batch(
    desk: DeskClient, staging: Engine, sender: str, approver: str, approve: int, reject: int
) -> None:
    where = send(desk.as_user(sender))
    client = desk.as_user(approver if approver != "nobody" else "viewer")
    fields = {"why": "so"}
    if approver == "nobody":
        path = f"{DESK}/{STORE}{where}/approval"
        for status, action in ((approve, "approve"), (reject, "reject")):
            answer = desk.call("POST", path, data={**fields, "action": action})
            assert answer.status_code == status
        assert states(staging) == ["needs_approval"] * 2
        return
    shown = client.get(where).text
    assert ('value="approve"' in shown) == (approve == 303)
    assert ('value="reject"' in shown) == (reject == 303)

    answer = client.post(f"{where}/approval", {**fields, "action": "approve"})

    assert answer.status_code == approve
    if approve == 400:
        assert "cannot approve it" in unescape(answer.text)
    after = "approved" if approve == 303 else "needs_approval"
    assert states(staging) == [after] * 2
    if approve != 303:
        answer = client.post(f"{where}/approval", {**fields, "action": "reject"})
        assert answer.status_code == reject
        assert states(staging) == ["rejected" if reject == 303 else "needs_approval"] * 2


def test_a_rejected_batch_that_is_sent_again_says_what_became_of_it(desk: DeskClient) -> None:
    agent = desk.as_user("agent")
    where = send(agent)
    desk.as_user("manager").post(f"{where}/approval", {"action": "reject"})

    again = preview_of(agent, CONTENT, whole="1")

    assert "0 new, 2 queued before" in again
    assert again.count("queued before: rejected") == 2


def test_a_restored_batch_says_that_it_may_be_booked(desk: DeskClient, staging: Engine) -> None:
    manager = desk.as_user("manager")
    where = send(desk.as_user("agent"))
    assert "Staging was restored" not in manager.get(where).text
    take_up(staging, utc_now(), by="grace")
    assert "Staging was restored while it waited" in manager.get(where).text

    done = manager.post(f"{where}/approval", {"action": "reject"})

    assert done.headers["location"].endswith("?done=doubted")
    assert states(staging) == ["unknown"] * 2


def test_a_batch_that_is_not_there_or_of_another_store_is_not_found(desk: DeskClient) -> None:
    admin = desk.as_user("admin")
    where = send(desk.as_user("agent"))

    for path in ("/awards/batches/nothere", "/awards/batches/%27"):
        assert admin.get(path).status_code == 404
        assert admin.post(f"{path}/approval", {"action": "approve"}).status_code == 404
    elsewhere = f"{DESK}/other{where}"
    assert admin.call("GET", elsewhere).status_code == 404
    assert admin.post(f"{where}/approval", {"action": "perhaps"}).status_code == 400
