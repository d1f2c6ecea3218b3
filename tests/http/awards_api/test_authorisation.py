"""Who gets an award booked over HTTP: each token, ceiling and agent, and then each approver.

What is expected is worked out here from the four, and compared with what the API and the approval
do. Who may open which page is a table of its own, in `tests/http/test_desk_rights.py`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.approval import OwnApprovalError, decide
from loyalty_desk.awards.queue import get_award
from loyalty_desk.connect.tokens import revoke_token, token_id_of
from loyalty_desk.records import AwardState, Opens
from tests.factories import LATER, STORE
from tests.http.api_client import OTHER_STORE, ApiClient, new_token
from tests.http.awards_api.asking import NO_TOKEN, employ, rows

AMOUNT, LOW = 50, 49
TOKENS = {
    "none": 401,
    "invented": 401,
    "revoked": 401,
    "for lookups": 403,
    "of another store": 202,  # but it awards there, and nothing here
    "for awards": 202,
}
CEILINGS: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "within all": ({}, {}),
    "an award": ({"max_points_per_award": LOW}, {}),
    "an hour": ({"max_points_per_token_per_hour": LOW}, {}),
    "a day": ({"max_points_per_token_per_day": LOW}, {}),
    "an hour, of the settings": ({}, {"max_points_per_token_per_hour": LOW}),
    "a day, of the settings": ({}, {"max_points_per_token_per_day": LOW}),
    "the store's day": ({}, {"max_points_over_http_per_day": LOW}),
}
"""What is too low, if anything: the token's own limits, and the store's settings."""
AGENTS = {"known": "ada", "unknown": "mallory", "inactive": "ivo"}
APPROVERS = {"the agent": "ada", "the token's maker": "mia", "its owner": "otto", "another": "bo"}
MAY_APPROVE = {"another"}


def make_token(kind: str, own: dict[str, int], staging: Engine) -> str | None:
    """A token of that kind, made by Mia and owned by Otto."""
    if kind in {"none", "invented"}:
        return None if kind == "none" else NO_TOKEN
    store = OTHER_STORE if kind == "of another store" else STORE
    opens = Opens.LOOKUP if kind == "for lookups" else Opens.AWARDS
    token = new_token(store, opens, made_by="mia", owner="otto", ceilings=own)
    if kind == "revoked":
        with staging.begin() as connection:
            revoke_token(connection, STORE, token_id_of(token), LATER, revoked_by="bo")
    return token


def expected(token: str, ceiling: str, agent: str) -> tuple[int, set[str]]:
    """The status, and the fields that are named."""
    own, settings = CEILINGS[ceiling]
    if TOKENS[token] != 202:
        return TOKENS[token], set()
    if agent != "known":
        return 422, {"agent"}
    # The settings of the test are those of the one store; the other one has the defaults.
    low = own if token == "of another store" else {**own, **settings}
    return (422, set(low)) if low else (202, set())


@pytest.mark.parametrize("ceiling", CEILINGS)
@pytest.mark.parametrize("token", TOKENS)
def test_each_token_under_each_ceiling_for_each_agent_and_each_approver(
    closed: ApiClient, staging: Engine, token: str, ceiling: str
) -> None:
    for store in (STORE, OTHER_STORE):
        employ(staging, "ivo", store=store, is_active=False)
    own, settings = CEILINGS[ceiling]
    approval = {"approval_above_points": 0, "max_points_over_http_per_day": 10_000}
    closed.set_awards(**{**approval, **settings})
    api = replace(closed, token=make_token(token, own, staging))

    found = {agent: api.award(agent=name) for agent, name in AGENTS.items()}

    told = {a: (one.status_code, set(one.json().get("fields", ()))) for a, one in found.items()}
    assert told == {agent: expected(token, ceiling, agent) for agent in AGENTS}
    queued = [award for award in rows(staging) if award.store == STORE]
    is_ours = token != "of another store" and told["known"][0] == 202
    assert [award.agent for award in queued] == (["ada"] if is_ours else [])
    for award, approver in product(queued, APPROVERS):
        assert may_approve(staging, award.award_id, approver) == (approver in MAY_APPROVE)


def may_approve(staging: Engine, award_id: str, approver: str) -> bool:
    """Whether the approver's yes counts, and nothing is changed when it does not."""
    by: dict[str, Any] = {"approved": True, "by": APPROVERS[approver], "why": None}
    with staging.connect() as connection, connection.begin() as transaction:
        award = get_award(connection, STORE, award_id)
        try:
            is_approved = decide(connection, STORE, award, LATER, **by) == AwardState.APPROVED
        except OwnApprovalError:
            is_approved = False
        state = get_award(connection, STORE, award_id).state
        transaction.rollback()
    assert state == ("approved" if is_approved else "needs_approval")
    return is_approved
