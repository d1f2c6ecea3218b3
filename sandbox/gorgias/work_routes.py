"""Views, teams, rules, jobs and satisfaction surveys, as far as they are documented."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.answers import json_answer
from sandbox.clock import iso_offset
from sandbox.gorgias import kinds
from sandbox.gorgias.account import Account, account_of
from sandbox.gorgias.answers import ApiError, empty_answer, read_moment
from sandbox.gorgias.expressions import read_filters
from sandbox.gorgias.kinds import Item, Kind
from sandbox.gorgias.work import JOB, JOB_MOMENTS, RULE, SURVEY, TEAM, VIEW

router = APIRouter(prefix="/api")
JOB_TYPES = {
    "applyMacro", "deleteTicket", "updateTicket", "exportTicket", "exportMacro", "importMacro",
    "exportTicketDrilldown", "exportConvertCampaignSalesDrilldown",
}  # fmt: skip
LATEST_JOB_US = 60 * 60 * 1_000_000
ORDERS = ("updated_datetime", "last_message_datetime", "created_datetime")
DIRECTIONS = ("asc", "desc")


def check_view(_: Account, view: Item) -> Item:
    """Return what is wrong with a view, by field."""
    wrong: Item = {}
    if view["type"] != "ticket-list":
        wrong["type"] = ["Only a ticket-list can be made."]
    private = view["visibility"] == "private"
    if view["visibility"] not in ("public", "shared", "private"):
        wrong["visibility"] = ["Not a valid choice."]
    elif private and len(view["shared_with_users"] or ()) != 1:
        wrong["shared_with_users"] = ["A private view is that of one user."]
    if view["order_by"] not in ORDERS:
        wrong["order_by"] = ["Not a valid choice."]
    if view["order_dir"] not in DIRECTIONS:
        wrong["order_dir"] = ["Not a valid choice."]
    try:
        read_filters(view["filters"] or "")
    except ValueError as error:
        wrong["filters"] = [str(error)]
    return wrong


def check_name(_: Account, item: Item) -> Item:
    """Return what is wrong with something that needs no more than a name."""
    return {} if isinstance(item["name"], str) and item["name"] else {"name": ["Not a valid name."]}


def check_job(account: Account, job: Item) -> Item:
    """Return what is wrong with a job, by field."""
    wrong: Item = {}
    if job["type"] not in JOB_TYPES:
        wrong["type"] = ["Not a valid choice."]
    if not isinstance(job["params"], dict):
        wrong["params"] = ["Not a valid object."]
    if job["scheduled_datetime"] is not None:
        ahead_us = read_moment(job["scheduled_datetime"], "scheduled_datetime")
        if ahead_us - account.ground.clock.now_us() > LATEST_JOB_US:
            wrong["scheduled_datetime"] = ["At most 60 minutes ahead."]
    return wrong


def check_survey(account: Account, survey: Item) -> Item:
    """Return what is wrong with a survey, by field."""
    wrong: Item = {}
    for name in ("ticket_id", "customer_id"):
        if not isinstance(survey[name], int):
            wrong[name] = ["Not a valid id."]
    score, scored, sent = (survey[n] for n in ("score", "scored_datetime", "sent_datetime"))
    if score is not None and score not in range(1, 6):
        wrong["score"] = ["Must be 1 to 5."]
    if score is not None and scored is None:
        wrong["scored_datetime"] = ["Needed with a score."]
    if scored is not None and sent is None:
        wrong["sent_datetime"] = ["Needed before an answer."]
    others = account.work.surveys.held.values()
    if any(
        one["ticket_id"] == survey["ticket_id"] and one["id"] != survey.get("id") for one in others
    ):
        wrong["ticket_id"] = ["The ticket has a survey."]
    return wrong


def _begun_job(job: Item, user_id: int) -> Item:
    status = "pending" if job["scheduled_datetime"] is None else "scheduled"
    moments = dict.fromkeys(f"{name}_datetime" for name in JOB_MOMENTS)
    return {"status": status, "info": None, "user_id": user_id} | moments


STAMPS = {"created_datetime": iso_offset, "updated_datetime": iso_offset}
CREATED = {"created_datetime": iso_offset}
KINDS = (
    Kind("views", lambda account: account.work.views, VIEW, frozenset({"type"}), check_view,
         filters=frozenset({"category", "search", "type"}), exact=frozenset({"category", "type"}),
         stamps=CREATED),
    Kind("teams", lambda account: account.work.teams, TEAM, frozenset({"name"}), check_name,
         filters=frozenset({"search"}), stamps=CREATED),
    Kind("rules", lambda account: account.work.rules, RULE, frozenset({"name", "code"}), check_name,
         stamps=STAMPS),
    Kind("jobs", lambda account: account.work.jobs, JOB, frozenset({"type", "params"}), check_job,
         filters=frozenset({"status", "type"}), exact=frozenset({"status", "type"}),
         stamps=CREATED, begun=_begun_job),
    Kind("satisfaction-surveys", lambda account: account.work.surveys, SURVEY,
         frozenset({"ticket_id", "customer_id"}), check_survey, filters=frozenset({"ticket_id"}),
         exact=frozenset({"ticket_id"}), stamps=CREATED),
)  # fmt: skip


def _kind(request: Request) -> Kind:
    return kinds.kind_of(request, KINDS)


@router.get("/views")
@router.get("/teams")
@router.get("/rules")
@router.get("/jobs")
@router.get("/satisfaction-surveys")
async def list_items(request: Request) -> Response:
    """List objects of a kind."""
    return kinds.list_items(request, _kind(request))


@router.post("/views")
@router.post("/teams")
@router.post("/rules")
@router.post("/jobs")
@router.post("/satisfaction-surveys")
async def create_item(request: Request) -> Response:
    """Create an object of a kind."""
    return await kinds.create_item(request, _kind(request))


@router.get("/views/{item_id}")
@router.get("/teams/{item_id}")
@router.get("/rules/{item_id}")
@router.get("/jobs/{item_id}")
@router.get("/satisfaction-surveys/{item_id}")
async def get_item(request: Request, item_id: int) -> Response:
    """Show one object."""
    return json_answer(kinds.find_item(request, _kind(request), item_id))


@router.put("/views/{item_id}")
@router.put("/teams/{item_id}")
@router.put("/rules/{item_id}")
@router.put("/jobs/{item_id}")
@router.put("/satisfaction-surveys/{item_id}")
async def update_item(request: Request, item_id: int) -> Response:
    """Change what the body names."""
    return await kinds.update_item(request, _kind(request), item_id)


@router.delete("/views/{item_id}")
@router.delete("/teams/{item_id}")
@router.delete("/rules/{item_id}")
async def delete_item(request: Request, item_id: int) -> Response:
    """Delete one object."""
    return kinds.delete_item(request, _kind(request), item_id)


@router.delete("/jobs/{item_id}")
async def cancel_job(request: Request, item_id: int) -> Response:
    """Cancel a job that is not over."""
    job: dict[str, Any] = kinds.find_item(request, _kind(request), item_id)
    if job["status"] not in ("pending", "scheduled"):
        raise ApiError(400, "The job is over.")
    stamp = iso_offset(account_of(request).ground.clock.now_us())
    job |= {"status": "canceled", "cancelled_datetime": stamp}
    return empty_answer(204)
