"""Awards through the services as they run: nobody but the queue and an approver starts anything."""

from __future__ import annotations

import pytest
import requests

from scripts.airflow_api import Question
from scripts.first_steps import register_webhooks
from tests.live.office import DAG_ID, HASTY, LIMIT_S, STORE, Office, facts_of

pytestmark = pytest.mark.flow

SMALL, LARGE = 5, 150
NOTE, MESSAGE = "rang twice about parcel QX-4711", "Sorry about the crushed teapot"
WHY = "parcel surely lost, seen on camera"


def test_a_posted_award_is_booked_once_and_shown_without_anybody_starting_a_run(
    office: Office,
) -> None:
    member = office.next_member()
    before = office.desk.balance_points(member.member_id)

    award_id = office.award(member, amount=SMALL, note=NOTE, message=MESSAGE)

    office.desk.wait_until(
        lambda: office.desk.shown_points(member.customer_id) == before + SMALL, "the card", LIMIT_S
    )
    assert [entry["points"] for entry in office.desk.booked(award_id)] == [SMALL]
    assert office.desk.balance_points(member.member_id) == before + SMALL
    office.wait_for_state(award_id, "applied")
    assert {run["run_type"] for run in office.desk.api.list_runs(DAG_ID)} == {"asset_triggered"}


def test_large_awards_wait_for_an_answer_and_hold_up_no_other(office: Office) -> None:
    waiting = {
        office.award(office.next_member(), amount=LARGE, note=f"{NOTE} {number}"): number
        for number in range(4)
    }
    member = office.next_member()
    balance = office.desk.balance_points(member.member_id)
    asked_id = office.award(
        member, amount=LARGE, reason="late_delivery", ticket_id=4711, note=NOTE, message=MESSAGE
    )
    rejected_id = office.award(office.next_member(), amount=LARGE)
    questions = {award_id: office.question_about(award_id) for award_id in waiting}
    question, rejected = office.question_about(asked_id), office.question_about(rejected_id)

    assert question.subject == f"Approve +{LARGE} points?"
    facts = facts_of(question)
    assert facts["Member"] == member.name
    assert int(facts["Balance"]) == balance
    assert facts["Amount"] == f"+{LARGE} points"
    assert (facts["Reason"], facts["Ticket"]) == ("late_delivery", "4711")
    assert facts["Asked by"] == "eve@shop.example"
    assert facts["Note"] == NOTE

    other = office.next_member()
    small_id = office.award(other, amount=SMALL)
    office.desk.wait_until(
        lambda: office.desk.is_shown(small_id, other), "the award beside the waiting ones", LIMIT_S
    )
    assert {office.state(award_id) for award_id in [*waiting, asked_id]} == {"needs_approval"}

    office.answer(asked_id, question, "Approve", {"why": WHY})
    office.answer(rejected_id, rejected, "Reject", {"why": "no"})

    office.desk.wait_until(
        lambda: office.desk.is_shown(asked_id, member), "the approved award", LIMIT_S
    )
    office.wait_for_state(rejected_id, "rejected")
    assert office.desk.balance_points(member.member_id) == balance + LARGE
    assert len(office.desk.booked(asked_id)) == 1
    approval = next(event for event in office.audit(asked_id) if event["state"] == "approved")
    assert (approval["actor"], approval["detail"]) == ("admin", WHY)
    refusal = office.audit(rejected_id)[-1]
    assert (refusal["state"], refusal["actor"], refusal["detail"]) == ("rejected", "admin", "no")
    assert office.desk.booked(rejected_id) == []
    for award_id in waiting:
        assert office.desk.booked(award_id) == []
        office.answer(award_id, questions[award_id], "Reject", {})
        office.wait_for_state(award_id, "rejected")


def test_whoever_asked_cannot_approve_and_another_is_asked_anew(office: Office) -> None:
    form = {
        "email": office.next_member().email,
        "amount": LARGE,
        "unit": "points",
        "reason": "gesture",
        "note": f"{NOTE} by form",
        "message": f"{MESSAGE} by form",
    }
    office.keep_private(form)
    run_id = office.desk.api.trigger(DAG_ID, form)
    award_id = office.desk.wait_until(
        lambda: [
            row["award_id"]
            for row in office.desk.rows(
                "SELECT award_id FROM awards WHERE idempotency_key = :run_id", run_id=run_id
            )
        ],
        "the award of the form",
        LIMIT_S,
    )[0]
    office.award_ids.append(award_id)
    own = office.question_about(award_id)

    office.answer(award_id, own, "Approve", {"why": None})

    def asked_again() -> Question | None:
        found = office.find_question(award_id)
        return found if found and found.path != own.path else None

    again = office.desk.wait_until(asked_again, "the question to another", LIMIT_S)
    assert office.state(award_id) == "needs_approval"
    assert office.desk.booked(award_id) == []
    assert office.audit(award_id)[-1]["actor"] == "admin"
    assert facts_of(again)["Asked by"] == "admin"
    office.answer(award_id, again, "Reject", {})
    office.wait_for_state(award_id, "rejected")


