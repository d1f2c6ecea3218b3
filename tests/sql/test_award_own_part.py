"""Nobody approves what they had a hand in: who asked, who ran the command, who has the token."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.approval import APPROVE, OwnApprovalError, settle
from loyalty_desk.awards.ceilings import Token
from loyalty_desk.awards.queue import Door, get_award, get_events, queue_award
from loyalty_desk.connect.tokens import make_token, token_id_of
from loyalty_desk.records import AwardState
from tests.factories import LATER, NOW, STORE, store_settings
from tests.sql.test_award_decisions import ABOVE, airflow_answer, answer
from tests.sql.test_awards import request


def come_through_a_token(staging: Engine, **values: Any) -> str:
    """An award of Ada's that waits, through a token that Mia made for Otto."""
    with staging.begin() as connection:
        token = make_token(connection, STORE, NOW, label="x", made_by="mia", owner="otto")
        queued = queue_award(
            connection,
            store_settings(awards=ABOVE),
            request("101", **values),
            NOW,
            door=Door.HTTP,
            token=Token(token_id=token_id_of(token)),
        )
    return queued.award_id


@pytest.mark.parametrize(
    ("by", "did"),
    [
        ("ada@shop.example", "asked for"),
        ("Mia", "made the token of"),
        ("mia@shop.example", "made the token of"),
        ("otto", "owned the token of"),
    ],
)
def test_whoever_made_or_owned_the_token_cannot_approve_what_came_through_it(
    staging: Engine, by: str, did: str
) -> None:
    award_id = come_through_a_token(staging)

    with pytest.raises(OwnApprovalError, match=f"whoever {did} award {award_id} cannot approve"):
        answer(staging, award_id, approved=True, by=by)
    with staging.begin() as connection:
        award = get_award(connection, STORE, award_id)
        given = airflow_answer(APPROVE, by)
        assert settle(connection, STORE, award, given, LATER) == AwardState.NEEDS_APPROVAL
        last = get_events(connection, STORE, award_id)[-1]
    assert last.detail == f"approved by whoever {did} it, which does not count"
    assert answer(staging, award_id, approved=True, by="bo") == AwardState.APPROVED


def test_whoever_made_the_token_may_reject_what_came_through_it(staging: Engine) -> None:
    award_id = come_through_a_token(staging)

    assert answer(staging, award_id, approved=False, by="mia") == AwardState.REJECTED


def test_whoever_ran_the_command_cannot_approve_what_it_queued_for_another(
    staging: Engine,
) -> None:
    with staging.begin() as connection:
        store = store_settings(awards=ABOVE)
        queued = queue_award(
            connection, store, request("101"), NOW, door=Door.FILE, queued_by="root"
        )
    award_id = queued.award_id

    with pytest.raises(OwnApprovalError, match="whoever queued award"):
        answer(staging, award_id, approved=True, by="root")
    assert answer(staging, award_id, approved=True, by="bo") == AwardState.APPROVED