def test_what_is_decided_on_the_desk_is_answered_in_airflow_and_a_late_answer_is_refused(
    office: Office,
) -> None:
    member, api = office.next_member(), office.desk.api
    award_id = office.award(member, amount=LARGE)
    question = office.question_about(award_id)

    done = office.pages().post(f"/awards/{award_id}/approval", {"action": "approve", "why": "fine"})

    assert done.headers["location"].endswith("?done=approved")
    with pytest.raises(requests.HTTPError) as late:
        api.answer(question, "Reject", {"why": None})
    assert late.value.response.status_code == requests.codes.conflict
    office.desk.wait_until(lambda: office.desk.is_shown(award_id, member), "the award", LIMIT_S)
    _, _, _, run_id, *_ = question.path.split("/")

    def settled() -> bool:
        tasks = {task.name: task.state for task in api.get_tasks(DAG_ID, run_id)}
        # Skipped where the answer came before Airflow had seen that the task paused.
        return tasks.get("approval.settle") in {"success", "skipped"}

    office.desk.wait_until(settled, "the task of the question", LIMIT_S)
    assert office.find_question(award_id) is None
    assert [e["detail"] for e in office.audit(award_id) if e["actor"] == "admin"] == ["fine"]
    assert len(office.desk.booked(award_id)) == 1


def test_what_is_answered_in_airflow_is_refused_on_the_desk(office: Office) -> None:
    award_id = office.award(office.next_member(), amount=LARGE)
    question = office.question_about(award_id)
    office.answer(award_id, question, "Reject", {"why": "no"})

    late = office.pages().post(f"/awards/{award_id}/approval", {"action": "approve", "why": "yes"})

    assert late.status_code == requests.codes.bad_request
    assert "Not done" in late.text
    assert office.state(award_id) == "rejected"
    assert office.desk.booked(award_id) == []


def test_what_nobody_answers_in_time_is_rejected(office: Office) -> None:
    award_id = office.award(office.next_member(), HASTY, amount=LARGE)

    office.wait_for_state(award_id, "rejected", HASTY)

    events = office.audit(award_id)
    last = events[-1]
    assert "needs_approval" in [event["state"] for event in events]
    assert (last["actor"], last["detail"]) == ("timeout", "nobody answered in time")
    assert office.desk.booked(award_id) == []


def test_a_refused_award_is_told_of(office: Office) -> None:
    award_id = office.award(email="nobody.at.all@nowhere.example", note=NOTE)

    office.wait_for_state(award_id, "refused")

    told = office.desk.wait_until(
        lambda: [alert for alert in office.alerts() if award_id in alert["text"]],
        "the alert",
        LIMIT_S,
    )
    assert len(told) == 1
    assert "customer_not_found" in told[0]["text"]
    assert "nowhere.example" not in told[0]["text"]


def test_a_change_on_the_platform_shows_within_seconds_without_a_sync(office: Office) -> None:
    """Nobody writes, nobody syncs: the platform's webhook alone brings the card to Gorgias."""
    desk, member = office.desk, office.next_member()
    register_webhooks(desk.sandbox.rivo, desk.place.airflow_url, STORE)
    syncs = len(desk.api.list_runs(f"loyalty_sync__{STORE}"))
    points = desk.balance_points(member.member_id) + 31

    desk.sandbox.control("rivo", "PATCH", f"members/{member.member_id}", {"points_tally": points})

    desk.wait_until(lambda: desk.shown_points(member.customer_id) == points, "the card", LIMIT_S)
    assert len(desk.api.list_runs(f"loyalty_sync__{STORE}")) == syncs
    assert desk.api.list_runs(f"refresh_cards__{STORE}")


def test_airflows_access_log_has_no_query_of_ours(office: Office) -> None:
    pages, member = office.pages(), office.next_member()
    office.private.add(member.email)
    asked = [("GET", "/api/v1/lookup/"), ("HEAD", "/api/v1/lookup"), ("PUT", "/api/v1/lookup")]
    asked += [("GET", "/api/v1/lokup"), ("GET", "/api/v1/awards"), ("GET", "")]
    asked += [("GET", f"/desk/{STORE}/customers/"), ("GET", f"/desk/{STORE}/customers")]
    mark = "/loyalty/api/v1/the-last-one"

    found = [
        pages.call(method, f"/loyalty{path}", params={"email": member.email, "q": member.email})
        for method, path in asked
    ]
    pages.call("GET", mark)

    assert [answer.status_code for answer in found] == [307, 405, 405, 404, 405, 200, 307, 200]
    log = office.desk.place.log_dir / "api-server.log"
    office.desk.wait_until(lambda: mark in log.read_text(encoding="utf-8"), "its line", LIMIT_S)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "/loyalty/api/v1/lokup" in line]
    assert [line for line in lines if member.email.partition("@")[0] in line] == []


def test_no_log_holds_what_was_said_in_an_award(office: Office) -> None:
    private = office.private | set(office.desk.tokens.values()) | {WHY}
    private |= {
        row["email"] for row in office.desk.rows("SELECT email FROM members") if row["email"]
    }
    logs = {path: path.read_text(encoding="utf-8", errors="replace") for path in office.log_files()}

    assert any(award_id in log for log in logs.values() for award_id in office.award_ids)
    assert len([path for path in logs if path.suffix == ".log"]) > 5
    found = [
        (str(path), [line for line in log.splitlines() if word in line][:2])
        for path, log in logs.items()
        for word in private
        if word in log
    ]
    assert found == []
